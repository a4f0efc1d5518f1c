"""A page behind an alert changes: through poller, deduper, tagger and alerter, to whoever was told of the alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from services.contracts import codec, topics
from services.contracts.alert_states import state_after
from services.contracts.messages import Alert, AlertState, Change, TaggedArticle
from services.contracts.rechecks import in_words
from services.deduper.core.fingerprint import Fingerprint
from services.deduper.core.verdict import Decision
from services.deduper.core.vocabulary import Vocabulary
from services.deduper.handler import Deduper
from services.deduper.metrics import DeduperMetrics
from services.notifier.core.match import matches
from services.poller.core.model import Fetched
from services.tagger.handler import TaggerHandler
from services.tagger.metrics import TaggerMetrics
from tests.support.alerts import a_tagged
from tests.support.clock import START
from tests.support.notifier import a_watch
from tests.support.packs import shipped
from tests.support.publisher import FakePublisher, deliver
from tests.support.rechecks import DAY, WEEK, Looks, a_page
from tests.unit.alerter.test_handler import World
from tests.unit.alerter.test_rebuild import rebuilt

URL = "https://news.example/two-navies"
TEXT = "Two navies met off the cape on Tuesday, officials said.\nNo shot was fired, a spokesman told reporters."


class NeverAsked:
    """An index that nothing may be asked of: what was looked at again is not judged."""

    async def decide(self, batch: Sequence[Fingerprint]) -> Sequence[Decision]:
        raise AssertionError(batch)


class Pipeline:
    """The services in a row, on fakes."""

    def __init__(self) -> None:
        self.looks = Looks()
        self.alerter = World()
        self.tagged: list[TaggedArticle] = []

    async def opened(self) -> Alert:
        """An alert, its page taken."""
        await self.alerter.take(a_tagged())
        (alert,) = self.alerter.sent()
        self.looks.egress.answers[URL] = a_page(URL, TEXT)
        await self.looks.hear(msgspec.structs.replace(alert, severity="high"))
        await self.looks.look()
        return alert

    async def look(self, answer: Fetched, *, later: timedelta = DAY) -> list[str]:
        """The page answers so then; what comes of it goes through. Returns the alerter's statuses."""
        self.looks.egress.answers[URL] = answer
        self.looks.publisher.sent.clear()
        await self.looks.look(later=later)
        return await self.redeliver()

    async def redeliver(self) -> list[str]:
        """What the last look has published goes through the services (once more)."""
        unique, tagged = FakePublisher(), FakePublisher()
        deduper = Deduper(
            NeverAsked(), unique, self.looks.clock, DeduperMetrics(CollectorRegistry()), lambda _: Vocabulary()
        )
        tagger = TaggerHandler(
            library=shipped(), publisher=tagged, clock=self.looks.clock, metrics=TaggerMetrics(CollectorRegistry())
        )
        articles = deliver(self.looks.publisher.on(topics.ARTICLES))
        assert await deduper.handle(articles) == ["update"] * len(articles)
        await tagger.handle(deliver(unique.sent))
        self.tagged += [codec.decode(message.value, TaggedArticle) for message in tagged.sent]
        return list(await self.alerter.handler.handle(deliver(tagged.on(topics.TAGGED))))


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


async def test_a_changed_page_revises_the_alert_and_replaces_no_fact(pipeline: Pipeline) -> None:
    opened = await pipeline.opened()
    assert await pipeline.look(a_page(URL, TEXT.replace("Two navies", "Three navies"))) == ["revised"]
    revised = pipeline.alerter.sent()[-1]
    assert (revised.id, revised.revision) == (opened.id, 2)
    (change,) = revised.changes
    assert (change.kind, change.before) == ("source_changed", "news.example: Two navies met off")
    assert change.after == "Three navies met off"
    (source,) = revised.sources
    assert source.changed is not None
    assert in_words(source.changed) == "changed on 2024-06-21: “Two navies met off” → “Three navies met off”"
    assert (revised.events, revised.evidence, revised.topics, revised.headline, revised.first_seen) == (
        opened.events,
        opened.evidence,
        opened.topics,
        opened.headline,
        opened.first_seen,
    )
    assert revised.last_updated == source.changed.looked_at == revised.stages.fetched_at
    assert revised.stages.published_at is None
    assert matches(a_watch(when="{changes: [severity]}"), revised)


async def test_what_comes_twice_revises_once(pipeline: Pipeline) -> None:
    await pipeline.opened()
    await pipeline.look(a_page(URL, TEXT.replace("Two", "Three")))
    assert await pipeline.redeliver() == ["unchanged"]
    assert len(pipeline.alerter.sent()) == 2


async def test_a_withdrawn_page_whose_text_has_no_topic_reaches_the_alert(pipeline: Pipeline) -> None:
    await pipeline.opened()
    await pipeline.look(a_page(URL, TEXT.replace("Two", "Three")))
    assert await pipeline.look(Fetched(outcome="gone", status=410, url=URL), later=WEEK) == ["revised"]
    revised = pipeline.alerter.sent()[-1]
    (change,) = revised.changes
    assert (change.kind, change.before, change.after) == (
        "source_withdrawn",
        "news.example: Two navies meet off the cape",
        None,
    )
    assert revised.sources[0].changed is not None
    assert in_words(revised.sources[0].changed) == "withdrawn: no longer there on 2024-06-28"
    first, second = pipeline.tagged
    assert first.article.id == second.article.id
    assert first.article.content_hash != second.article.content_hash
    assert {(tag.topic, tag.score) for tag in second.tags} == {("naval_moves", 0)}


async def test_what_became_of_a_page_stays_when_more_is_heard(pipeline: Pipeline) -> None:
    await pipeline.opened()
    await pipeline.look(a_page(URL, TEXT.replace("Two", "Three")))
    await pipeline.alerter.take(
        a_tagged(url="https://other.example/navies", outlet="other.example", seen=START + timedelta(days=2))
    )
    assert [bool(source.changed) for source in pipeline.alerter.sent()[-1].sources] == [True, False]


async def test_a_rebuild_takes_no_look_for_an_article(pipeline: Pipeline) -> None:
    await pipeline.opened()
    await pipeline.look(a_page(URL, TEXT.replace("Two", "Three")))
    latest = pipeline.alerter.sent()[-1]
    fresh, report = await rebuilt(pipeline.alerter, [a_tagged(), *pipeline.tagged])
    assert report.undecodable == 0
    assert fresh.store.alert() == latest


@pytest.mark.parametrize("kind", ["source_changed", "source_withdrawn"])
@pytest.mark.parametrize(("before", "after"), [("acknowledged", "new"), ("closed", "new"), ("muted", "muted")])
def test_an_alert_that_was_seen_asks_again(kind: str, before: AlertState, after: AlertState) -> None:
    assert state_after(before, [Change(kind=kind)]) == after
