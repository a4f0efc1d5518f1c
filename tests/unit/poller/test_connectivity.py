"""Whether it is the feeds that fail, or this machine's network."""

from __future__ import annotations

from datetime import timedelta

from services.poller.core.connectivity import HOSTS_ENOUGH, PROBE_INTERVAL, PROBES, Connectivity, offline_sentence
from services.poller.status import Outcome
from tests.support.clock import START


def after(*outcomes: Outcome, apart: float = 1.0) -> Connectivity:
    found = Connectivity()
    for number, outcome in enumerate(outcomes):
        found.record(f"h{number}.example", outcome, START + timedelta(seconds=apart * number))
    return found


def repeated(outcome: Outcome, times: int) -> list[Outcome]:
    return [outcome] * times


def test_when_nearly_all_hosts_fail_within_a_minute_it_is_our_network() -> None:
    assert after(*repeated("dns", HOSTS_ENOUGH - 1)).offline_since is None
    assert after("dns", "connect", "timeout", "tls", "dns").offline_since == START
    assert after("ok", *repeated("dns", 8)).offline_since == START + timedelta(seconds=1)


def test_a_host_that_answers_anything_is_reached() -> None:
    assert after(*repeated("http_5xx", 20)).offline_since is None
    assert after(*repeated("not_a_feed", 20)).offline_since is None


def test_failures_far_apart_or_of_one_host_say_nothing_of_us() -> None:
    assert after(*repeated("dns", 20), apart=30.0).offline_since is None
    found = Connectivity()
    for second in range(20):
        found.record("dead.example", "dns", START + timedelta(seconds=second))
    assert found.offline_since is None


def test_some_dead_feeds_among_many_are_theirs() -> None:
    outcomes: list[Outcome] = ["ok", "dns", "ok", "dns", "not_modified", "dns", "dns", "dns", "dns", "dns"]
    assert after(*outcomes).offline_since is None


def test_one_answer_ends_it() -> None:
    found = after(*repeated("connect", 10))
    found.record("h3.example", "not_modified", START + timedelta(minutes=5))
    assert found.offline_since is None
    found.record("h4.example", "connect", START + timedelta(minutes=5))
    assert found.offline_since is None


def test_offline_a_few_hosts_are_asked_at_each_look() -> None:
    found = after(*repeated("dns", 10))
    assert [found.may_ask(START) for _ in range(PROBES + 3)] == [True] * PROBES + [False] * 3
    assert found.may_ask(START + PROBE_INTERVAL)
    found.record("h4.example", "ok", START + PROBE_INTERVAL)
    assert all(found.may_ask(START + PROBE_INTERVAL) for _ in range(100))


def test_the_sentence_names_the_moment() -> None:
    assert offline_sentence(START) == ("this machine seems to be offline since 2024-06-20T09:00:00Z")
