"""Simulated weeks against publishers that judge. `make politeness` runs more of the same and prints the report."""

from __future__ import annotations

from datetime import timedelta

from tests.support.clock import START
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


async def test_a_hub_that_pushes_takes_polling_to_once_a_day() -> None:  # P60
    publisher = Publisher(kind="hub", url="https://a.example/", pushes=lambda _: True)
    report = await simulate([publisher], days=9)
    assert len(publisher.asked) <= 60 + 9  # every 5 minutes and more until the first push, then once a day
    assert report.published == publisher.version(START + timedelta(days=9)) + 4  # the first answer showed four


async def test_a_hub_that_stops_pushing_is_found_out_and_polling_resumes() -> None:  # P60
    publisher = Publisher(kind="hub", url="https://a.example/", pushes=lambda version: version < 10)
    report = await simulate([publisher], days=9)
    stopped, resumed = START + 10 * publisher.every, START + 10 * publisher.every + timedelta(hours=26)
    assert sum(asked < stopped for asked in publisher.asked) <= 60 + 2
    assert sum(asked > resumed for asked in publisher.asked) > 100
    assert report.published == publisher.version(publisher.asked[-1]) + 4
    assert not report.web.breaches
