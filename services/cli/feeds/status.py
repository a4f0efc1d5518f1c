"""The feeds with what the poller knows of them: a table, or one JSON object a line."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.table import Table

from services.cli import addresses, store
from services.cli.output import cell, duration, json_line, out, shorten, table, warn
from services.poller.core.cadence import items_a_day
from services.poller.core.canonical import host_of
from services.poller.core.connectivity import offline_sentence
from services.poller.core.diagnosis import FAILED_POLLS
from services.poller.core.health import health
from services.poller.core.model import FeedConfig
from services.poller.core.state import FeedState
from services.poller.edges.redis import read_offline_since, read_states, wish
from services.poller.settings import PollerSettings
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import RedisAccess, redis_of
from services.runtime.process import settings

_NAME_CHARACTERS = 32  # the table fits 80 columns
_WORST = 3
_COLOURS = {"ok": "green", "failing": "red", "gone": "red", "new": "dim"}


async def show(feeds: Sequence[FeedConfig], *, failing: bool, verbose: bool, as_json: bool) -> None:
    """Print them; without health where the store does not answer."""
    (states, offline), now = await _states(feeds), datetime.now(UTC)
    known = {feed.id: health((states or {}).get(feed.id), now) for feed in feeds}
    shown = [feed for feed in feeds if not failing or known[feed.id] in ("failing", "gone")]
    if as_json:
        for feed in shown:
            json_line(_facts(feed, known[feed.id] if states is not None else "new", (states or {}).get(feed.id), now))
        return
    if states is None:
        warn("The store does not answer: this is the list alone, without health.")
    else:
        counts = Counter(known.values())
        states_counted = ", ".join(
            f"{count} {'not polled yet' if name == 'new' else name}" for name, count in counts.items()
        )
        if offline is not None:
            out.print(f"[red]{offline_sentence(offline)}[/]", soft_wrap=True)
        out.print(f"{len(feeds)} feeds: {states_counted}", soft_wrap=True)
        if slowest := _slowest(feeds, states):
            out.print(f"longest from publication to fetch: {slowest}", soft_wrap=True)
        out.print()
    if verbose:
        for feed in shown:
            out.print(_block(feed, (states or {}).get(feed.id), now), soft_wrap=True)
    else:
        out.print(_table(shown, states or {}, now))


async def _states(feeds: Sequence[FeedConfig]) -> tuple[dict[str, FeedState] | None, datetime | None]:
    """The stored states, None where the store cannot be reached; and since when no feed answers at all."""
    try:
        async with store.opened(_access()) as (client, _):
            found = await read_states(client, [feed.id for feed in feeds])
            offline = await read_offline_since(client)
    except UsageError:
        return None, None
    return {feed.id: state for feed, state in zip(feeds, found, strict=True) if state is not None}, offline


async def poll(feeds: Sequence[FeedConfig]) -> None:
    """Have the running poller ask these feeds now. Raises :class:`UsageError` where the store cannot be reached."""
    async with store.opened(_access()) as (client, _):
        await wish(client, [feed.id for feed in feeds])


def _access() -> RedisAccess:
    """The store of the poller that runs here."""
    noted = None if os.environ.get("WIREWATCH_REDIS") else addresses.redis_noted()
    return RedisAccess(noted) if noted else redis_of(settings.load(PollerSettings, "poller", os.environ))


def _slowest(feeds: Sequence[FeedConfig], states: dict[str, FeedState]) -> str:
    """The outlets whose news is found latest, with the usual delay of their worst feed."""
    worst: dict[str, float] = {}
    for feed in feeds:
        state = states.get(feed.id)
        if state is not None and (delay := state.cadence.delay_seconds) is not None:
            outlet = feed.outlet or host_of(feed.url) or feed.url
            worst[outlet] = max(delay, worst.get(outlet, 0.0))
    ranked = sorted(worst.items(), key=lambda pair: -pair[1])[:_WORST]
    return ", ".join(f"{cell(outlet)} {duration(delay)}" for outlet, delay in ranked)


def _facts(feed: FeedConfig, word: str, state: FeedState | None, now: datetime) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(feed),
        "health": word,
        "items_a_day": items_a_day(state.cadence, now) if state is not None else None,
        "delay_seconds": state.cadence.delay_seconds if state is not None else None,
        "state": msgspec.to_builtins(state) if state is not None else None,
    }


def _table(feeds: Sequence[FeedConfig], states: dict[str, FeedState], now: datetime) -> Table:
    made = table("feed", "health", "next poll", "new/day", "delay", right=("next poll", "new/day", "delay"))
    for feed in feeds:
        state, name = states.get(feed.id), cell(shorten(feed.title or feed.url, _NAME_CHARACTERS))
        if state is None:
            made.add_row(name, "[dim]not polled[/]")
            continue
        rate, delay = items_a_day(state.cadence, now), state.cadence.delay_seconds
        made.add_row(
            name,
            _health(state, now),
            _until(state.next_poll_at, now),
            f"{rate:.1f}" if rate is not None else "",
            duration(delay) if delay is not None else "",
        )
    return made


def _block(feed: FeedConfig, state: FeedState | None, now: datetime) -> str:
    """All that is known of one feed, in a few lines."""
    if state is None:
        return f"[bold]{cell(feed.title or feed.url)}[/]  [dim]not polled[/]\n  {cell(feed.url)}"
    last = state.health.last_success_at
    success = f"{duration((now - last).total_seconds())} ago" if last is not None else "never"
    lines = [
        f"[bold]{cell(feed.title or feed.url)}[/]  {_health(state, now)}",
        f"  {cell(feed.url)}",
        f"  last success {success}, next poll {_until(state.next_poll_at, now)}"
        f" ({cell(state.schedule_reason)}), {state.health.polls} polls, {state.health.not_modified} of them unchanged",
    ]
    if state.health.failures and state.health.last_detail:
        lines.append(f"  [red]{cell(state.health.last_detail)}[/]")
    return "\n".join(lines)


def _health(state: FeedState, now: datetime) -> str:
    word = health(state, now)
    text = FAILED_POLLS.get(state.health.last_outcome or "", (word, ""))[0] if word == "failing" else word
    return f"[{_COLOURS.get(word, 'yellow')}]{text}[/]"


def _until(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return ""
    return f"in {duration((moment - now).total_seconds())}" if moment > now else "now"
