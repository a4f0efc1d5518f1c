"""The laws of the facts: order, grouping and repetition do not matter; and it is bounded."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerter.core.facts import EARLIEST_KEPT, LATEST_KEPT, NO_FACTS, AlertFacts, is_stale, merge, of
from services.contracts.messages import Change
from tests.support.alerts import a_tag, a_tagged, shipped_rules
from tests.support.clock import START

STALE = timedelta(hours=48)


@st.composite
def facts(draw: st.DrawFn, *, articles: int = 6) -> AlertFacts:
    """The facts of one version of one of a few articles; its first sight belongs to the article."""
    number = draw(st.integers(0, articles - 1))
    version = draw(st.integers(0, 3))
    pack = draw(st.sampled_from(["naval_moves@1.9", "naval_moves@1.10", "naval_moves@2"]))
    tagged = a_tagged(
        url=f"https://news.example/{number}",
        title=f"Article {number}",
        text=f"Version {version} of the article, which says something about two navies.",
        seen=START + timedelta(minutes=number % 3),
        fetched_at=START + timedelta(hours=version),
        backfill=draw(st.booleans()),
        tags=(a_tag(score=draw(st.sampled_from([0.3, 0.7])), pack=pack),),
        changes=(Change(kind="numbers", after=str(version)),) if version else (),
    )
    tagged_at = tagged.tagged_at + timedelta(seconds=draw(st.integers(0, 3)))
    return of(msgspec.structs.replace(tagged, tagged_at=tagged_at), shipped_rules(), stale_after=STALE)


def merged(parts: list[AlertFacts]) -> AlertFacts:
    result = NO_FACTS
    for part in parts:
        result = merge(result, part)
    return result


@settings(deadline=None)
@given(st.lists(facts(), max_size=12), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_comes_to_the_same(parts: list[AlertFacts], random: Random) -> None:
    shuffled = parts + [part for part in parts if random.random() < 0.5]
    random.shuffle(shuffled)
    assert merged(shuffled) == merged(parts)


@settings(deadline=None)
@given(st.lists(facts(), max_size=6), st.lists(facts(), max_size=6), st.lists(facts(), max_size=6))
def test_merging_is_commutative_associative_and_idempotent(
    first: list[AlertFacts], second: list[AlertFacts], third: list[AlertFacts]
) -> None:
    a, b, c = merged(first), merged(second), merged(third)
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, a) == a
    assert merge(a, NO_FACTS) == a


@settings(max_examples=20, deadline=None)
@given(st.lists(facts(articles=200), min_size=60, max_size=110), st.randoms(use_true_random=False))
def test_the_bound_holds_in_any_order(parts: list[AlertFacts], random: Random) -> None:
    whole = merged(parts)
    random.shuffle(parts)
    assert merged(parts) == whole
    assert len(whole.articles) <= EARLIEST_KEPT + LATEST_KEPT


def test_what_is_kept_is_the_beginning_and_the_present() -> None:
    many = [a_tagged(url=f"https://n.example/{n}", seen=START + timedelta(minutes=n)) for n in range(200)]
    whole = merged([of(tagged, shipped_rules(), stale_after=STALE) for tagged in many])
    minutes = [int((item.first_seen_at - START).total_seconds() // 60) for item in whole.articles]
    assert minutes == [*range(EARLIEST_KEPT), *range(200 - LATEST_KEPT, 200)]


def test_the_newer_version_of_an_article_stays() -> None:
    old, new = (
        of(a_tagged(fetched_at=START + timedelta(hours=n), text=f"Version {n}."), shipped_rules(), stale_after=STALE)
        for n in (0, 1)
    )
    (kept,) = merge(new, old).articles
    assert kept.fetched_at == START + timedelta(hours=1)


def test_a_later_tagging_of_the_same_version_stays() -> None:
    early = a_tagged(tags=(a_tag(pack="naval_moves@1"),))
    late = msgspec.structs.replace(
        early, tags=(a_tag(pack="naval_moves@2"),), tagged_at=early.tagged_at + timedelta(days=1)
    )
    old, new = (of(tagged, shipped_rules(), stale_after=STALE) for tagged in (early, late))
    assert merge(old, new) == new == merge(new, old)


def test_staleness_counts_to_the_fetch_not_to_now() -> None:
    def stale(published: datetime | None, seen: datetime, fetched: datetime) -> bool:
        return is_stale(a_tagged(published_at=published, seen=seen, fetched_at=fetched), STALE)

    later = START + timedelta(hours=49)
    assert not stale(START, START, START)
    assert stale(START, later, later)
    assert not stale(None, later, later)
    assert stale(later, START, later)
    assert not stale(later + timedelta(days=9), later, later)
