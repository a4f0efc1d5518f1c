"""Watches and channels, as ``schemas/watches.v1.schema.json`` describes them. ``core/match.py`` asks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from services.contracts.messages import AlertState, Confidence, EventMode, Severity
from services.text.normalise import spaced_words

ChannelKind = Literal["log", "webhook", "apprise"]
ChangeKind = Literal[
    "severity", "topic", "role", "source", "actor", "place", "title", "numbers", "actors", "retraction",
    "source_changed", "source_withdrawn", "state",
]  # fmt: skip
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
KINDS: tuple[ChannelKind, ...] = get_args(ChannelKind)
DAYS: tuple[Day, ...] = get_args(Day)


class Id(str):
    """An id whose case does not matter."""

    __slots__ = ()

    def __new__(cls, text: str) -> Id:
        return super().__new__(cls, text.casefold())


class Phrase(str):
    """Words to look for: normalised, with a space around each."""

    __slots__ = ()

    def __new__(cls, text: str) -> Phrase:
        return super().__new__(cls, spaced_words(text))


class Channel(Struct, frozen=True, kw_only=True):
    """A way out. Its address and secret are given, in a file, or in a variable of the environment.

    An address that is given here may hold a password: ``repr`` leaves it out.
    """

    id: str
    kind: ChannelKind
    url: str | None = None
    url_file: str | None = None
    url_env: str | None = None
    secret_file: str | None = None
    secret_env: str | None = None

    def __repr__(self) -> str:
        return f"Channel({self.id!r}, {self.kind})"


class Circle(Struct, frozen=True, kw_only=True):
    """All that is within ``km`` kilometres of a point (WGS 84 degrees)."""

    lat: float
    lon: float
    km: float


class Places(Struct, frozen=True, kw_only=True):
    """Where: one of these is enough."""

    countries: frozenset[str] = frozenset()
    ids: tuple[Id, ...] = ()
    near: tuple[Circle, ...] = ()


class Words(Struct, frozen=True, kw_only=True):
    """Words and phrases in headline, lead or evidence."""

    any: tuple[Phrase, ...] = ()
    all: tuple[Phrase, ...] = ()
    none: tuple[Phrase, ...] = ()


class EventWanted(Struct, frozen=True, kw_only=True):
    """What one event of the alert must have: one entry of each list. A dyad is two actors, whoever of them acts."""

    agent: frozenset[Id] = frozenset()
    object: frozenset[Id] = frozenset()
    dyad: tuple[frozenset[Id], ...] = ()
    act: frozenset[str] = frozenset()
    mode: frozenset[EventMode] = frozenset()


class When(Struct, frozen=True, kw_only=True):
    """What an alert must have: everything that is given here. Of a list, one entry is enough unless it says all."""

    topics: frozenset[str] = frozenset()
    all_topics: frozenset[str] = frozenset()
    actors: frozenset[Id] = frozenset()
    all_actors: frozenset[Id] = frozenset()
    event: EventWanted | None = None
    places: Places | None = None
    min_severity: Severity = "low"
    words: Words | None = None
    outlets: frozenset[Id] = frozenset()
    languages: frozenset[str] = frozenset()
    confidence: Confidence | None = None
    states: frozenset[AlertState] = frozenset({"new", "acknowledged"})
    changes: frozenset[ChangeKind] = frozenset()


class Quiet(Struct, frozen=True, kw_only=True):
    """Hours in which nothing is sent, in local time of ``zone``.

    A period begins at ``start`` on each of ``days`` and ends at the next ``end``.
    """

    from_clock: str = field(name="from")
    to_clock: str = field(name="to")
    zone: ZoneInfo = field(name="timezone")
    days: frozenset[Day] = frozenset(DAYS)

    @property
    def start(self) -> time:
        """When a period begins."""
        return time.fromisoformat(self.from_clock)

    @property
    def end(self) -> time:
        """When it ends; on the next day where that is not later than ``start``."""
        return time.fromisoformat(self.to_clock)


class Limit(Struct, frozen=True, kw_only=True):
    """So many alerts in any hour."""

    per_hour: int


class Digest(Struct, frozen=True, kw_only=True):
    """How long alerts are collected, from the first on."""

    every_minutes: int


class Watch(Struct, frozen=True, kw_only=True):
    """Which alerts somebody wants to receive, and how."""

    id: str
    name: str
    when: When
    channels: tuple[str, ...]
    quiet: Quiet | None = None
    limit: Limit | None = None
    digest: Digest | None = None
    critical_at_once: bool = False

    @property
    def per_hour(self) -> int | None:
        """The limit, if there is one."""
        return self.limit.per_hour if self.limit else None


class WatchFile(Struct, frozen=True, kw_only=True):
    """Everything one file says."""

    format: int
    channels: tuple[Channel, ...]
    watches: tuple[Watch, ...] = ()

    def watch(self, watch_id: str) -> Watch | None:
        """The watch of that id."""
        return next((watch for watch in self.watches if watch.id == watch_id), None)

    def problems(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What a schema cannot see: channels that are not there, quiet hours without an end. Where, and a sentence."""
        known = [channel.id for channel in self.channels]
        for index, watch in enumerate(self.watches):
            for number, channel in enumerate(watch.channels):
                if channel not in known:
                    there = f"there are {', '.join(known)}." if known else "there are none."
                    yield ("watches", index, "channels", number), f"this file has no channel {channel!r}: {there}"
            quiet = watch.quiet
            if quiet is not None and quiet.start == quiet.end and len(quiet.days) == len(DAYS):
                yield ("watches", index, "quiet"), "these quiet hours never end: from and to are the same on every day."


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A channel with its secrets in hand. Its ``repr`` shows none of them."""

    channel: Channel
    url: str | None = None
    secret: str | None = None

    def __repr__(self) -> str:
        return f"Route({self.channel.id!r}, {self.channel.kind})"

    @property
    def id(self) -> str:
        """The channel's."""
        return self.channel.id


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveWatches:
    """What is in force: watches, and channels by id."""

    file: WatchFile
    routes: Mapping[str, Route]

    @property
    def watches(self) -> tuple[Watch, ...]:
        """The watches of the file."""
        return self.file.watches
