"""Finds on the topics and in Redis what there is of one article, story, alert or trace."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from aiokafka.errors import GroupCoordinatorNotAvailableError
from msgspec import Struct

from services.alert_store.redis import AlertRecords
from services.alerter.edges.redis import RedisStories
from services.alerter.ports import StoryKey
from services.alerter.snapshot import Snapshot
from services.cli import broker, store
from services.cli.trace.timeline import GROUPS, Committed, Found, Timeline
from services.cli.trace.timeline import timelines as made_of
from services.contracts import ids, topics
from services.contracts.messages import Alert, Article, DeadLetter, Duplicate, TaggedArticle, UniqueArticle
from services.runtime.kafka import log_reader
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.kafka.topics import admin
from services.runtime.messages.delivery import Delivery
from services.runtime.process.clock import SystemClock

T = TypeVar("T", bound=Struct)

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
        of_alerts = {id_ for kept in alerts.values() for id_ in kept}
        listed = await store.outbox(client, calls).listed(limit=_DELIVERIES)
        sent = [one for one in reversed(listed) if one.delivery.alert_id in of_alerts]
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


async def _read_articles(kafka: KafkaAccess, found: Found, wanted: str, own: Collection[str]) -> None:
    def belongs(record: Delivery) -> bool:
        return _key(record) == wanted or _key(record) in own or record.trace == wanted

    found.articles += await _read(kafka, topics.ARTICLES, Article, belongs)


async def _stories_of(kafka: KafkaAccess, wanted: str) -> set[str]:
    """The stories of the alert that is ``wanted``, none where that is none."""
    found = await _read(kafka, topics.ALERTS, Alert, lambda record: names_alert(wanted, _key(record)))
    return {story for _, alert in found for story in (alert.story_id, *alert.stories)}


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

    def belongs(record: Delivery) -> bool:
        story = _key(record)
        return _holds(record, own) or story in stories or names_alert(wanted, ids.alert_id(story))

    found.unique += await _read(kafka, topics.UNIQUE, UniqueArticle, belongs, since)
    found.duplicates += await _read(kafka, topics.DUPLICATES, Duplicate, belongs, since)


async def _read_ends(kafka: KafkaAccess, found: Found, own: Collection[str], since: datetime | None) -> None:
    """What tagger and alerter made of them, and what any service set aside."""
    found.tagged += await _read(kafka, topics.TAGGED, TaggedArticle, lambda record: _holds(record, own), since)
    stories = found.stories()
    found.alerts += await _read(kafka, topics.ALERTS, Alert, lambda record: _holds(record, stories), since)
    found.dead += await _read(kafka, topics.DEAD, DeadLetter, lambda record: bool(record.value), since)


async def _read(
    kafka: KafkaAccess, topic: str, kind: type[T], belongs: Callable[[Delivery], bool], since: datetime | None = None
) -> list[tuple[Delivery, T]]:
    """The messages of a topic that belong. What cannot be decoded is a dead letter, and not of this article."""
    records = [record async for record in log_reader.read_all(kafka, topic, since=since) if belongs(record)]
    return [(record, found) for record in records if (found := broker.decoded(record, kind)) is not None]


def names_alert(wanted: str, alert_id: str) -> bool:
    """Whether ``wanted`` is the alert; the beginning of its id will do, as `alerts` shows it."""
    return bool(wanted) and (wanted == alert_id or (len(wanted) >= SHORT_ID and alert_id.startswith(wanted)))


def _key(record: Delivery) -> str:
    return (record.key or b"").decode("utf-8", "replace")


def _holds(record: Delivery, needles: Iterable[str]) -> bool:
    """Whether one of ``needles`` is in the message: cheaper than decoding what is not asked for."""
    return any(needle.encode() in (record.value or b"") for needle in needles)
