"""Each feed polled once, and what is wrong with it in a sentence."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from services.cli.feeds.reader import Reader, SourceError
from services.cli.output import cell, error, json_line, out
from services.poller.core.diagnosis import FAILED_POLLS, Answer, is_usable, summary

_AT_ONCE: Final = 8
_OFFLINE_AFTER: Final = 16  # so many hosts without an address are no coincidence

Found = dict[str, Any]


async def check_one(reader: Reader, url: str) -> Found:
    """Poll once; ``says`` is one sentence."""
    answer = await reader.fetch(url)
    if answer.outcome != "ok":
        return _failed(url, answer.outcome, answer.detail if answer.outcome != "dns" else None)
    content_type = (answer.headers or {}).get("content-type")
    try:
        feed = await reader.document(answer.body, url=answer.url, content_type=content_type)
    except SourceError as refused:
        return _failed(url, refused.kind, str(refused))
    articles = reader.articles(url, feed, answer.url)
    judged = Answer(response=answer, feed=feed, articles=articles, now=datetime.now(UTC))
    return {
        "url": url,
        "ok": is_usable(judged),
        "outcome": "ok",
        "says": summary(judged),
        "items": len(articles),
        "full_text": judged.full_texts,
        "newest": judged.newest.isoformat() if judged.newest else None,
        "hint_seconds": judged.hint_seconds,
        "moved_to": answer.permanent_url,
    }


async def check_all(urls: Sequence[str], *, as_json: bool) -> int:
    """Check them, eight at once, and print each as it comes. Returns how many are not usable.

    Ends early where no host name at all can be resolved: then nothing is wrong with the feeds.
    """
    outcomes: Counter[str] = Counter()
    bad, held = 0, list[Found]()
    together = asyncio.Semaphore(_AT_ONCE)
    async with Reader.opened() as reader, asyncio.TaskGroup() as group:

        async def one(url: str) -> Found:
            async with together:
                return await check_one(reader, url)

        tasks = [group.create_task(one(url)) for url in dict.fromkeys(urls)]
        for done in asyncio.as_completed(tasks):
            found = await done
            outcomes[found["outcome"]] += 1
            bad += not found["ok"]
            held.append(found)
            if outcomes["dns"] < outcomes.total():
                held = _print_all(held, as_json=as_json)
            elif len(held) == _OFFLINE_AFTER:
                for task in tasks:
                    task.cancel()
                break
    if outcomes["dns"] == outcomes.total() >= 2:
        error(f"No host name could be resolved ({bad} tried): this machine seems to be offline.")
    if as_json or outcomes["dns"] < _OFFLINE_AFTER:
        _print_all(held, as_json=as_json)
    if not as_json:
        _print_sum(outcomes, bad)
    return bad


def _failed(url: str, outcome: str, detail: str | None) -> Found:
    sentence = FAILED_POLLS[outcome][1]
    return {"url": url, "ok": False, "outcome": outcome, "says": f"{sentence}{f' ({detail})' if detail else ''}."}


def _print_all(held: Sequence[Found], *, as_json: bool) -> list[Found]:
    """Print what was held back; what is held then is nothing."""
    for found in held:
        if as_json:
            json_line(found)
        else:
            mark = "[green]ok[/]  " if found["ok"] else "[red]bad[/] "
            out.print(f"{mark} {cell(found['url'])}: {cell(found['says'])}", soft_wrap=True)
    return []


def _print_sum(outcomes: Counter[str], bad: int) -> None:
    labels = Counter({FAILED_POLLS[outcome][0]: n for outcome, n in outcomes.items() if outcome != "ok"})
    if stale := bad - labels.total():
        labels["empty or stale"] = stale
    why = ", ".join(f"{n} {label}" for label, n in labels.most_common())
    out.print(f"\n{outcomes.total()} feeds: {outcomes.total() - bad} ok, {bad} bad{f' ({why})' if why else ''}")
