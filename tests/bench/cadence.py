"""How soon and at what price feeds are asked, on the real rhythms of outlets (``make cadence``).

The publication times are those of the outlets in the four-week streams beside the repository (it is said where they are
absent). A *fast* feed brings ten items a day or more. Where a stream has too few outlets of a kind, the fast ones are
used a second time, two weeks and five hours shifted, and slow ones are sections of fast ones: each item is in with the
same small chance. 28 days become 30 by their first two, so that the weekdays fit.

Publishers answer as the shares below say, which are assumed. *held* are fast feeds whose publisher states more than ten
minutes: they are obeyed, and shown apart. A feed holds its newest 30 items; what falls out unseen is lost. Nothing is
asked of the world. The policies: ours as it is, ours of a08c379 (a frozen copy), Miniflux 2.3.5 (round robin and entry
frequency, due to the minute), the library reader 3.26 (its default of 60 minutes), and 5 minutes for everybody.
"""

from __future__ import annotations

import argparse
import bisect
import gzip
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from services.poller.core import policy
from services.poller.core.model import ParsedFeed, Polled
from services.poller.core.state import FeedState
from tests.support.poller import a_feed

ROOT: Final = Path(__file__).resolve().parents[2]
STREAMS: Final = next(
    (path for base in ROOT.parents if (path := base / "shared" / "eval" / "streams").is_dir()),
    ROOT.parent / "shared" / "eval" / "streams",
)
DAY: Final = 86_400.0
START: Final = datetime(2026, 3, 2, tzinfo=UTC)
FAST_ITEMS_A_DAY: Final = 10.0
HELD: Final = 30
BODY_BYTES: Final = 15_000  # of 30 items, compressed
ANSWER_BYTES: Final = 300  # of a 304
HELD_BY_WORD_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Publisher:
    """How a publisher answers. ``stated`` is the interval that its words ask for, in seconds."""

    name: str
    share: float
    validators: bool = True
    max_age: int = 0
    ttl_minutes: float = 0.0
    wordpress: bool = False

    @property
    def stated(self) -> float:
        return max(self.max_age, self.ttl_minutes * 60)


PUBLISHERS: Final = (
    Publisher("304", 0.45),
    Publisher("304, WordPress' hourly", 0.15, wordpress=True),
    Publisher("304, max-age 60", 0.10, max_age=60),
    Publisher("304, max-age 300", 0.10, max_age=300),
    Publisher("304, max-age 900", 0.05, max_age=900),
    Publisher("304, ttl 60", 0.05, ttl_minutes=60),
    Publisher("no validator", 0.10, validators=False),
)


@dataclass(slots=True)
class Feed:
    """A publisher with its publication times (seconds since the start, ascending)."""

    name: str
    publisher: Publisher
    times: list[float]
    fast: bool


@dataclass(slots=True)
class Asked:
    """One request as a policy sees it."""

    feed: Feed
    at: float
    new: list[float]
    held: Sequence[float]
    whole: bool


Policy = Callable[[Feed, random.Random], Callable[[Asked], float]]
"""For a feed, what makes of every request the seconds until the next."""


def ours(feed: Feed, chance: random.Random) -> Callable[[Asked], float]:
    """The product's own policy."""
    config, state = a_feed(f"https://{feed.name}.example/feed"), FeedState()
    kind = feed.publisher
    document = ParsedFeed(
        format="rss20",
        ttl_minutes=kind.ttl_minutes or None,
        update_period="hourly" if kind.wordpress else None,
        update_frequency="1" if kind.wordpress else None,
    )
    headers = {"etag": '"1"'} if kind.validators else {}
    headers |= {"cache-control": f"max-age={kind.max_age}"} if kind.max_age else {}

    def after(asked: Asked) -> float:
        nonlocal state
        now = START + timedelta(seconds=asked.at)
        poll = Polled(outcome="not_modified", status=304, headers=headers, wire_bytes=ANSWER_BYTES)
        if asked.whole:
            poll = Polled(
                outcome="ok",
                status=200,
                headers=headers,
                complete=True,
                feed=document,
                items=len(asked.held),
                new_items=len(asked.new),
                wire_bytes=BODY_BYTES,
                dates=() if state.cadence.first_success_at else _moments(asked.held),
                new_dates=_moments(asked.new),
            )
        state = policy.after(config, state, poll, now, chance.random())
        return ((state.next_poll_at or now) - now).total_seconds()

    return after


def before(feed: Feed, chance: random.Random) -> Callable[[Asked], float]:
    """The policy of a08c379: an hour, or as stated; a day without validators; quiet polls add."""
    quiet, kind = 0, feed.publisher

    def after(asked: Asked) -> float:
        nonlocal quiet
        quiet = 0 if asked.new else quiet + 1
        stated = max(kind.stated, 3600.0 if kind.wordpress else 0.0)
        seconds = min(max(stated, 300.0), DAY) if stated else 3600.0 if kind.validators else DAY
        slack = min(max(0, quiet - 3) * 600.0, 7200.0)
        return min(seconds + slack, DAY) * (1 + 0.1 * chance.random())

    return after


def miniflux_round_robin(feed: Feed, chance: random.Random) -> Callable[[Asked], float]:
    """60 minutes; what a publisher states counts after a 200 alone."""
    return lambda asked: max(3600.0, feed.publisher.stated if asked.whole else 0.0)


def miniflux_entry_frequency(feed: Feed, chance: random.Random) -> Callable[[Asked], float]:
    """A week by the items of a week, within 5 minutes and a day."""
    known: list[float] = []

    def after(asked: Asked) -> float:
        known.extend(sorted(asked.new))
        week = known[bisect.bisect_left(known, asked.at - 7 * DAY) :]
        span = week[-1] - week[0] if len(week) > 1 else 0.0
        seconds = max(min(span / (len(week) - 1), DAY), 300.0) if span else DAY
        return min(max(seconds, feed.publisher.stated if asked.whole else 0.0), DAY)

    return after


def reader(feed: Feed, chance: random.Random) -> Callable[[Asked], float]:
    """At every full hour."""
    return lambda asked: 3600.0 - asked.at % 3600.0


def five_minutes(feed: Feed, chance: random.Random) -> Callable[[Asked], float]:
    """Every 5 minutes, whatever anybody says."""
    return lambda asked: 300.0


POLICIES: Final[dict[str, Policy]] = {
    "Wirewatch": ours,
    "Wirewatch before": before,
    "Miniflux, 60 min": miniflux_round_robin,
    "Miniflux, entry frequency": miniflux_entry_frequency,
    "reader, 60 min": reader,
    "5 minutes for all": five_minutes,
}


@dataclass(slots=True)
class Result:
    """What a policy came to on some feeds."""

    feeds: int = 0
    delays: list[float] = field(default_factory=list)
    requests: int = 0
    bytes: int = 0
    lost: int = 0
    early: int = 0  # requests sooner than the publisher states

    def add(self, other: Result) -> None:
        self.feeds += other.feeds
        self.delays += other.delays
        self.requests += other.requests
        self.bytes += other.bytes
        self.lost += other.lost
        self.early += other.early

    def shown(self, days: float) -> str:
        delays = sorted(self.delays)
        at = [
            delays[min(len(delays) - 1, int(share * len(delays)))] / 60 if delays else 0.0 for share in (0.5, 0.9, 0.95)
        ]
        a_day = 1 / max(1, self.feeds) / days
        return (
            f"{at[0]:7.1f} {at[1]:7.1f} {at[2]:7.1f}  {self.requests * a_day:7.1f} {self.bytes * a_day / 1000:8.0f}"
            f"  {self.lost:6d} {self.early:8d}"
        )


def poll(feed: Feed, chosen: Policy, *, days: float, seed: int) -> Result:
    """Ask one feed for ``days`` by a policy. What was published before the first request counts for nothing."""
    chance = random.Random(f"{seed}:{feed.name}")
    after, found = chosen(feed, chance), Result(feeds=1)
    at, taken = DAY + chance.random() * 60.0, 0  # a day of history stands in the feed when it is first asked
    first, last_version = True, -1
    while at < days * DAY:
        published = bisect.bisect_right(feed.times, at)
        oldest = max(0, published - HELD)
        new = feed.times[max(taken, oldest) : published]
        whole = first or published != last_version or not feed.publisher.validators
        if not first:
            found.delays += [at - moment for moment in new]
            found.lost += max(0, oldest - taken)
        found.requests += 1
        found.bytes += BODY_BYTES if whole else ANSWER_BYTES
        wait = after(Asked(feed, at, list(new), feed.times[oldest:published], whole))
        found.early += wait < feed.publisher.stated - 1
        first, taken, last_version = False, published, published
        at += wait
    return found


def rhythms(days: float, seed: int, streams: Sequence[str]) -> list[Feed]:
    """60 fast feeds and 200 slow ones of the streams' outlets, publishers dealt out by their shares."""
    months: dict[str, list[float]] = {}
    for name in streams:
        months |= _outlets(name, days)
    fast = {name: times for name, times in months.items() if len(times) >= FAST_ITEMS_A_DAY * days}
    slow = {name: times for name, times in months.items() if 3 <= len(times) < FAST_ITEMS_A_DAY * days}
    chance = random.Random(seed)
    chosen_fast = list(fast.items())
    chosen_fast += [
        (f"{name}, shifted", sorted((t + 14.21 * DAY) % (days * DAY) for t in times)) for name, times in fast.items()
    ]
    chosen_slow = list(slow.items())
    while len(chosen_slow) < 200:
        name, times = chosen_fast[len(chosen_slow) % len(fast)]
        share = chance.choice((0.5, 1, 2, 4, 8)) * days / len(times)  # so many items a day
        kept = [moment for moment in times if chance.random() < share]
        chosen_slow.append((f"{name}, section {len(chosen_slow)}", kept))
    return _dealt(chosen_fast[:60], fast=True) + _dealt(chosen_slow[:200], fast=False)


def _outlets(name: str, days: float) -> dict[str, list[float]]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    with gzip.open(STREAMS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            article = json.loads(line)
            moment = datetime.fromisoformat(article["published_at"]).timestamp()
            found[urlsplit(article.get("url") or "").hostname or "none"].append(moment)
    start = min(moment for times in found.values() for moment in times) // DAY * DAY
    return {f"{host} ({name})": _extended([t - start for t in times], days) for host, times in found.items()}


def _extended(times: Sequence[float], days: float) -> list[float]:
    """Four weeks made as long as asked by their beginning."""
    longer = [moment + 28 * DAY for moment in times if moment + 28 * DAY < days * DAY]
    return sorted([*(moment for moment in times if moment < 28 * DAY), *longer])


def _dealt(found: Sequence[tuple[str, list[float]]], *, fast: bool) -> list[Feed]:
    bounds, total = [], 0.0
    for kind in PUBLISHERS:
        total += kind.share
        bounds.append(total)
    feeds = []
    for number, (name, times) in enumerate(found):
        place = (number * 0.618033988749895) % 1.0  # spread over the outlets, whatever their order
        kind = PUBLISHERS[min(bisect.bisect_right(bounds, place), len(PUBLISHERS) - 1)]
        feeds.append(Feed(name, kind, times, fast))
    return feeds


def _moments(times: Sequence[float]) -> tuple[datetime, ...]:
    return tuple(START + timedelta(seconds=moment) for moment in times)


def main() -> None:
    """Print the table. Exit code 1 where ours misses its aim for fast feeds or asks sooner than a publisher states."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--days", type=float, default=30)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--streams", nargs="+", default=["autumn_2025", "spring_2026"])
    options.add_argument("--only", nargs="+", choices=list(POLICIES), default=list(POLICIES))
    chosen = options.parse_args()
    if not all((STREAMS / f"{name}.jsonl.gz").is_file() for name in chosen.streams):
        print(f"No streams at {STREAMS}: the cadence is judged on real publication times and cannot be without them.")
        return
    feeds = rhythms(chosen.days, chosen.seed, chosen.streams)
    fast, slow = [feed for feed in feeds if feed.fast], [feed for feed in feeds if not feed.fast]
    print(
        f"{len(fast)} fast feeds ({sum(len(f.times) for f in fast) / len(fast) / chosen.days:.0f} items a day), "
        f"{len(slow)} slow ones ({sum(len(f.times) for f in slow) / len(slow) / chosen.days:.1f}), {chosen.days:g} days"
    )
    print(f"{'':28}{'minutes from publication to fetch':^24}{'a feed and day':^18}")
    print(f"{'':28}{'p50':>7} {'p90':>7} {'p95':>7}  {'requests':>7} {'kB':>7}  {'lost':>6} {'early':>8}")
    good = True
    for name in chosen.only:
        started = time.perf_counter()
        kinds: defaultdict[str, Result] = defaultdict(Result)
        groups = {"fast": Result(), "held": Result(), "slow": Result()}
        for feed in feeds:
            result = poll(feed, POLICIES[name], days=chosen.days, seed=chosen.seed)
            held = feed.publisher.stated > HELD_BY_WORD_SECONDS
            groups["held" if feed.fast and held else "fast" if feed.fast else "slow"].add(result)
            if feed.fast:
                kinds[feed.publisher.name].add(result)
        for group, result in groups.items():
            print(f"{name:22} {group:5}{result.shown(chosen.days - 1)}", flush=True)
        if name == "Wirewatch":
            for kind, result in sorted(kinds.items()):
                print(f"  fast, {kind:20}{result.shown(chosen.days - 1)}")
            delays = sorted(groups["fast"].delays)
            half, most = delays[len(delays) // 2], delays[int(0.95 * len(delays))]
            good = half <= 180 and most <= 600 and not any(result.early for result in groups.values())
        print(f"  ({time.perf_counter() - started:.0f} s)", file=sys.stderr)
    sys.exit(not good)


if __name__ == "__main__":
    main()
