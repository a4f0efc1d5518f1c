"""Finds on the topics and in Redis what there is of one article, story, alert or trace."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from aiokafka.errors import GroupCoordinatorNotAvailableError

from services.alert_store.redis import AlertRecords
from services.alerter.edges.redis import RedisStories
from services.alerter.ports import StoryKey
from services.alerter.snapshot import Snapshot
from services.cli import broker, store
from services.cli.trace.timeline import GROUPS, Committed, Found, Notified, Timeline
from services.cli.trace.timeline import timelines as made_of
from services.contracts import codec, ids, topics
from services.contracts.messages import Alert, Article, DeadLetter, Duplicate, TaggedArticle, UniqueArticle
from services.notifier.edges.redis import RedisOutbox
from services.runtime.kafka import log_reader
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.kafka.topics import admin
from services.runtime.messages.delivery import Delivery
from services.runtime.process.clock import SystemClock

SHORT_ID = 8  # characters: of a million alerts, one in four thousand shares them with another
_EARLIER = timedelta(minutes=5)  # clocks of brokers and services may differ
_DELIVERIES = 10_000  # the newest so many are looked through


async def timelines(kafka: KafkaAccess, redis: RedisAccess, wanted: str, *, whole_story: bool) -> list[Timeline]:
    """The timelines of what ``wanted`` names. Raises :class:`UsageError` where a server does not answer."""
    broker.quiet()
    await broker.require_topic(kafka, topics.ARTICLES)
    async with store.opened(redis) as (client, calls):
        found = await find(kafka, wanted, whole_story=whole_story)
        stories = sorted(found.stories())
        snapshot = Snapshot(AlertRecords(client, calls, SystemClock()), RedisStories(client, calls))
        await snapshot.load([StoryKey("", story) for story in stories], [])
        alerts = {story: snapshot.alerts_of(story) for story in stories}
        outbox = store.outbox(client, calls)
        sent = await notified(outbox, {id_ for kept in alerts.values() for id_ in kept})
    return made_of(
        found,
        await committed(kafka),
        stored={id_: alert for kept in alerts.values() for id_ in kept if (alert := snapshot.alert(id_))},
        known=[story for story, kept in alerts.items() if any(facts.articles for facts in kept.values())],
        notified=sent,
    )


async def find(kafka: KafkaAccess, wanted: str, *, whole_story: bool) -> Found:
    """What the topics hold of ``wanted``: an article id, a trace id, a story id or an alert id.

    Of an article or a trace that is its versions alone, unless ``whole_story``; of an alert it is all of its stories.
    Each topic is read once, those behind ``articles`` from the article's time on.
    """
    found = Found()
    if not whole_story:
        await _read_articles(kafka, found, wanted, frozenset())
    if found.articles:
        own = {article.id for _, article in found.articles}
        since: datetime | None = min(article.fetched_at for _, article in found.articles) - _EARLIER
        await _read_verdicts(kafka, found, own, since=since)
    else:
        stories = {wanted} | await _stories_of(kafka, wanted)
        await _read_verdicts(kafka, found, frozenset(), wanted=wanted, stories=stories)
        own = {unique.article.id for _, unique in found.unique} | {copy.article_id for _, copy in found.duplicates}
        if not own:
            return found
        await _read_articles(kafka, found, "", own)
        since = min((article.fetched_at for _, article in found.articles), default=None)
    await _read_ends(kafka, found, own, since)
    return found


async def committed(kafka: KafkaAccess) -> Committed:
    """How far each service has come on what it reads. A group that has read nothing yet is left out."""
    async with admin(kafka, timeout_seconds=broker.ANSWER_WITHIN_SECONDS) as client:
        try:
            return {
                (group, place.topic, place.partition): at.offset
                for group in GROUPS.values()
                for place, at in (await client.list_consumer_group_offsets(group)).items()
                if at.offset >= 0
            }
        except GroupCoordinatorNotAvailableError:  # no group has ever read from this broker
            return {}


async def notified(outbox: RedisOutbox, alerts: Collection[str]) -> list[Notified]:
    """What the notifier did with these alerts, in the order in which it took them up."""
    listed = await outbox.listed(limit=_DELIVERIES)
    return [
        Notified(
            alert_id=one.delivery.alert_id,
            revision=one.delivery.revision or 0,
            watch=one.delivery.watch_id,
            channel=one.delivery.channel_id,
            state=one.state,
            at=one.finished_at or one.delivery.queued_at,
            error=one.error or None,
        )
        for one in reversed(listed)
        if one.delivery.alert_id is not None and one.delivery.alert_id in alerts
    ]


async def _read_articles(kafka: KafkaAccess, found: Found, wanted: str, own: Collection[str]) -> None:
    async for record in log_reader.read_all(kafka, topics.ARTICLES):
        key = (record.key or b"").decode("utf-8", "replace")
        if key == wanted or key in own or record.trace == wanted:
            _keep(found.articles, record, Article)


async def _stories_of(kafka: KafkaAccess, wanted: str) -> set[str]:
    """The stories of the alert that is ``wanted``, none where that is none."""
    found: set[str] = set()
    async for record in log_reader.read_all(kafka, topics.ALERTS):
        if names_alert(wanted, (record.key or b"").decode("utf-8", "replace")):
            kept: list[tuple[Delivery, Alert]] = []
            _keep(kept, record, Alert)
            found.update(story for _, alert in kept for story in (alert.story_id, *alert.stories))
    return found


async def _read_verdicts(
    kafka: KafkaAccess,
    found: Found,
    own: Collection[str],
    *,
    wanted: str = "",
    stories: Collection[str] = (),
    since: datetime | None = None,
) -> None:
    """What the deduper made of the articles ``own``, or of ``stories`` and the one behind the alert ``wanted``."""
    needles = [article.encode() for article in own]

    def belongs(record: Delivery) -> bool:
        story = (record.key or b"").decode("utf-8", "replace")
        return _holds(record, needles) or story in stories or names_alert(wanted, ids.alert_id(story))

    async for record in log_reader.read_all(kafka, topics.UNIQUE, since=since):
        if belongs(record):
            _keep(found.unique, record, UniqueArticle)
    async for record in log_reader.read_all(kafka, topics.DUPLICATES, since=since):
        if belongs(record):
            _keep(found.duplicates, record, Duplicate)


async def _read_ends(kafka: KafkaAccess, found: Found, own: Collection[str], since: datetime | None) -> None:
    """What tagger and alerter made of them, and what any service set aside."""
    needles = [article.encode() for article in own]
    async for record in log_reader.read_all(kafka, topics.TAGGED, since=since):
        if _holds(record, needles):
            _keep(found.tagged, record, TaggedArticle)
    stories = [story.encode() for story in found.stories()]
    async for record in log_reader.read_all(kafka, topics.ALERTS, since=since):
        if _holds(record, stories):
            _keep(found.alerts, record, Alert)
    async for record in log_reader.read_all(kafka, topics.DEAD, since=since):
        if record.value:
            _keep(found.dead, record, DeadLetter)


def names_alert(wanted: str, alert_id: str) -> bool:
    """Whether ``wanted`` is the alert; the beginning of its id will do, as `alerts` shows it."""
    return bool(wanted) and (wanted == alert_id or (len(wanted) >= SHORT_ID and alert_id.startswith(wanted)))


def _holds(record: Delivery, needles: Sequence[bytes]) -> bool:
    """Whether one of ``needles`` is in the message: cheaper than decoding what is not asked for."""
    return any(needle in (record.value or b"") for needle in needles)


def _keep(kept: list[tuple[Delivery, Any]], record: Delivery, kind: type[Any]) -> None:
    try:
        kept.append((record, codec.decode(record.value, kind)))
    except codec.UndecodableError:
        return  # no service could read it either: it is a dead letter, and not of this article
