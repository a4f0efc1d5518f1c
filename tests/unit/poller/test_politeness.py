"""Simulated weeks against publishers that judge. `make politeness` runs more of the same and prints the report."""

from __future__ import annotations

from datetime import timedelta

from tests.support.politeness import BREACHES, Publisher, simulate, world


async def test_no_publisher_has_reason_to_complain() -> None:
    report = await simulate(world(1), days=9)
    assert {what: report.web.breaches[what] for what in BREACHES} == dict.fromkeys(BREACHES, 0)
    assert report.web.total > 2500
    assert report.conditional_share == 1


async def test_restarts_ask_nothing_early() -> None:  # P17
    report = await simulate(world(1), days=1, restart_every=timedelta(minutes=10))
    assert not report.web.breaches


async def test_the_judge_sees_what_is_wrong() -> None:
    """The report would be worth nothing if it could not be red."""
    impatient = Publisher(kind="wants a day", url="https://a.example/", least=timedelta(days=1))
    forgetful = Publisher(kind="issues nothing", url="https://b.example/")
    forgetful.validators = lambda now: ('"never issued twice"', str(now))  # type: ignore[method-assign]
    report = await simulate([impatient, forgetful], days=2)
    assert report.web.breaches["early"] > 0


async def test_every_item_of_a_feed_that_shows_four_arrives() -> None:
    publisher = Publisher(kind="steady", url="https://a.example/", every=timedelta(hours=2))
    report = await simulate([publisher], days=5)
    assert report.published >= 5 * 12 - 2
