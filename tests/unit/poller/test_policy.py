"""The schedule, rule by rule. The P numbers are those of docs/measurements/politeness.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.messages import Tier
from services.poller.core import cadence, policy
from services.poller.core.model import ParsedFeed, Polled
from services.poller.core.state import FeedState, Health, Moving
from services.poller.status import OUTCOMES, Outcome
from tests.support.clock import START
from tests.support.poller import a_feed

FAST = 300.0
HOUR = 3600.0
DAY = 86_400.0
VALID = {"etag": '"1"'}


def polled(outcome: Outcome = "ok", *, feed: ParsedFeed | None = None, **more: Any) -> Polled:
    values: dict[str, Any] = {"headers": VALID, "complete": True, "items": 30, "new_items": 3, "status": 200}
    values |= {"feed": feed or ParsedFeed(format="rss20")} if outcome == "ok" and "feed" not in more else {}
    return Polled(outcome=outcome, **(values | more))


def gap(state: FeedState, now: datetime = START) -> float:
    assert state.next_poll_at is not None
    return (state.next_poll_at - now).total_seconds()


def after(poll: Polled, state: FeedState | None = None, *, now: datetime = START, jitter: float = 0.0) -> FeedState:
    return policy.after(a_feed(), state or FeedState(), poll, now, jitter)


HINTS = [
    pytest.param({}, {}, FAST, id="P20 nobody says anything: its own rhythm"),
    pytest.param({"cache-control": "max-age=10800"}, {}, 3 * HOUR, id="P21 three hours"),
    pytest.param({"cache-control": "public, MAX-AGE = 60"}, {}, 120, id="P22 a minute is two"),
    pytest.param({"cache-control": "max-age=180"}, {}, 180, id="P22 three minutes are permitted"),
    pytest.param({"cache-control": "max-age=315360000"}, {}, DAY, id="P23 ten years are a day"),
    pytest.param(
        {"date": "Thu, 20 Jun 2024 09:00:00 GMT", "expires": "Fri, 01 Jan 2099 00:00:00 GMT"}, {}, DAY, id="P23 2099"
    ),
    pytest.param(
        {"date": "Thu, 20 Jun 2024 09:00:00 GMT", "expires": "Thu, 20 Jun 2024 11:00:00 GMT"},
        {},
        2 * HOUR,
        id="expires",
    ),
    pytest.param({"date": "Thu, 20 Jun 2024 09:00:00 GMT", "expires": "0"}, {}, FAST, id="P24 expires 0"),
    pytest.param({"expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, {}, FAST, id="P24 expires without date"),
    pytest.param({"cache-control": "no-store, max-age=99999"}, {}, FAST, id="P24 no-store"),
    pytest.param({"cache-control": "max-age=soon, ,=,;"}, {}, FAST, id="P24 garbage"),
    pytest.param({"cache-control": "max-age=0"}, {}, FAST, id="max-age 0 is no permission"),
    pytest.param({}, {"ttl_minutes": 120.0}, 2 * HOUR, id="P25 ttl"),
    pytest.param({}, {"ttl_minutes": 60.0, "update_period": "hourly"}, HOUR, id="P25 ttl beside WordPress' word"),
    pytest.param({}, {"ttl_minutes": -5.0}, FAST, id="negative ttl"),
    pytest.param({}, {"update_period": "daily", "update_frequency": "2"}, 12 * HOUR, id="P26 twice a day"),
    pytest.param({}, {"update_period": "hourly", "update_frequency": "2"}, HOUR / 2, id="P26 twice an hour"),
    pytest.param({}, {"update_period": "hourly"}, FAST, id="P26 what WordPress writes into every feed"),
    pytest.param({}, {"update_period": "hourly", "update_frequency": "1"}, FAST, id="P26 the same, said in full"),
    pytest.param({}, {"update_period": "minutely"}, FAST, id="P26 unknown period"),
    pytest.param({}, {"update_period": "daily", "update_frequency": "0"}, FAST, id="P26 frequency 0"),
    pytest.param({}, {"update_period": "daily", "update_frequency": "-3"}, FAST, id="P26 negative"),
    pytest.param({}, {"update_period": "daily", "update_frequency": "many"}, FAST, id="P26 text"),
    pytest.param({"cache-control": "max-age=600"}, {"ttl_minutes": 180.0}, 3 * HOUR, id="P28 the longest hint wins"),
]


@pytest.mark.parametrize(("headers", "document", "seconds"), HINTS)
def test_the_longest_hint_decides_within_its_bounds(
    headers: dict[str, str], document: dict[str, Any], seconds: float
) -> None:
    state = after(polled(headers=VALID | headers, feed=ParsedFeed(format="rss20", **document)))
    assert gap(state) == seconds


def test_what_wordpress_writes_counts_where_every_answer_is_a_whole_one() -> None:  # P26
    feed = ParsedFeed(format="rss20", update_period="hourly", update_frequency="1")
    assert gap(after(polled(headers={}, feed=feed))) == HOUR


def test_without_validators_and_hints_a_budget_of_bytes_is_kept() -> None:  # P04
    state, now, weighed = FeedState(), START, 0
    for _ in range(2000):
        state = after(polled(headers={}, wire_bytes=40_000), state, now=now)
        weighed += 40_000
        assert gap(state, now) >= FAST
        now += timedelta(seconds=gap(state, now))
    days = (now - START).total_seconds() / DAY
    assert weighed <= policy.DAILY_BYTES * (days + 1)
    assert weighed >= 0.9 * policy.DAILY_BYTES * days


def test_a_quiet_night_pays_for_a_busy_day_without_validators() -> None:  # P04
    state = after(polled(headers={}, wire_bytes=1_900_000))
    assert gap(state) > FAST
    later = after(polled(headers={}, wire_bytes=40_000), state, now=START + timedelta(days=1))
    assert gap(later, START + timedelta(days=1)) == FAST


def test_one_answer_heavier_than_the_budget_is_asked_for_once_a_day() -> None:  # P04
    assert gap(after(polled(headers={}, wire_bytes=9_000_000))) == DAY
    assert gap(after(polled(headers={"cache-control": "max-age=900"}, wire_bytes=9_000_000))) == 900


def test_an_operator_may_set_the_budget() -> None:  # P04
    state = policy.after(a_feed(), FeedState(), polled(headers={}, wire_bytes=40_000), START, 0.0, daily_bytes=40_000)
    assert gap(state) == DAY


def test_the_operators_interval_overrides_every_hint() -> None:
    state = policy.after(
        a_feed(interval_seconds=2), FeedState(), polled(headers={"cache-control": "max-age=9999"}), START, 0.0
    )
    assert gap(state) == 2


@pytest.mark.parametrize(("tier", "moving", "quiet"), [("breaking", 120, 300), ("daily", 1800, 10_800),
                                                       ("slow", 10_800, 86_400)])  # fmt: skip
def test_a_tier_bounds_the_rhythm_and_the_publisher_is_obeyed_all_the_same(
    tier: Tier, moving: float, quiet: float
) -> None:
    feed, long = a_feed(tier=tier), START + timedelta(days=40)
    state = policy.after(feed, FeedState(), polled(), START, 0.0)
    assert gap(state) == moving
    assert gap(policy.after(feed, state, not_modified(), long, 0.0), long) == quiet
    stated = polled(headers=VALID | {"cache-control": "max-age=43200"})
    assert gap(policy.after(feed, FeedState(), stated, START, 0.0)) == max(moving, 43_200)


@given(jitter=st.floats(0, 0.9999), hours=st.integers(1, 20))
def test_jitter_is_late_and_never_early(jitter: float, hours: int) -> None:
    state = after(polled(headers=VALID | {"cache-control": f"max-age={hours * 3600}"}), jitter=jitter)
    assert hours * HOUR <= gap(state) <= hours * HOUR * 1.1 + 1


# validators


def both(etag: str | None, modified: str | None) -> dict[str, str]:
    return {k: v for k, v in (("etag", etag), ("last-modified", modified)) if v is not None}


def sent_after(*answers: Polled) -> tuple[str | None, str | None]:
    state = FeedState()
    now = START
    for answer in answers:
        state = after(answer, state, now=now)
        now += timedelta(hours=1)
    request = policy.request(a_feed(), state, now)
    return request.etag, request.last_modified


def not_modified(**headers: str) -> Polled:
    return Polled(outcome="not_modified", status=304, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_validators_travel_in_pairs_as_the_last_whole_answer_gave_them() -> None:
    one = polled(headers=both('W/"1 "', "noonish"))
    assert sent_after() == (None, None)
    assert sent_after(one) == ('W/"1 "', "noonish")  # P01
    assert sent_after(polled(headers=both('"1"', None))) == ('"1"', None)  # P02
    assert sent_after(polled(headers=both(None, "x"))) == (None, "x")  # P03
    assert sent_after(one, polled(headers=both('"2"', "noonish"))) == ('"2"', "noonish")  # P05
    assert sent_after(one, polled(headers=both('W/"1 "', "later"))) == ('W/"1 "', "later")  # P06
    assert sent_after(one, polled(headers=both('"2"', None), feed=None)) == ('"2"', None)  # P07
    assert sent_after(one, not_modified(etag='"3"', last_modified="new")) == ('"3"', "new")  # P08
    assert sent_after(one, not_modified()) == ('W/"1 "', "noonish")  # P09
    assert sent_after(one, polled(headers={})) == (None, None)  # P10


@pytest.mark.parametrize("outcome", [o for o in OUTCOMES if o not in ("ok", "not_modified")])
def test_a_failure_leaves_the_validators_of_the_last_whole_answer(outcome: Outcome) -> None:  # P11, P15, P16
    failed = Polled(outcome=outcome, status=500, headers={"etag": '"evil"', "last-modified": "evil"})
    assert sent_after(polled(headers=both('"1"', "m")), failed) == ('"1"', "m")


def test_an_answer_that_was_not_whole_leaves_none() -> None:  # P15
    assert sent_after(polled(headers=both('"1"', "m")), polled(headers=both('"2"', "n"), complete=False)) == (
        None,
        None,
    )


def test_validators_are_dropped_once_in_eight_days() -> None:  # P13
    state, now, whole = after(polled()), START, 0
    for _ in range(30 * 24):
        now += timedelta(hours=1)
        request = policy.request(a_feed(), state, now)
        whole += request.etag is None
        state = after(polled() if request.etag is None else not_modified(), state, now=now)
    assert whole == 3


def test_a_feed_whose_304_hid_items_is_asked_without_validators() -> None:
    assert sent_after(polled(), not_modified(), polled(hidden_by_304=True)) == (None, None)


# failures


def test_304_is_a_success_and_ends_the_back_off() -> None:  # P12
    state = after(Polled(outcome="http_5xx", status=500), after(polled()))
    assert state.health.failures
    state = after(not_modified(), state)
    assert (state.health.failures, gap(state)) == (0, FAST)


FAILURES = ["http_5xx", "timeout", "dns", "tls", "connect", "parse_error", "not_a_feed", "empty"]


@pytest.mark.parametrize("outcome", FAILURES)
def test_gaps_grow_to_a_day_and_the_first_success_resets_them(outcome: Outcome) -> None:  # P34, P39
    state, now, gaps = after(polled()), START, []
    for _ in range(60):
        state = after(Polled(outcome=outcome, status=None), state, now=now)
        gaps.append(gap(state, now))
        now += timedelta(seconds=gaps[-1])
    assert gaps == sorted(gaps)
    assert gaps[0] >= 2 * FAST
    assert gaps[-1] == DAY
    assert not state.health.gone
    assert gap(after(polled(), state, now=now), now) == FAST


@pytest.mark.parametrize("outcome", FAILURES)
def test_a_feed_that_never_succeeded_is_tried_again_after_1_2_4_to_60_minutes(outcome: Outcome) -> None:
    state, now, minutes = FeedState(), START, []
    for _ in range(9):
        state = after(Polled(outcome=outcome, status=None), state, now=now)
        minutes.append(gap(state, now) / 60)
        now += timedelta(seconds=gap(state, now))
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    late = now + timedelta(days=2)
    assert gap(after(Polled(outcome=outcome, status=None), state, now=late), late) > HOUR


def limited(state: FeedState, now: datetime) -> FeedState:
    return after(Polled(outcome="rate_limited", status=429), state, now=now)


def test_too_many_requests_at_least_doubles_the_gap() -> None:  # P32
    state = after(polled(headers=VALID | {"cache-control": "max-age=7200"}))
    assert gap(limited(state, START)) >= 2 * 7200


def test_what_a_publisher_called_too_often_is_remembered_and_forgotten_slowly() -> None:  # P32
    state = limited(after(polled()), START)
    assert gap(state) >= 2 * FAST
    state = after(not_modified(), state)
    assert (gap(state), state.schedule_reason) == (900, "the publisher said that it was asked too often")
    again = limited(state, START)
    assert gap(after(not_modified(), again)) == 1800
    for days, seconds in ((1, 1800), (4, 900), (8, 450)):
        now = START + timedelta(days=days)
        again = after(polled(), again, now=now)
        assert gap(again, now) == seconds
    now = START + timedelta(days=12)
    assert gap(after(polled(), again, now=now), now) == FAST


RETRY = [
    pytest.param("7200", 7200.0, id="P29 seconds"),
    pytest.param("Thu, 20 Jun 2024 12:00:00 GMT", 3 * HOUR, id="P30 date"),
    pytest.param("-1", None, id="P33 negative"),
    pytest.param("1000000000000", DAY, id="P33 huge"),
    pytest.param("later", None, id="P33 text"),
    pytest.param("Thu, 20 Jun 2019 12:00:00 GMT", None, id="P33 past"),
    pytest.param("Fri, 01 Jan 2099 00:00:00 GMT", DAY, id="P33 far"),
    pytest.param("", None, id="empty"),
    pytest.param("١٢٠", None, id="digits of another script"),
]


@pytest.mark.parametrize(("value", "seconds"), RETRY)
@pytest.mark.parametrize(("outcome", "status"), [("rate_limited", 429), ("http_5xx", 503)])
def test_retry_after_in_both_forms_on_429_and_503(
    outcome: Outcome, status: int, value: str, seconds: float | None
) -> None:
    poll = Polled(outcome=outcome, status=status, headers={"retry-after": value})
    assert policy.host_pause_seconds(poll, START) == seconds  # P31: the host pauses, not this feed alone
    assert gap(after(poll, after(polled()))) >= (seconds or 2 * FAST)


def test_gone_is_looked_at_once_a_month_and_may_come_back() -> None:  # P38
    state = after(Polled(outcome="gone", status=410))
    assert (state.health.gone, gap(state)) == (True, 30 * DAY)
    assert not after(polled(), state).health.gone


# redirects


def moved_after(*polls: tuple[float, Polled]) -> str | None:
    state = FeedState()
    for hours, poll in polls:
        state = after(poll, state, now=START + timedelta(hours=hours))
    return state.moving.url


def test_a_permanent_redirect_counts_after_three_polls_over_a_day() -> None:  # P35, P36, P37
    there = polled(permanent_url="https://new.example/feed")
    elsewhere = polled(permanent_url="https://odd.example/feed")
    dead = Polled(outcome="not_a_feed", status=200, permanent_url="https://new.example/feed")
    assert moved_after((0, there), (1, there), (2, there)) is None
    assert moved_after((0, there), (12, there), (24, there)) == "https://new.example/feed"
    assert moved_after((0, there), (12, elsewhere), (24, there)) is None
    assert moved_after((0, there), (12, polled()), (24, there)) is None
    assert moved_after((0, dead), (12, dead), (24, dead), (48, dead)) is None


def test_a_moved_feed_keeps_its_identity_and_is_asked_at_its_new_address() -> None:
    feed, state = a_feed(), FeedState(moving=Moving(url="https://new.example/feed"))
    assert policy.request(feed, state, START).url == "https://new.example/feed"
    assert feed.id == a_feed().id


def test_two_feeds_that_became_one_are_asked_once() -> None:  # P54
    state = after(polled(duplicate_of="the other"))
    assert (state.health.duplicate_of, gap(state)) == ("the other", 30 * DAY)


# rhythm


@pytest.mark.parametrize("hour", range(24))
def test_no_poll_falls_into_skipped_hours_or_days(hour: int) -> None:  # P27
    feed = ParsedFeed(format="rss20", skip_hours=(0, 1, 2, 10, 11), skip_days=(5, 6))
    for day in range(7):
        now = START.replace(hour=hour) + timedelta(days=day)
        moment = after(polled(feed=feed), now=now).next_poll_at
        assert moment is not None
        assert moment >= now + timedelta(minutes=5)
        assert moment.astimezone(UTC).hour not in feed.skip_hours
        assert moment.astimezone(UTC).weekday() not in feed.skip_days


def test_a_feed_that_skips_everything_is_not_believed() -> None:
    feed = ParsedFeed(format="rss20", skip_hours=tuple(range(24)))
    assert gap(after(polled(feed=feed))) == FAST


def test_a_quiet_feed_is_asked_ever_more_seldom_and_news_speeds_up_at_once() -> None:
    state, now = after(polled()), START
    gaps: list[float] = []
    while not gaps or gaps[-1] < cadence.SLOWEST_SECONDS:
        now += timedelta(seconds=gap(state, now))
        state = after(not_modified(), state, now=now)
        gaps.append(gap(state, now))
    assert gaps == sorted(gaps)
    assert sum(seconds == FAST for seconds in gaps) >= 12  # more news is likely within the hour
    assert gap(after(polled(), state, now=now), now) == FAST


def test_a_feed_is_known_from_the_dates_of_its_first_document() -> None:
    every = [START - timedelta(minutes=10 * n) for n in range(1, 31)]
    busy = after(polled(dates=tuple(every)))
    assert gap(busy) == pytest.approx(120, abs=20)
    asleep = after(polled(dates=tuple(moment - timedelta(days=30) for moment in every)))
    assert gap(asleep) == cadence.SLOWEST_SECONDS
    undated = after(polled())
    assert gap(undated) == FAST


@pytest.mark.parametrize("minutes", [6, 30, 90, 600, 3000])
def test_the_gap_follows_the_feed_within_days(minutes: float) -> None:
    state, now = after(polled()), START
    for _ in range(int(8 * 1440 / minutes)):
        now += timedelta(minutes=minutes)
        state = after(polled(new_items=1), state, now=now)
    assert state.cadence.gap_seconds(now) == pytest.approx(60 * minutes, rel=0.6)


def test_the_delay_of_the_last_items_is_remembered() -> None:
    now = START + timedelta(hours=1)
    state = after(polled(new_dates=(now - timedelta(minutes=4),)), after(polled()), now=now)
    assert state.cadence.delay_seconds == 240
    assert after(polled(new_dates=(START,))).cadence.delay_seconds is None  # the first poll finds what was there before


def test_a_poll_in_which_nothing_was_known_counts_as_perhaps_missed() -> None:
    state = after(polled())
    assert after(polled(items=30, new_items=30), state).cadence.missed == 1
    assert after(polled(items=30, new_items=29), state).cadence.missed == 0
    assert after(polled(items=30, new_items=30)).cadence.missed == 0  # the first poll knows nothing


def test_a_feed_that_stopped_writing_is_silent_by_its_own_rhythm() -> None:
    state, now = after(polled()), START
    for _ in range(20):
        now += timedelta(hours=2)
        state = after(polled(), state, now=now)
    assert not cadence.is_silent(state.cadence, now + timedelta(days=2))
    assert cadence.is_silent(state.cadence, now + timedelta(days=4))


OUTCOME = st.sampled_from(OUTCOMES)


@given(
    steps=st.lists(
        st.tuples(
            OUTCOME,
            st.dictionaries(
                st.sampled_from(["etag", "last-modified", "cache-control", "expires", "date", "retry-after"]),
                st.one_of(st.text(max_size=30), st.sampled_from(["max-age=60", "0", "7200", '"x"'])),
            ),
            st.floats(0, 0.999),
            st.floats(-1e9, 1e9),
        ),
        max_size=30,
    )
)
def test_whatever_servers_say_the_next_poll_is_neither_early_nor_never(steps: list[Any]) -> None:
    state, now = FeedState(), START
    for outcome, headers, jitter, ttl in steps:
        feed = ParsedFeed(format="rss20", ttl_minutes=ttl)
        state = after(polled(outcome, headers=headers, feed=feed), state, now=now, jitter=jitter)
        limit = policy.GONE_RECHECK_SECONDS if outcome == "gone" else policy.CAP_SECONDS * 1.1
        assert policy.FIRST_RETRY_SECONDS <= gap(state, now) <= limit
        assert state.health.failures or gap(state, now) >= cadence.FASTEST_SECONDS
        assert state.next_poll_at is not None
        now = state.next_poll_at


def test_a_last_poll_in_the_future_is_asked_again_after_its_interval() -> None:
    """The clock was ahead and has been set back; a minute is a difference between two machines."""
    step = timedelta(days=1)
    ahead = FeedState(health=Health(last_poll_at=START + step), next_poll_at=START + step + timedelta(hours=2))
    assert policy.due_by_this_clock(ahead, START) == START + timedelta(hours=2)
    assert policy.due_by_this_clock(ahead, START + step - timedelta(seconds=59)) is None
    assert policy.due_by_this_clock(FeedState(), START) is None
    assert policy.due_by_this_clock(None, START) is None
