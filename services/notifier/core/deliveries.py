"""What is to be delivered: ids, what a webhook is sent, what a person reads."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from services.contracts import ids
from services.contracts.events import summary_of
from services.contracts.field_types import made_of
from services.contracts.languages import also_reported_in
from services.contracts.messages import SEVERITIES, Alert, Severity, Time
from services.contracts.publishers import outlet_of

MAX_IN_DIGEST = 200
MAX_TITLE_CHARACTERS = 200
_MAX_LEAD = 3
_MAX_QUOTES = 3
_MAX_SOURCES = 8
# How Slack, Discord, Teams and others write "everybody here": a word after @, or a link that begins with ! or @.
_CALL = re.compile(r"@(?=everyone|here|channel|all\b|service)|<(?=[!@#])", re.IGNORECASE)


class Summary(Struct, frozen=True, kw_only=True):
    """An alert as one entry of a digest."""

    alert_id: str
    revision: int
    severity: Severity
    headline: str
    event: str | None = None
    topics: tuple[str, ...]
    actors: tuple[str, ...]
    places: tuple[str, ...]
    independent_sources: int
    last_updated: Time
    url: str | None = None


class Notification(Struct, frozen=True, kw_only=True):
    """What waits and is sent: one alert, or the digest of several. ``id`` is the idempotency key.

    ``alert`` is the message as it was on the topic; a digest has ``summaries`` instead, and in ``members`` the ids of
    the deliveries that it stands for. A ``test`` has neither: it says that a channel works.
    """

    id: str
    watch_id: str
    watch_name: str
    channel_id: str
    queued_at: Time
    severity: Severity
    headline: str
    event: str | None = None
    alert_id: str | None = None
    revision: int | None = None
    alert: msgspec.Raw = msgspec.Raw(b"null")
    summaries: tuple[Summary, ...] = ()
    members: tuple[str, ...] = ()
    test: bool = False

    @property
    def digest(self) -> bool:
        """Whether it stands for several deliveries."""
        return self.alert_id is None and not self.test


class TestRequest(Struct, frozen=True, kw_only=True):
    """A person wants to see whether the channels of a watch work. ``id`` names the request."""

    __test__ = False  # no test of ours, whatever its name begins with

    id: str
    watch_id: str
    by: str


class Message(Struct, frozen=True, kw_only=True):
    """What a person reads. Plain text; what an article says in it is data, never markup."""

    title: str
    body: str


def traceparent_of(notification: Notification) -> str | None:
    """The trace of the article that caused the alert; None of a digest, which has many."""
    return None if notification.digest else msgspec.json.decode(notification.alert, type=Alert).stages.traceparent


def delivery_id(*, watch: str, channel: str, alert: str, revision: int) -> str:
    """Names one delivery for good: whoever has seen this key has the alert."""
    return ids.digest("delivery", watch, channel, alert, str(revision))


def notification_of(
    alert: Alert, value: bytes, *, watch_id: str, watch_name: str, channel_id: str, queued_at: datetime
) -> Notification:
    """The delivery of one revision of an alert on one channel. ``value`` is the message as it was on the topic."""
    return Notification(
        id=delivery_id(watch=watch_id, channel=channel_id, alert=alert.id, revision=alert.revision),
        watch_id=watch_id,
        watch_name=watch_name,
        channel_id=channel_id,
        queued_at=queued_at,
        severity=alert.severity,
        headline=alert.headline,
        event=summary_of(alert.events[0]) if alert.events else None,
        alert_id=alert.id,
        revision=alert.revision,
        alert=msgspec.Raw(value),
    )


def test_of(request: TestRequest, *, watch_name: str, channel_id: str, queued_at: datetime) -> Notification:
    """The delivery of a test on one channel. It is no alert, and says so wherever it is read."""
    return Notification(
        id=ids.digest("test", request.id, channel_id),
        watch_id=request.watch_id,
        watch_name=watch_name,
        channel_id=channel_id,
        queued_at=queued_at,
        severity="low",
        headline=f"Test of the watch {watch_name}, asked for by {request.by}",
        test=True,
    )


def digest_of(notifications: Sequence[Notification], *, queued_at: datetime) -> Notification:
    """One notification that stands for several of one watch and channel; the most severe and newest first."""
    summaries = sorted((summary(notification) for notification in notifications), key=_rank)
    members = tuple(notification.id for notification in notifications)
    first = notifications[0]
    return Notification(
        id=ids.digest("digest", *sorted(members)),
        watch_id=first.watch_id,
        watch_name=first.watch_name,
        channel_id=first.channel_id,
        queued_at=queued_at,
        severity=summaries[0].severity,
        headline=f"{len(notifications)} alert{'s' if len(notifications) > 1 else ''}",
        summaries=tuple(summaries),
        members=members,
    )


def summary(notification: Notification) -> Summary:
    """One alert as an entry of a digest."""
    alert = opened(notification)
    return made_of(
        alert,
        Summary,
        alert_id=alert.id,
        event=notification.event,
        topics=tuple(topic.topic for topic in alert.topics),
        actors=tuple(actor.name for actor in alert.actors[:5]),
        places=tuple(place.name for place in alert.places[:5]),
        url=next((source.url for source in alert.sources if source.url), None),
    )


def opened(notification: Notification) -> Alert:
    """The alert of a notification that is no digest."""
    if notification.alert_id is None:
        raise ValueError(f"{notification.id} has no alert")
    return msgspec.json.decode(notification.alert, type=Alert)


def webhook_body(notification: Notification) -> bytes:
    """What a webhook is sent: the same bytes at every attempt, so that the signature differs by its time alone."""
    head = {"id": notification.id, "watch": {"id": notification.watch_id, "name": notification.watch_name}}
    if notification.test:
        return msgspec.json.encode({**head, "kind": "test", "text": notification.headline})
    if notification.digest:
        return msgspec.json.encode({**head, "kind": "digest", "alerts": notification.summaries})
    return msgspec.json.encode({**head, "kind": "alert", "alert": notification.alert})


def message(notification: Notification) -> Message:
    """What a person is sent."""
    if notification.test:
        body = "This is a test and no alert: whoever reads it would be sent the alerts of this watch."
        return Message(title=one_line(f"[test] {notification.headline}"), body=body)
    if notification.digest:
        body = defused("\n\n".join(_entry(entry) for entry in notification.summaries))
        return Message(title=one_line(f"[{notification.watch_name}] {notification.headline}"), body=body)
    alert = opened(notification)
    event = notification.event
    lines = [*([alert.headline, ""] if event else []), *alert.lead[:_MAX_LEAD], ""]
    lines += [f'"{quote}"' for quote in dict.fromkeys(e.quote for e in alert.evidence[:_MAX_QUOTES])]
    lines += ["", *(f"Why {alert.severity}: {reason}" for reason in alert.severity_reasons)]
    lines += [f"Changed: {_change(change.kind, change.before, change.after)}" for change in alert.changes]
    own = list(dict.fromkeys(outlet_of(source) for source in alert.sources if source.independent))
    lines += ["", f"Sources: {', '.join(own[:_MAX_SOURCES])}"] if own else []
    lines += [
        "",
        _facts(summary(notification)),
        *([others] if (others := also_reported_in(alert.languages, headline=alert.language)) else []),
        f"Revision {alert.revision} of {alert.id}",
    ]
    body = "\n".join(line for index, line in enumerate(lines) if line or (index and lines[index - 1]))
    return Message(title=one_line(f"[{alert.severity}] {event or alert.headline}"), body=defused(body.strip()))


def one_line(text: str) -> str:
    """Text of an article as one line: a line break in a headline must not become a header of a mail."""
    line = defused(" ".join("".join(c if c.isprintable() else " " for c in text).split()))
    return line if len(line) <= MAX_TITLE_CHARACTERS else line[: MAX_TITLE_CHARACTERS - 1] + "…"


def defused(text: str) -> str:
    """Text of an article in which no chat sees a call to all of its members."""
    return _CALL.sub(lambda call: f"{call[0]}\u200b", text)


def _entry(entry: Summary) -> str:
    lines = [entry.event, entry.headline] if entry.event else [entry.headline]
    return f"[{entry.severity}] " + "\n".join((*lines, _facts(entry)))


def _facts(entry: Summary) -> str:
    sources = f"{entry.independent_sources} independent source{'s' if entry.independent_sources != 1 else ''}"
    parts = [", ".join(part) for part in (entry.topics, entry.actors, entry.places) if part]
    updated = f"{entry.last_updated.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return "\n".join([*([entry.url] if entry.url else []), " · ".join([*parts, sources, updated])])


def _change(kind: str, before: str | None, after: str | None) -> str:
    return f"{kind} " + " → ".join(part for part in (before, after) if part)


def _rank(entry: Summary) -> tuple[int, float, str]:
    return (-SEVERITIES.index(entry.severity), -entry.last_updated.timestamp(), entry.alert_id)
