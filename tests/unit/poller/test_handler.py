"""One poll: what is asked, what is published, what is remembered, and in which order."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from services.contracts import codec
from services.contracts.messages import Article
from services.poller.core import preflight
from services.poller.core.model import Fetched, ParsedFeed
from services.poller.errors import WorkerError
from services.runtime.messages.delivery import Outgoing
from tests.support.poller import FEED, Bench, FakePages, a_feed, an_item, ok, rss
from tests.support.publisher import FakePublisher


def sent(bench: Bench) -> list[Article]:
    return [codec.decode(message.value, Article) for message in bench.publisher.on("articles")]


async def test_the_first_poll_is_backfill_and_the_second_is_not() -> None:
    bench, feed = Bench(), a_feed()
    await bench.poll(feed, ok(rss(an_item(1))))
    await bench.poll(feed, ok(rss(an_item(2), an_item(1))))
    assert [(article.title, article.backfill) for article in sent(bench)] == [("Report 1", True), ("Report 2", False)]


async def test_a_feed_may_be_allowed_to_alert_from_its_first_poll() -> None:
    bench = Bench()
    await bench.poll(a_feed(backfill=False), ok(rss(an_item(1))))
    assert [article.backfill for article in sent(bench)] == [False]


async def test_what_was_sent_is_known_until_it_changes() -> None:
    bench, feed = Bench(), a_feed()
    await bench.poll(feed, ok(rss(an_item(1))))
    first = bench.clock.now()
    await bench.poll(feed, ok(rss(an_item(1), channel="<ttl>90</ttl>")))
    await bench.poll(feed, ok(rss(an_item(1, text="A corrected report."))))
    articles = sent(bench)
    assert [article.text for article in articles] == ["A short report.", "A corrected report."]
    assert articles[0].id == articles[1].id
    assert articles[1].first_seen_at == first.replace(microsecond=0)
    assert bench.count("wirewatch_poller_articles_total", status="known") == 1
    assert bench.count("wirewatch_poller_articles_total", status="published") == 2


async def test_statuses_add_up_to_the_items_seen() -> None:
    bench, feed = Bench(), a_feed()
    seen = 0
    for polled in range(1, 6):
        await bench.poll(feed, ok(rss(*(an_item(number) for number in range(polled * 3)))))
        seen += polled * 3
    total = sum(bench.count("wirewatch_poller_articles_total", status=s) for s in ("published", "known", "dead"))
    assert total == seen


async def test_the_same_bytes_are_not_parsed_again() -> None:
    bench, feed = Bench(), a_feed()
    await bench.poll(feed, ok(rss(an_item(1), an_item(2))))
    await bench.poll(feed, ok(rss(an_item(1), an_item(2)), etag='"2"'))
    assert bench.count("wirewatch_poller_parse_seconds_count") == 1
    assert bench.count("wirewatch_poller_articles_total", status="known") == 2
    assert bench.store.kept[feed.id].validators.etag == '"2"'


class DeadPublisher(FakePublisher):
    """Dies where a real one would be waiting for the broker when the process is killed."""

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        raise ConnectionAbortedError


async def test_validators_are_not_kept_when_the_poller_dies_before_the_acknowledgement() -> None:
    bench, feed = Bench(publisher=DeadPublisher()), a_feed()
    with pytest.raises(ConnectionAbortedError):
        await bench.poll(feed, ok(rss(an_item(1)), etag='"1"'))
    assert feed.id not in bench.store.kept
    after = Bench(store=bench.store)
    after.clock.advance(300)
    await after.poll(feed, ok(rss(an_item(1)), etag='"1"'))
    assert after.web.requests[0].etag is None
    assert [article.title for article in sent(after)] == ["Report 1"]


async def test_validators_go_back_byte_for_byte() -> None:
    bench, feed = Bench(), a_feed()
    await bench.poll(feed, ok(rss(an_item(1)), etag='W/"a  b"', last_modified="yesterday, about noon"))
    await bench.poll(feed, Fetched(outcome="not_modified", status=304, url=FEED, headers={}))
    assert (bench.web.requests[-1].etag, bench.web.requests[-1].last_modified) == (
        'W/"a  b"',
        "yesterday, about noon",
    )


@pytest.mark.parametrize(
    "body", [b"<!doctype html><p>Are you human?", b"", b"{}", b"<rss><channel><item>" + b"<a " * 9]
)
async def test_what_is_no_feed_is_a_failure_and_keeps_no_validators(body: bytes) -> None:
    bench, feed = Bench(), a_feed()
    outcome = await bench.poll(feed, ok(body, etag='"1"'))
    state = bench.store.kept[feed.id]
    if outcome == "ok":  # read as far as it goes: the items count, the validators do not
        assert state.validators.etag is None
    else:
        assert outcome in ("not_a_feed", "parse_error")
        assert (state.validators.etag, state.health.failures > 0) == (None, True)


async def test_a_document_that_ends_early_gives_its_items_but_keeps_no_validators() -> None:
    bench, feed = Bench(), a_feed()
    whole = rss(an_item(1), an_item(2), an_item(3))
    await bench.poll(feed, ok(whole[: whole.index(b"<item><title>Report 3")], etag='"1"'))
    assert [article.title for article in sent(bench)] == ["Report 1", "Report 2"]
    assert bench.store.kept[feed.id].validators.etag is None


async def test_one_request_a_host_at_a_time_and_a_gap_between() -> None:
    bench, first, second = Bench(), a_feed(), a_feed("https://news.example/other.xml")
    bench.web.answers.append(ok(rss(an_item(1))))
    bench.store.due = {first.id: bench.clock.now(), second.id: bench.clock.now()}
    claims = {claim.feed_id: claim for claim in await bench.store.claim(bench.clock.now(), 10)}
    assert await bench.poller.poll(claims[first.id], first) == "ok"
    assert await bench.poller.poll(claims[second.id], second) is None
    assert bench.store.due[second.id] == bench.clock.now() + timedelta(seconds=5)
    assert len(bench.web.requests) == 1


async def test_retry_after_pauses_the_whole_host() -> None:
    bench, first, second = Bench(), a_feed(), a_feed("https://news.example/other.xml")
    limited = Fetched(outcome="rate_limited", status=429, url=FEED, headers={"retry-after": "7200"})
    await bench.poll(first, limited)
    bench.clock.advance(3600)
    assert await bench.poll(second, ok(rss(an_item(1)))) is None
    assert bench.store.due[second.id] >= bench.clock.now() + timedelta(seconds=3580)


LONG = "The ministers signed the pact in the capital on Tuesday. " * 15


async def test_a_teaser_is_completed_from_its_page_and_full_text_is_not_asked_for() -> None:
    bench = Bench(pages=FakePages({"https://news.example/1": LONG}))
    feed = a_feed(backfill=False)
    await bench.poll(feed, ok(rss(an_item(1), an_item(2, text=LONG), an_item(3))))
    by_title = {article.title: article for article in sent(bench)}
    assert bench.pages.asked == ["https://news.example/1", "https://news.example/3"]
    assert [by_title[f"Report {n}"].text_source for n in (1, 2, 3)] == ["page", "feed", "feed"]
    assert by_title["Report 1"].summary == "A short report."


async def test_pages_are_not_asked_for_where_the_list_says_never_nor_for_backfill() -> None:
    for feed in (a_feed(full_text="never", backfill=False), a_feed()):
        bench = Bench()
        await bench.poll(feed, ok(rss(an_item(1))))
        assert bench.pages.asked == []


async def test_what_the_broker_refuses_is_sent_shortened_and_flagged() -> None:
    bench = Bench(publisher=FakePublisher(max_bytes=120_000))
    await bench.poll(a_feed(), ok(rss(an_item(1, text="word " * 40_000))))
    (article,) = sent(bench)
    assert "text_truncated" in article.flags
    assert len(article.text) <= 50_000
    assert bench.count("wirewatch_poller_articles_total", status="published") == 1


def the_same_as_json(count: int) -> bytes:
    items = [{"id": str(n), "url": f"https://news.example/{n}", "title": f"Report {n}"} for n in range(count)]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": items}).encode()


def as_atom(count: int) -> bytes:
    entries = (
        f"<entry><title>Report {n}</title><id>{n}</id><link href='https://news.example/{n}'/></entry>"
        for n in range(count)
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>News</title>{''.join(entries)}</feed>".encode()


@pytest.mark.parametrize(
    "document", [lambda count: rss(*(an_item(n) for n in range(count))), the_same_as_json, as_atom]
)
@pytest.mark.parametrize("count", [9, 10, 11, 20, 21, 39, 40])
async def test_a_feed_of_more_than_the_cap_is_read_in_parts(
    count: int, document: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "MAX_ENTRIES", 10)
    monkeypatch.setattr(preflight, "MOST_ENTRIES", 40)
    bench, feed = Bench(), a_feed()
    await bench.poll(feed, ok(document(count), etag='"1"'))
    assert {article.title for article in sent(bench)} == {f"Report {n}" for n in range(count)}
    assert bench.count("wirewatch_poller_articles_total", status="published") == count
    assert bench.count("wirewatch_poller_articles_total", status="known") == 0
    assert bench.store.kept[feed.id].cadence.items == count
    assert bench.store.kept[feed.id].validators.etag == '"1"'
    await bench.poll(feed, ok(document(count) + b" ", etag='"2"'))
    assert len(sent(bench)) == count


async def test_what_the_cap_leaves_out_is_counted_and_no_304_hides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "MAX_ENTRIES", 10)
    monkeypatch.setattr(preflight, "MOST_ENTRIES", 40)
    bench, feed = Bench(), a_feed()
    await bench.poll(feed, ok(rss(*(an_item(n) for n in range(50))), etag='"1"'))
    assert {article.title for article in sent(bench)} == {f"Report {n}" for n in (*range(20), *range(30, 50))}
    assert bench.count("wirewatch_poller_entries_dropped_total") == 10
    assert bench.store.kept[feed.id].validators.etag is None


async def test_a_part_that_cannot_be_read_loses_no_other_and_keeps_no_validators(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preflight, "MAX_ENTRIES", 10)
    bench, feed = Bench(), a_feed()
    whole = bench.poller.ingest.documents.feed

    async def broken(body: bytes, *, url: str, content_type: str | None, part: int = 0) -> ParsedFeed:
        if part:
            raise WorkerError("WorkerKilledError", "too much")
        return await whole(body, url=url, content_type=content_type, part=part)

    monkeypatch.setattr(bench.poller.ingest.documents, "feed", broken)
    await bench.poll(feed, ok(rss(*(an_item(n) for n in range(15))), etag='"1"'))
    assert len(sent(bench)) == 10
    assert bench.store.kept[feed.id].validators.etag is None
