"""The text of a watch file to watches and channels. ``schemas/watches.v1.schema.json`` describes the same format.

Every problem of the file is found, not only the first; one problem is enough to refuse the whole file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from services.contracts.messages import SEVERITIES, AlertState, Confidence
from services.notifier.core.nodes import Nodes
from services.notifier.core.watches import (
    CHANGES,
    DAYS,
    KINDS,
    Channel,
    Circle,
    Places,
    Quiet,
    Reference,
    Watch,
    WatchFile,
    When,
    Words,
)
from services.notifier.core.words import fold
from services.notifier.errors import WatchFileError

T = TypeVar("T")

MAX_KM = 20_000  # half the way around the earth
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_VARIABLE = re.compile(r"(?!WIREWATCH_)[A-Z_][A-Z0-9_]*")
_TOPIC = re.compile(r"[a-z][a-z0-9_]{1,39}")
_COUNTRY = re.compile(r"[A-Z]{3}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_STATES: tuple[AlertState, ...] = get_args(AlertState)
_CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)
_ID_FORM = "an id: lower case letters, digits and hyphens, at most 40"
_URLS = ("url", "url_file", "url_env")
_SECRETS = ("secret_file", "secret_env")
_CHANNEL_KEYS = ("id", "kind", *_URLS, *_SECRETS)
_WATCH_KEYS = ("id", "name", "when", "channels", "quiet", "limit", "digest", "critical_at_once")
_WHEN_KEYS = (
    "topics", "all_topics", "actors", "all_actors", "places", "min_severity", "words", "outlets", "languages",
    "confidence", "states", "changes",
)  # fmt: skip


def read(text: str, name: str) -> WatchFile:
    """What the file says. ``name`` is how errors call it. Raises :class:`WatchFileError` with all that is wrong."""
    return _File(name).whole(text)


class _File:
    def __init__(self, name: str) -> None:
        self._nodes = Nodes(name)
        self._problems: list[WatchFileError] = []

    def whole(self, text: str) -> WatchFile:
        nodes = self._nodes
        top = nodes.mapping(nodes.root(text), ("format", "channels", "watches"), required=("format", "channels"))
        if nodes.whole(top["format"], 1, 1) != 1:
            raise nodes.error(top["format"], "format must be 1.")  # pragma: no cover - `whole` has said so
        channels = self._each(top["channels"], "channels", self._channel)
        watches = self._each(top["watches"], "watches", self._watch) if "watches" in top else []
        self._unique("channel", [(channel.id, channel.line) for channel in channels])
        self._unique("watch", [(watch.id, watch.line) for watch in watches])
        if not self._problems:
            self._known_channels(watches, {channel.id for channel in channels})
        if self._problems:
            raise WatchFileError(tuple(problem for error in self._problems for problem in error.problems))
        return WatchFile(channels=tuple(channels), watches=tuple(watches))

    def _each(self, node: yaml.Node, what: str, read_one: Callable[[yaml.Node], T]) -> list[T]:
        found: list[T] = []
        for item in self._nodes.items(node, what):
            try:
                found.append(read_one(item))
            except WatchFileError as error:
                self._problems.append(error)
        return found

    def _unique(self, what: str, named: list[tuple[str, int]]) -> None:
        counts = Counter(id_ for id_, _ in named)
        last = dict(named)
        for id_ in (id_ for id_, count in counts.items() if count > 1):
            self._problems.append(self._nodes.at(last[id_], f"the {what} {id_!r} is given twice: ids are unique."))

    def _known_channels(self, watches: list[Watch], known: set[str]) -> None:
        for watch in watches:
            for channel in watch.channels:
                if channel not in known:
                    problem = f"watch {watch.id!r} names no channel of this file with {channel!r}: "
                    there = f"there are {', '.join(sorted(known))}." if known else "there are none."
                    self._problems.append(self._nodes.at(watch.line, problem + there))

    # ------------------------------------------------------------------ channels

    def _channel(self, node: yaml.Node) -> Channel:
        nodes = self._nodes
        fields = nodes.mapping(node, _CHANNEL_KEYS, required=("id", "kind"))
        kind = nodes.choice(fields["kind"], KINDS)
        allowed = {"log": (), "webhook": (*_URLS, *_SECRETS), "apprise": _URLS}[kind]
        for key in fields:
            if key not in ("id", "kind", *allowed):
                has = f"takes {', '.join(allowed)}" if allowed else "takes no address and no secret"
                raise nodes.error(node, f"a channel of kind {kind} {has}, not {key}.")
        return Channel(
            id=nodes.matching(fields["id"], _ID, _ID_FORM),
            kind=kind,
            line=node.start_mark.line + 1,
            url=self._reference(node, fields, _URLS) if allowed else None,
            secret=self._reference(node, fields, _SECRETS) if kind == "webhook" else None,
        )

    def _reference(self, node: yaml.Node, fields: dict[str, yaml.Node], keys: tuple[str, ...]) -> Reference:
        given = [key for key in keys if key in fields]
        if len(given) != 1:
            raise self._nodes.error(node, f"give one of {', '.join(keys)} here.")
        value = fields[given[0]]
        line = value.start_mark.line + 1
        if given[0].endswith("_env"):
            form = "the name of a variable: capitals, digits and underscores, not beginning with WIREWATCH_"
            return Reference("env", self._nodes.matching(value, _VARIABLE, form), line)
        return Reference("file" if given[0].endswith("_file") else "value", self._nodes.text(value), line)

    # ------------------------------------------------------------------ watches

    def _watch(self, node: yaml.Node) -> Watch:
        nodes = self._nodes
        fields = nodes.mapping(node, _WATCH_KEYS, required=("id", "name", "when", "channels"))
        channels = nodes.list_of(fields["channels"], "channels", lambda n: nodes.matching(n, _ID, _ID_FORM))
        if len(set(channels)) < len(channels):
            raise nodes.error(fields["channels"], "a channel is given twice.")
        return Watch(
            id=nodes.matching(fields["id"], _ID, _ID_FORM),
            name=nodes.text(fields["name"]),
            line=node.start_mark.line + 1,
            when=self._when(fields["when"]),
            channels=channels,
            quiet=_given(fields, "quiet", self._quiet, None),
            per_hour=_given(fields, "limit", lambda n: self._only(n, "per_hour", 10_000), None),
            digest_minutes=_given(fields, "digest", lambda n: self._only(n, "every_minutes", 7 * 24 * 60), None),
            critical_at_once=_given(fields, "critical_at_once", nodes.flag, False),
        )

    def _only(self, node: yaml.Node, key: str, most: int) -> int:
        return self._nodes.whole(self._nodes.mapping(node, (key,), required=(key,))[key], 1, most)

    def _when(self, node: yaml.Node) -> When:
        nodes = self._nodes
        fields = nodes.mapping(node, _WHEN_KEYS)
        topic_form = "a topic: lower case letters, digits and underscores"

        def texts(key: str, read_one: Callable[[yaml.Node], str], what: str) -> frozenset[str]:
            return _given(fields, key, lambda n: frozenset(nodes.list_of(n, what, read_one)), frozenset())

        def topic(item: yaml.Node) -> str:
            return nodes.matching(item, _TOPIC, topic_form)

        def folded(item: yaml.Node) -> str:
            return nodes.text(item).casefold()

        return When(
            topics=texts("topics", topic, "topics"),
            all_topics=texts("all_topics", topic, "topics"),
            actors=texts("actors", folded, "actor ids"),
            all_actors=texts("all_actors", folded, "actor ids"),
            places=_given(fields, "places", self._places, None),
            min_severity=_given(fields, "min_severity", lambda n: nodes.choice(n, SEVERITIES), "low"),
            words=_given(fields, "words", self._words, None),
            outlets=texts("outlets", folded, "outlets"),
            languages=texts(
                "languages", lambda n: nodes.matching(n, _LANGUAGE, "a language such as en or ru"), "languages"
            ),
            confidence=_given(fields, "confidence", lambda n: nodes.choice(n, _CONFIDENCES), None),
            states=_given(fields, "states", lambda n: self._choices(n, _STATES), When().states),
            changes=_given(fields, "changes", lambda n: self._choices(n, CHANGES), frozenset()),
        )

    def _choices(self, node: yaml.Node, options: tuple[T, ...]) -> frozenset[T]:
        what = f"some of {', '.join(str(option) for option in options)}"
        return frozenset(self._nodes.list_of(node, what, lambda n: self._nodes.choice(n, options)))

    def _places(self, node: yaml.Node) -> Places:
        nodes = self._nodes
        fields = nodes.mapping(node, ("countries", "ids", "near"))
        if not fields:
            raise nodes.error(node, "give at least one of countries, ids, near.")
        country = "a country: three capitals of ISO 3166-1, such as UKR"
        return Places(
            countries=_given(
                fields,
                "countries",
                lambda n: frozenset(nodes.list_of(n, "countries", lambda c: nodes.matching(c, _COUNTRY, country))),
                frozenset(),
            ),
            ids=_given(
                fields,
                "ids",
                lambda n: frozenset(nodes.list_of(n, "place ids", lambda i: nodes.text(i).casefold())),
                frozenset(),
            ),
            near=_given(fields, "near", lambda n: nodes.list_of(n, "circles (lat, lon, km)", self._circle), ()),
        )

    def _circle(self, node: yaml.Node) -> Circle:
        fields = self._nodes.mapping(node, ("lat", "lon", "km"), required=("lat", "lon", "km"))
        return Circle(
            lat=self._nodes.number(fields["lat"], -90, 90),
            lon=self._nodes.number(fields["lon"], -180, 180),
            km=self._nodes.number(fields["km"], 0, MAX_KM),
        )

    def _words(self, node: yaml.Node) -> Words:
        fields = self._nodes.mapping(node, ("any", "all", "none"))
        if not fields:
            raise self._nodes.error(node, "give at least one of any, all, none.")

        def phrases(key: str) -> tuple[str, ...]:
            return _given(fields, key, lambda n: self._nodes.list_of(n, "words or phrases", self._phrase), ())

        return Words(any=phrases("any"), all=phrases("all"), none=phrases("none"))

    def _phrase(self, node: yaml.Node) -> str:
        folded = fold(self._nodes.text(node))
        if not folded:
            raise self._nodes.error(node, "a word needs a letter or a digit.")
        return folded

    def _quiet(self, node: yaml.Node) -> Quiet:
        nodes = self._nodes
        fields = nodes.mapping(node, ("from", "to", "timezone", "days"), required=("from", "to", "timezone"))
        days = _given(fields, "days", lambda n: self._choices(n, DAYS), frozenset(DAYS))
        quiet = Quiet(
            start=nodes.clock(fields["from"]),
            end=nodes.clock(fields["to"]),
            zone=self._zone(fields["timezone"]),
            days=frozenset(DAYS.index(day) for day in days),
        )
        if quiet.start == quiet.end and len(quiet.days) == len(DAYS):
            raise nodes.error(node, "these quiet hours never end: from and to are the same on every day.")
        return quiet

    def _zone(self, node: yaml.Node) -> ZoneInfo:
        name = self._nodes.text(node)
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            example = "such as Europe/Berlin or UTC"
            raise self._nodes.error(node, f"{name[:60]!r} is no time zone of the IANA database, {example}.") from None


def _given(fields: dict[str, yaml.Node], key: str, read_it: Callable[[yaml.Node], Any], default: T) -> T:
    """What ``key`` says, or the default where it is not given."""
    found: T = read_it(fields[key]) if key in fields else default
    return found
