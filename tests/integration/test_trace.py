"""``wirewatch trace`` of an alert, on real topics."""

from __future__ import annotations

import msgspec
import pytest

from services.cli.trace.search import find
from services.contracts import codec, topics
from services.contracts.messages import TaggedArticle, UniqueArticle
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.support.alerts import a_tagged, an_opened_alert
from tests.support.stack import MakeTopics

pytestmark = pytest.mark.stack


def unique(tagged: TaggedArticle) -> UniqueArticle:
    return UniqueArticle(article=tagged.article, story_id=tagged.story_id, verdict="new", deduped_at=tagged.deduped_at)


async def test_an_alert_is_traced_in_all_its_stories(kafka: str, make_topics: MakeTopics) -> None:
    await make_topics([topics.ARTICLES, topics.UNIQUE, topics.DUPLICATES, topics.TAGGED, topics.ALERTS, topics.DEAD])
    opening = a_tagged()
    joined = a_tagged(story="c" * 24, url="https://other.example/navies", outlet="other.example")
    foreign = a_tagged(story="d" * 24, url="https://third.example/rain", outlet="third.example")
    alert = msgspec.structs.replace(an_opened_alert(opening), stories=(opening.story_id, joined.story_id))
    sent = [Outgoing(topics.ALERTS, alert.id.encode(), codec.encode(alert))]
    for one in (opening, joined, foreign):
        sent.append(Outgoing(topics.ARTICLES, one.article.id.encode(), codec.encode(one.article)))
        sent.append(Outgoing(topics.UNIQUE, one.story_id.encode(), codec.encode(unique(one))))
        sent.append(Outgoing(topics.TAGGED, one.story_id.encode(), codec.encode(one)))
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="test", clock=SystemClock())
    await publisher.publish(sent)
    await publisher.stop()
    for wanted in (alert.id, alert.id[:8]):
        found = await find(KafkaAccess(kafka), wanted, whole_story=False)
        assert {article.id for _, article in found.articles} == {opening.article.id, joined.article.id}
        assert {one.article.id for _, one in found.tagged} == {opening.article.id, joined.article.id}
        assert [one.id for _, one in found.alerts] == [alert.id]
