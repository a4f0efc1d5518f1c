"""Every Redis key, built in one place. ``ww:1`` is the layout version: a new layout is a new prefix.

Keys that one atomic script touches share a hash tag (the part in braces), so that Redis Cluster keeps them in one
slot: ``{dd:<bucket>}`` per language for the deduper, ``{al}`` for alerts, ``{po}`` for the poller.

| key | type | written by | holds |
|---|---|---|---|
| ``ww:1:{dd:<bucket>}:...`` | several | deduper | dedupe index and stories, see services/deduper/store |
| ``ww:1:{dd:<bucket>}:story:<id>`` | hash | deduper | field = article id, value = member of the story (JSON) |
| ``ww:1:{al}:alert:<id>`` | hash | alerter | the alert, its dossier, revision and published revision |
| ``ww:1:{al}:by:time`` | zset | alerter | alert ids by last update (ms since 1970) |
| ``ww:1:{al}:by:<facet>:<value>`` | zset | alerter | the same for topic, actor, place (country) and severity |
| ``ww:1:{al}:outbox`` | zset | alerter | alert ids whose latest revision Kafka has not acknowledged |
| ``ww:1:{al}:expiry`` | zset | alerter | alert ids by when their retention ends (ms since 1970) |
| ``ww:1:{al}:stream`` | stream | alerter | every revision, for followers (server-sent events) |
| ``ww:1:{po}:...`` | several | poller | feed states, schedule and leases, see services/poller/edges |
"""

from __future__ import annotations

from typing import Final, Literal

PREFIX: Final = "ww:1"
Facet = Literal["topic", "actor", "place", "severity"]

ALERTS_BY_TIME: Final = f"{PREFIX}:{{al}}:by:time"
ALERTS_OUTBOX: Final = f"{PREFIX}:{{al}}:outbox"
ALERTS_EXPIRY: Final = f"{PREFIX}:{{al}}:expiry"
ALERTS_STREAM: Final = f"{PREFIX}:{{al}}:stream"
POLLER: Final = f"{PREFIX}:{{po}}"


def bucket(language: str | None) -> str:
    """The dedupe bucket of a language: stories never span languages, so a bucket is a unit of atomicity."""
    return language or "xx"


def dedupe(bucket_: str) -> str:
    """The prefix of every dedupe key of one language."""
    return f"{PREFIX}:{{dd:{bucket_}}}"


def story(bucket_: str, story_id: str) -> str:
    """The hash of a story's members."""
    return f"{dedupe(bucket_)}:story:{story_id}"


def alert(alert_id: str) -> str:
    """The hash of one alert."""
    return f"{PREFIX}:{{al}}:alert:{alert_id}"


def alerts_by(facet: Facet, value: str) -> str:
    """The index of alerts by one value of one facet."""
    return f"{PREFIX}:{{al}}:by:{facet}:{value}"
