"""Watches and channels as values. ``core/reading.py`` makes them from a file, ``core/match.py`` asks them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from services.contracts.messages import AlertState, Confidence, Severity

ChannelKind = Literal["log", "webhook", "apprise"]
ChangeKind = Literal[
    "severity", "topic", "role", "source", "actor", "place", "title", "numbers", "actors", "retraction", "state"
]
KINDS: tuple[ChannelKind, ...] = get_args(ChannelKind)
CHANGES: tuple[ChangeKind, ...] = get_args(ChangeKind)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is: in the file itself (``value``), in another file, or in a variable of the environment.

    A value is shown nowhere: ``repr`` leaves it out.
    """

    source: Literal["value", "file", "env"]
    name: str
    line: int

    def __repr__(self) -> str:
        return f"Reference({self.source}, line {self.line})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way out. ``url`` is null for ``log``; ``secret`` signs what a webhook is sent."""

    id: str
    kind: ChannelKind
    line: int
    url: Reference | None = None
    secret: Reference | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """All that is within ``km`` kilometres of a point (WGS 84 degrees)."""

    lat: float
    lon: float
    km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where: one of these is enough."""

    countries: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    near: tuple[Circle, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words and phrases in headline, lead or evidence, folded for comparison (``core/words.py``)."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What an alert must have: everything that is given here. Of a list, one entry is enough unless it says all."""

    topics: frozenset[str] = frozenset()
    all_topics: frozenset[str] = frozenset()
    actors: frozenset[str] = frozenset()
    all_actors: frozenset[str] = frozenset()
    places: Places | None = None
    min_severity: Severity = "low"
    words: Words | None = None
    outlets: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    confidence: Confidence | None = None
    states: frozenset[AlertState] = frozenset({"new", "acknowledged"})
    changes: frozenset[ChangeKind] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which nothing leaves, by the clock on the wall of ``zone``.

    A period begins at ``start`` on each of ``days`` (0 is Monday) and ends at the next ``end``.
    """

    start: time
    end: time
    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What somebody wants to hear of, and how. ``per_hour`` and ``digest_minutes`` are null where there is no limit."""

    id: str
    name: str
    line: int
    when: When
    channels: tuple[str, ...]
    quiet: Quiet | None = None
    per_hour: int | None = None
    digest_minutes: int | None = None
    critical_at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchFile:
    """Everything one file says."""

    channels: tuple[Channel, ...]
    watches: tuple[Watch, ...]

    def watch(self, watch_id: str) -> Watch | None:
        """The watch of that id."""
        return next((watch for watch in self.watches if watch.id == watch_id), None)
