"""What the store holds: records with a token, and writes that replace them if nobody else has. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

import msgspec

from services.contracts import codec, redis_keys
from services.contracts.messages import Alert

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as it is stored. ``token`` names this state of it and is asked for when it is written.

    ``facts`` are the alerter's own, opaque here. Only the record of an alert has the rest: the alert once there is one,
    ``body``, the same as JSON, ``published``, the last revision that Kafka has acknowledged, and ``indexed``, the index
    keys that list it.
    """

    token: str = ""
    facts: bytes = b""
    alert: Alert | None = None
    body: bytes = b""
    published: int = 0
    indexed: tuple[str, ...] = ()


ABSENT = Record()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long alerts are kept after their last change, and how many revisions the stream for followers keeps."""

    days: float
    closed_days: float
    stream_revisions: int

    def ends_ms(self, alert: Alert | None, now_ms: int) -> int:
        """When the retention of an alert, or of facts without one, is over (ms since 1970).

        One that was merged into another is kept as long as an open one: reports of its story find the other by it.
        """
        closed = alert is not None and alert.state == "closed" and alert.merged_into is None
        return now_ms + int((self.closed_days if closed else self.days) * DAY_MS)


class _Article(msgspec.Struct):
    article_id: str


class _Facts(msgspec.Struct):
    """What is read of the alerter's facts."""

    articles: tuple[_Article, ...] = ()


_facts = msgspec.json.Decoder(_Facts).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A record's new state. With ``publish`` its alert enters the outbox and the followers' stream."""

    before: Record
    after: Record
    publish: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The outcome of one decision, by key: the tokens of what was only read, and what changes. All of it or nothing."""

    read: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, Changed] = field(default_factory=dict)


def replaced(before: Record, *, facts: bytes | None = None, alert: Alert | None = None) -> Record:
    """``before`` with new facts, a new alert or both. The same content over the same state has the same token."""
    facts = before.facts if facts is None else facts
    alert = alert or before.alert
    body = before.body if alert is before.alert else codec.encode(alert) if alert is not None else b""
    count = int(before.token.partition("-")[0] or 0) + 1  # keeps two states with one content apart
    return Record(
        token=f"{count}-{blake2b(facts + body, digest_size=8).hexdigest()}",
        facts=facts,
        alert=alert,
        body=body,
        published=before.published,
        indexed=index_keys(alert) if alert is not None else (),
    )


def index_keys(alert: Alert) -> tuple[str, ...]:
    """The indexes that list an alert, besides the one by time."""
    values = [redis_keys.alerts_by("severity", alert.severity)]
    values += [redis_keys.alerts_by("topic", topic.topic) for topic in alert.topics]
    values += [redis_keys.alerts_by("actor", actor.id) for actor in alert.actors]
    values += [redis_keys.alerts_by("place", place.country) for place in alert.places if place.country]
    values += [redis_keys.alerts_by("place", place.id) for place in alert.places]
    if any(action.kind == "feedback" for action in alert.actions):
        values.append(redis_keys.alerts_by("feedback", "given"))
    return tuple(dict.fromkeys(values))


def article_ids(record: Record) -> frozenset[str]:
    """The tagged articles that an alert rests on."""
    facts = _facts(record.facts) if record.facts else _Facts()
    return frozenset(article.article_id for article in facts.articles)
