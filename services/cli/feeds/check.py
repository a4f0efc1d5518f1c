"""Each feed polled once, and what is wrong with it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from services.cli.feeds.reader import Reader, SourceError
from services.cli.output import cell, error, json_line, out, progress, shorten, table
from services.poller.core.canonical import host_of
from services.poller.core.diagnosis import FAILED_POLLS, Answer, is_usable, summary
from services.poller.core.model import FeedConfig

_AT_ONCE: Final = 8
_OFFLINE_AFTER: Final = 16  # so many hosts without an address are no coincidence
_NAME_CHARACTERS: Final = 34

Found = dict[str, Any]


@dataclass(slots=True)
class Checked:
    """What came of a check, by feed id. ``offline``: no host name at all could be resolved."""

    found: dict[str, Found] = field(default_factory=dict)
    offline: bool = False

    @property
    def bad(self) -> int:
        """How many feeds are not usable."""
        return sum(not found["ok"] for found in self.found.values())


async def check_one(reader: Reader, feed: FeedConfig) -> Found:
    """Poll once; ``says`` is one sentence."""
    answer = await reader.fetch(feed)
    if answer.outcome != "ok":
        return _failed(feed, answer.outcome, answer.detail if answer.outcome != "dns" else None)
    content_type = (answer.headers or {}).get("content-type")
    try:
        document = await reader.document(answer.body, url=answer.url, content_type=content_type, feed=feed)
    except SourceError as refused:
        return _failed(feed, refused.kind, str(refused))
    articles = reader.articles(feed.url, document, answer.url)
    judged = Answer(response=answer, feed=document, articles=articles, now=datetime.now(UTC))
    return {
        "url": feed.url,
        "ok": is_usable(judged),
        "outcome": "ok",
        "says": summary(judged),
        "items": len(articles),
        "full_text": judged.full_texts,
        "newest": judged.newest.isoformat() if judged.newest else None,
        "hint_seconds": judged.hint_seconds,
        "moved_to": answer.permanent_url,
    }


async def check_all(feeds: Sequence[FeedConfig], *, as_json: bool) -> Checked:
    """Poll them once each: eight hosts at once, one request a host at a time with the poller's gap between two.

    Ends early where no host name at all can be resolved: then nothing is wrong with the feeds.
    """
    checked, resolved = Checked(), False
    together = asyncio.Semaphore(_AT_ONCE)
    hosts: dict[str, list[FeedConfig]] = {}
    for feed in feeds:
        hosts.setdefault(host_of(feed.url) or feed.url, []).append(feed)
    with progress(len(feeds), quiet=as_json) as advance:
        async with Reader.opened() as reader, asyncio.TaskGroup() as group:

            async def ask(same_host: Sequence[FeedConfig]) -> None:
                nonlocal resolved
                async with together:
                    for number, feed in enumerate(same_host):
                        if number:
                            await asyncio.sleep(reader.gap_seconds)
                        found = checked.found[feed.id] = await check_one(reader, feed)
                        resolved = resolved or found["outcome"] != "dns"
                        advance()
                        if as_json:
                            json_line(found)
                        if not resolved and len(checked.found) >= _OFFLINE_AFTER:
                            for task in tasks:
                                task.cancel()

            tasks = [group.create_task(ask(same_host)) for same_host in hosts.values()]
    checked.offline = not resolved and len(checked.found) > 1
    if checked.offline:
        error(f"No host name could be resolved ({checked.bad} tried): this machine seems to be offline.")
    return checked


def show(feeds: Sequence[FeedConfig], checked: Checked, *, failing: bool, verbose: bool) -> None:
    """Print the sum, then a line for each feed; ``verbose`` says all that is known of it."""
    outcomes = Counter(found["outcome"] for found in checked.found.values())
    labels = Counter({FAILED_POLLS[outcome][0]: n for outcome, n in outcomes.items() if outcome != "ok"})
    if stale := checked.bad - labels.total():
        labels["empty or stale"] = stale
    why = ", ".join(f"{n} {label}" for label, n in labels.most_common())
    all_, good = outcomes.total(), outcomes.total() - checked.bad
    out.print(
        f"{all_} feed{'s' * (all_ != 1)}: {good} ok, {checked.bad} bad{f' ({why})' if why else ''}\n", soft_wrap=True
    )
    shown = [(feed, found) for feed in feeds if (found := checked.found.get(feed.id)) and not (failing and found["ok"])]
    if verbose:
        for feed, found in shown:
            mark = "[green]ok[/]  " if found["ok"] else "[red]bad[/] "
            out.print(f"{mark} {cell(feed.url)}: {cell(found['says'])}", soft_wrap=True)
    elif shown and not checked.offline:
        made = table("feed", "verdict", "items", "newest", right=("items",))
        for feed, found in shown:
            name = cell(shorten(feed.title or feed.url, _NAME_CHARACTERS))
            made.add_row(name, _verdict(found), str(found.get("items", "")), (found.get("newest") or "")[:10])
        out.print(made)


def _verdict(found: Found) -> str:
    if found["outcome"] != "ok":
        return f"[red]{FAILED_POLLS[found['outcome']][0]}[/]"
    return "[green]ok[/]" if found["ok"] else "[red]empty or stale[/]"


def _failed(feed: FeedConfig, outcome: str, detail: str | None) -> Found:
    sentence = FAILED_POLLS[outcome][1]
    return {"url": feed.url, "ok": False, "outcome": outcome, "says": f"{sentence}{f' ({detail})' if detail else ''}."}
