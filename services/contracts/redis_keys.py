"""Every Redis key, built in one place. ``ww:1`` is the layout version: a new layout is a new prefix. The
deduper is at ``ww:5``: what an older version stored is not read and expires by itself, and the index is made again
from Kafka.

Keys that one atomic script touches share a hash tag (the part in braces), so that Redis Cluster keeps them in one
slot: ``{dd:<bucket>}`` per language for the deduper, ``{al}`` for alerts, ``{po}`` for the poller, ``{no}`` for the
notifier.

| key | type | written by | holds |
|---|---|---|---|
| ``ww:5:{dd:<bucket>}:...`` | several | deduper | dedupe index and stories, see services/deduper/edges/redis.py |
| ``ww:5:{dd:<bucket>}:story:<id>`` | hash | deduper | field = article id, value = member of the story |
| ``ww:1:{al}:alert:<id>`` | hash | alerter, api | the alert, the facts behind it, revision and published revision |
| ``ww:1:{al}:story:<id>`` | hash | alerter | the alerts that a story's articles are in |
| ``ww:1:{al}:events:<part>+<part>:<window>`` | hash | alerter | events of 72 h that have both parts |
| ``ww:1:{al}:by:time`` | zset | alerter | alert ids by last update (ms since 1970) |
| ``ww:1:{al}:by:<facet>:<value>`` | zset | alerter, api | the same for topic, actor, place, severity, feedback |
| ``ww:1:{al}:outbox`` | zset | alerter, api | alert ids whose latest revision Kafka has not acknowledged |
| ``ww:1:{al}:expiry`` | zset | alerter | alert ids by when their retention ends (ms since 1970) |
| ``ww:1:{al}:stream`` | stream | alerter, api | every revision, for followers (server-sent events) |
| ``ww:1:{po}:...`` | several | poller | feed states, schedule and leases, see services/poller/edges |
| ``ww:1:{po}:recheck:...`` | several | poller | pages to look at again, see services/poller/rechecks/store.py |
| ``ww:1:{po}:status`` | hash | poller | how many feeds answer, and since when none does |
| ``ww:1:{no}:delivery:<id>`` | hash | notifier | a delivery; expires 8 days after it has left or died |
| ``ww:1:{no}:due:<channel>`` | zset | notifier | delivery ids by when they may leave (ms since 1970) |
| ``ww:1:{no}:batch:<watch>/<channel>`` | zset | notifier | delivery ids that wait for a digest, by when they came |
| ``ww:1:{no}:batches`` | zset | notifier | ``<watch>/<channel>`` by when the digest is due |
| ``ww:1:{no}:rate:<watch>`` | zset | notifier | what a watch let pass within the hour; expires after it |
| ``ww:1:{no}:channels`` | set | notifier | channels that something was queued for |
| ``ww:1:{no}:recent`` | zset | notifier | ids of the deliveries of 8 days, by when they came |
| ``ww:1:{no}:tests`` | set | api, notifier | tests of watches that a person asked for: JSON |
| ``ww:1:{no}:dead`` | stream | notifier | the last 1000 deliveries that were given up |

How long they live and what they cost (docs/measurements has the figures):

| keys | live | cost |
|---|---|---|
| ``{dd:<bucket>}`` | the dedupe window; each key expires | see dedupe.md |
| ``{al}:alert`` | 30 days after its last change, 7 once closed (settings) | 5 kB an alert with its facts |
| ``{al}:story``, ``{al}:events`` | 30 days after their last change (a setting) | 0.2 kB; 0.3 kB an event and pair |
| ``{al}:by``, ``{al}:expiry`` | as the alert: the sweep takes it out of all of them together | 0.1 kB an entry |
| ``{al}:outbox`` | until Kafka has the revision | nearly empty |
| ``{al}:stream`` | the last 10,000 revisions (a setting) | 0.04 kB a revision |
| ``{po}`` | while the feed is listed | a few kB a feed |
| ``{po}:recheck`` | ten days | 3 kB a page |
| ``{no}:delivery``, ``{no}:recent`` | 8 days after it has left or died | the alert, until it has left; then 0.3 kB |
| ``{no}:due``, ``{no}:batch``, ``{no}:batches`` | until it has left or the digest is closed | 0.1 kB an entry |
| ``{no}:rate``, ``{no}:dead`` | an hour; the last 1000 | small |
"""

from typing import Final, Literal

PREFIX: Final = "ww:1"
DEDUPE_PREFIX: Final = "ww:5"
DEDUPE_BUILT: Final = f"{DEDUPE_PREFIX}:{{dd:}}:built"
DEDUPE_BUILDING: Final = f"{DEDUPE_PREFIX}:{{dd:}}:building"
Facet = Literal["topic", "actor", "place", "severity", "feedback"]

ALERTS_BY_TIME: Final = f"{PREFIX}:{{al}}:by:time"
ALERTS_OUTBOX: Final = f"{PREFIX}:{{al}}:outbox"
ALERTS_EXPIRY: Final = f"{PREFIX}:{{al}}:expiry"
ALERTS_STREAM: Final = f"{PREFIX}:{{al}}:stream"
POLLER: Final = f"{PREFIX}:{{po}}"
POLLER_STATUS: Final = f"{POLLER}:status"
NOTIFIER_BATCHES: Final = f"{PREFIX}:{{no}}:batches"
NOTIFIER_CHANNELS: Final = f"{PREFIX}:{{no}}:channels"
NOTIFIER_RECENT: Final = f"{PREFIX}:{{no}}:recent"
NOTIFIER_TESTS: Final = f"{PREFIX}:{{no}}:tests"
NOTIFIER_DEAD: Final = f"{PREFIX}:{{no}}:dead"


def bucket(language: str | None) -> str:
    """The dedupe bucket of a language: stories never span languages, so a bucket is a unit of atomicity."""
    return language or "xx"


def dedupe(bucket_: str) -> str:
    """The prefix of every dedupe key of one language."""
    return f"{DEDUPE_PREFIX}:{{dd:{bucket_}}}"


def story(bucket_: str, story_id: str) -> str:
    """The hash of a story's members."""
    return f"{dedupe(bucket_)}:story:{story_id}"


def alert(alert_id: str) -> str:
    """The hash of one alert."""
    return f"{PREFIX}:{{al}}:alert:{alert_id}"


def alerts_of_story(story_id: str) -> str:
    """The hash that says which alerts a story's articles are in."""
    return f"{PREFIX}:{{al}}:story:{story_id}"


def alerts_of_events(parts: str, window: int) -> str:
    """The hash of the events that have these two parts, of one window of time."""
    return f"{PREFIX}:{{al}}:events:{parts}:{window}"


def alerts_by(facet: Facet, value: str) -> str:
    """The index of alerts by one value of one facet."""
    return f"{PREFIX}:{{al}}:by:{facet}:{value}"


def delivery(delivery_id: str) -> str:
    """The hash of one delivery, or of a digest."""
    return f"{PREFIX}:{{no}}:delivery:{delivery_id}"


def deliveries_due(channel_id: str) -> str:
    """What may leave through a channel, and when."""
    return f"{PREFIX}:{{no}}:due:{channel_id}"


def deliveries_batch(watch_id: str, channel_id: str) -> str:
    """What waits for the next digest of a watch on a channel."""
    return f"{PREFIX}:{{no}}:batch:{watch_id}/{channel_id}"


def notifier_rate(watch_id: str) -> str:
    """What a watch let pass within the hour."""
    return f"{PREFIX}:{{no}}:rate:{watch_id}"
