"""Each feed polled once, and what is wrong with it in a sentence."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from services.cli.feeds.reader import Reader, SourceError
from services.cli.output import cell, err, json_line, out
from services.poller.core.diagnosis import LABELS, REFUSALS, Answer, is_usable, summary

_AT_ONCE: Final = 8
_OFFLINE_AFTER: Final = 16  # so many hosts without an address are no coincidence

Found = dict[str, Any]


async def check_one(reader: Reader, url: str) -> Found:
    """Poll once; ``says`` is one sentence."""
    answer = await reader.fetch(url)
    if answer.outcome != "ok":
        detail = f" ({answer.detail})" if answer.detail else ""
        return _refused(url, answer.outcome, f"{REFUSALS[answer.outcome]}{detail}.")
    content_type = (answer.headers or {}).get("content-type")
    try:
        feed = await reader.document(answer.body, url=answer.url, content_type=content_type)
    except SourceError as error:
        return _refused(url, error.kind, f"This is no feed that can be read: {error}.")
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
    bad = 0
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
            _print(found, as_json=as_json)
            if outcomes["dns"] == outcomes.total() == _OFFLINE_AFTER < len(tasks):
                for task in tasks:
                    task.cancel()
                err.print("No host name could be resolved: this machine seems to be offline. Stopped.", style="red")
                break
    if not as_json:
        _print_sum(outcomes, bad)
    return bad


def _refused(url: str, outcome: str, sentence: str) -> Found:
    return {"url": url, "ok": False, "outcome": outcome, "says": sentence}


def _print(found: Found, *, as_json: bool) -> None:
    if as_json:
        json_line(found)
        return
    mark = "[green]ok[/]  " if found["ok"] else "[red]bad[/] "
    out.print(f"{mark} {cell(found['url'])}: {cell(found['says'])}", soft_wrap=True)


def _print_sum(outcomes: Counter[str], bad: int) -> None:
    labels = Counter({LABELS.get(outcome, outcome): n for outcome, n in outcomes.items() if outcome != "ok"})
    if stale := bad - labels.total():
        labels["empty or stale"] = stale
    why = ", ".join(f"{n} {label}" for label, n in labels.most_common())
    out.print(f"\n{outcomes.total()} feeds: {outcomes.total() - bad} ok, {bad} bad{f' ({why})' if why else ''}")
