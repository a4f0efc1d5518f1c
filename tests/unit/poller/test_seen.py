"""The record of what was sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.ids import digest
from services.poller.core.seen import KEPT_AT_LEAST, Seen
from tests.support.clock import START

NAMES = st.integers(0, 50).map(lambda n: digest("article", str(n)))


@given(st.lists(st.tuples(NAMES, NAMES), max_size=80))
def test_the_last_version_is_known_and_the_first_sight_stays(pairs: list[tuple[str, str]]) -> None:
    seen = Seen()
    versions: dict[str, str] = {}
    first: dict[str, datetime] = {}
    for n, (article, version) in enumerate(pairs):
        now = START + timedelta(minutes=n)
        seen.add([(article, version)], now)
        versions[article] = version
        first.setdefault(article, now)
        seen = Seen(seen.pack(in_feed=1))
    assert len(seen) == len(versions)
    for article, version in versions.items():
        assert seen.version_sent(article, version)
        assert not seen.version_sent(article, digest("another", version))
        assert seen.first_seen(article) == first[article]


def test_the_record_is_bounded_and_keeps_the_newest() -> None:
    seen = Seen()
    for n in range(5000):
        seen.add([(digest("a", str(n)), digest("v", str(n)))], START)
    kept = Seen(seen.pack(in_feed=30))
    assert len(kept) == KEPT_AT_LEAST
    assert kept.version_sent(digest("a", "4999"), digest("v", "4999"))
    assert kept.first_seen(digest("a", "0")) is None
    assert len(Seen(seen.pack(in_feed=1000))) == 4000


def test_a_damaged_record_is_survived() -> None:
    assert len(Seen(b"x" * 23)) == 1
    assert len(Seen(None)) == 0
