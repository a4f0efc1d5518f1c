"""An article's way, from what lies on the topics: every service's status, time and reason, and where it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Struct

from services.cli.trace.search import names_alert
from services.cli.trace.timeline import Committed, Found, Step, Timeline, timelines
from services.contracts import codec, ids, topics, trace
from services.contracts.messages import Alert, Article, DeadLetter, Duplicate, TaggedArticle, UniqueArticle
from services.notifier.edges.redis import Head, Listed
from services.poller.core import imports
from services.runtime.messages.dead_letters import dead_letter
from services.runtime.messages.delivery import Delivery
from tests.support.alerts import STORY, a_copy, a_tagged, an_opened_alert
from tests.support.articles import an_article
from tests.support.clock import START

ALERT = ids.alert_id(STORY)


def sent(topic: str, message: Struct, offset: int, of: Article | None) -> Delivery:
    headers = trace.headers(trace.begun(of.id, of.content_hash)) if of else {}
    return Delivery(topic, 0, offset, b"k", msgspec.json.encode(message), headers)


@dataclass
class World:
    """One article on its way, and what is around it."""

    tagged: TaggedArticle = field(default_factory=a_tagged)
    found: Found = field(default_factory=Found)
    committed: dict[tuple[str, str, int], int] = field(default_factory=dict)
    stored: dict[str, Alert] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    told: list[Listed] = field(default_factory=list)
    with_headers: bool = True

    @property
    def article(self) -> Article:
        return self.tagged.article

    def polled(self, article: Article | None = None, offset: int = 5) -> None:
        made = article or self.article
        self.found.articles.append((self._sent(topics.ARTICLES, made, offset, made), made))

    def deduped(self) -> None:
        made = UniqueArticle(
            article=self.article, story_id=STORY, verdict="new", deduped_at=START + timedelta(seconds=1)
        )
        self.found.unique.append((self._sent(topics.UNIQUE, made, 6, self.article), made))

    def copied(self, copy: Duplicate, of: Article) -> None:
        self.found.duplicates.append((self._sent(topics.DUPLICATES, copy, 6, of), copy))

    def tag(self) -> None:
        self.found.tagged.append((self._sent(topics.TAGGED, self.tagged, 7, self.article), self.tagged))

    def alerted(self) -> Alert:
        alert = an_opened_alert(self.tagged)
        traceparent = trace.onward(trace.begun(self.article.id, self.article.content_hash), "alerter")
        if self.with_headers:
            stages = msgspec.structs.replace(alert.stages, traceparent=traceparent)
            alert = msgspec.structs.replace(alert, stages=stages)
        self.found.alerts.append((self._sent(topics.ALERTS, alert, 8, None), alert))
        self.stored[alert.id] = alert
        return alert

    def way(self) -> Timeline:
        (made,) = timelines(self.found, self.committed, stored=self.stored, known=self.known, notified=self.told)
        return made

    def _sent(self, topic: str, message: Struct, offset: int, of: Article | None) -> Delivery:
        return sent(topic, message, offset, of if self.with_headers else None)


def services(way: Timeline) -> list[tuple[str, str]]:
    return [(step.service, step.status) for step in way.steps]


def a_delivery_of(alert: Alert) -> Listed:
    head = Head(
        id="d",
        watch_id="everything",
        channel_id="desk",
        queued_at=START,
        severity="low",
        headline="",
        alert_id=alert.id,
        revision=1,
    )
    return Listed(delivery=head, state="sent", finished_at=START + timedelta(seconds=4))


def all_the_way(**more: Any) -> World:
    world = World(**more)
    world.polled()
    world.deduped()
    world.tag()
    alert = world.alerted()
    world.told.append(a_delivery_of(alert))
    return world


def test_an_article_that_opened_an_alert() -> None:
    way = all_the_way().way()
    assert services(way) == [
        ("poller", "published"),
        ("deduper", "new"),
        ("tagger", "tagged"),
        ("alerter", "opened"),
        ("notifier", "sent"),
    ]
    assert (way.story, way.alert) == (STORY, ALERT)
    places = ["articles/0/5", "articles.unique/0/6", "articles.tagged/0/7", "alerts/0/8", None]
    assert [step.place for step in way.steps] == places
    assert [step.at for step in way.steps] == [START + timedelta(seconds=n) for n in (0, 1, 2, 0, 4)]
    assert all(step.reason for step in way.steps)


def test_the_same_from_before_there_were_traces() -> None:
    way = all_the_way(with_headers=False).way()
    assert [status for _, status in services(way)] == ["published", "new", "tagged", "opened", "sent"]
    assert way.trace == trace.id_of(trace.begun(way.article, way.version))


def test_each_version_has_a_way_of_its_own_and_a_repetition_is_none() -> None:
    world = all_the_way()
    changed = an_article(title="Three navies meet off the cape", seen=START + timedelta(hours=1))
    world.polled(changed, offset=9)
    world.polled(offset=10)
    first, second = timelines(world.found, world.committed, stored=world.stored, known=(), notified=())
    assert "sent 2 times" in first.steps[0].reason
    assert (first.article, second.article) == (changed.id, changed.id)
    assert first.trace != second.trace
    assert services(second) == [("poller", "published"), ("deduper", "waiting")]


def test_what_was_sent_again_is_told_as_it_came_first() -> None:
    world = all_the_way()
    again = msgspec.structs.replace(world.article, fetched_at=START + timedelta(minutes=5))
    world.polled(again, offset=9)
    unique = msgspec.structs.replace(world.found.unique[0][1], deduped_at=START + timedelta(minutes=6))
    world.found.unique.append((sent(topics.UNIQUE, unique, 9, world.article), unique))
    way = world.way()
    assert "sent 2 times" in way.steps[0].reason
    assert [step.at for step in way.steps[:2]] == [START, START + timedelta(seconds=1)]
    assert [step.place for step in way.steps[:2]] == ["articles/0/5", "articles.unique/0/6"]


def last(world: World) -> Step:
    return world.way().steps[-1]


def test_where_it_waits() -> None:
    world = World()
    world.polled()
    assert (last(world).service, last(world).status) == ("deduper", "waiting")
    world.committed["wirewatch-deduper", topics.ARTICLES, 0] = 2
    assert last(world).reason == "3 messages are before it"
    world.deduped()
    assert (last(world).service, last(world).status) == ("tagger", "waiting")
    world.tag()
    assert (last(world).service, last(world).status) == ("alerter", "waiting")


def test_where_it_ended_without_a_message() -> None:
    world = World()
    world.polled()
    world.deduped()
    world.committed["wirewatch-tagger", topics.UNIQUE, 0] = 7
    assert (last(world).service, last(world).status) == ("tagger", "untagged")
    world.tag()
    world.committed["wirewatch-alerter", topics.TAGGED, 0] = 8
    assert last(world).status == "unchanged"
    world.known.append(STORY)
    assert last(world).status == "stale"
    world.stored[ALERT] = an_opened_alert(world.tagged)
    assert last(world).status == "updated_silently"


def test_a_first_fetch_is_history() -> None:
    world = World(tagged=a_tagged(backfill=True))
    world.polled()
    world.deduped()
    world.tag()
    world.committed["wirewatch-alerter", topics.TAGGED, 0] = 8
    assert last(world).status == "backfill"


def test_a_copy_is_not_tagged() -> None:
    world = World()
    copy = a_copy(world.tagged, url="https://other.example/a", outlet="other.example", seen=START)
    own = msgspec.structs.replace(world.article, id=copy.article_id)
    world.polled(own)
    world.copied(copy, own)
    committed: Committed = {("wirewatch-alerter", topics.DUPLICATES, 0): 7}
    alert = an_opened_alert(world.tagged)
    (way,) = timelines(world.found, committed, stored={ALERT: alert}, known=(), notified=())
    assert services(way) == [("poller", "published"), ("deduper", "duplicate"), ("alerter", "unchanged")]
    assert world.article.id in way.steps[1].reason


def test_what_a_service_set_aside() -> None:
    world = World()
    world.polled()
    delivery = world.found.articles[0][0]
    letter = dead_letter(delivery, service="deduper", reason="defect", error=ValueError("no"), now=START)
    assert codec.decode(codec.encode(letter), DeadLetter).headers == delivery.headers
    world.found.dead.append((delivery, letter))
    assert (last(world).service, last(world).status) == ("deduper", "dead")
    assert letter.id in last(world).reason


def test_an_article_that_was_sent_by_hand_says_so() -> None:
    article, _ = imports.article_of(
        b'{"id": "ux5", "title": "T"}', now=START, backfill=False, known=lambda: imports.NOTHING_KNOWN
    )
    world = World()
    world.polled(article)
    first = world.way().steps[0]
    assert (first.service, first.status, first.reason) == ("send", "published", "imported")


def test_the_short_id_that_alerts_shows_names_the_alert() -> None:
    assert names_alert(ALERT, ALERT)
    assert names_alert(ALERT[:8], ALERT)
    assert not names_alert(ALERT[:7], ALERT)
    assert not names_alert("", ALERT)
