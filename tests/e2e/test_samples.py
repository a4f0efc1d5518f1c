"""Sample feeds in, exactly the expected alerts out: in Redis, on the topic, through the api, and in the terminal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.contracts import topics
from services.contracts.messages import Alert
from services.runtime.files import shipped as files
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from services.samples.edges import files as sample_files
from tests.support.pipeline import RunningLine, a_line, alerts_in_redis, alerts_of_api, alerts_on_topic, everything_on

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

SAMPLES = files.seeds() / "samples"
EXPECTED = yaml.safe_load((SAMPLES / "expected.yaml").read_text())
VERSIONS = sum(len(feed.items) for feed in sample_files.read(SAMPLES).values())

Told = dict[str, dict[str, Any]]


async def test_the_samples_raise_exactly_the_expected_alerts(tmp_path: Path) -> None:
    """One line for the whole life of a home: first run, everything sent again, SIGKILL of all, and a second run."""
    home = tmp_path / "home"
    with a_line(home, WIREWATCH_POLLER_FEEDS="") as line:
        line.until_standing()
        line.until(lambda: settled(line, VERSIONS), "every sample article has passed every service")

        stored = alerts_in_redis(line.run.redis)
        assert told(stored) == expected()
        assert alerts_of_api(line.run.api) == stored
        published = await alerts_on_topic(line.run.kafka)
        assert told(published, spread=False) == told(stored, spread=False)
        line.until(lambda: headlines_printed(line) == set(expected()), "the last revision of every alert is printed")
        assert not [event for event in line.alerts_printed() if event["earlier"]]
        for alert in stored.values():
            assert_evidence_is_news(alert)

        await assert_the_way_of_every_alert_is_known(line, stored)
        await send_again(line)
        line.until(lambda: settled(line, 2 * VERSIONS), "every article has passed every service again")
        assert alerts_in_redis(line.run.redis) == stored
        assert await alerts_on_topic(line.run.kafka) == published

        line.check_published()
        line.kill_all()

    with a_line(home, "--until-alerts", str(len(EXPECTED)), "--timeout", "150", WIREWATCH_POLLER_FEEDS="") as line:
        assert line.ended() == 0
        assert all(event["earlier"] for event in line.alerts_printed())
        assert len(line.alerts_printed()) == len(EXPECTED)


def headlines_printed(line: RunningLine) -> set[str]:
    """The headline of every alert as it was last printed: a later source may bring a better one."""
    return set({event["alert"]["id"]: event["alert"]["headline"] for event in line.alerts_printed()}.values())


def settled(line: RunningLine, articles: int) -> bool:
    """Whether ``articles`` have come into the deduper, and all that a service sent on has come out of the next.

    A version that is known is sent on again, as what it was the first time: so the last two are lower bounds.
    """
    deduper, tagger, alerter = (line.counts(service) for service in ("deduper", "tagger", "alerter"))
    passed_on = sum(deduper[status] for status in ("new", "update", "same_story"))
    done = (sum(deduper.values()), sum(tagger.values()), sum(alerter.values()))
    if done[0] < articles or done[1] < passed_on or done[2] < tagger["tagged"] + deduper["duplicate"]:
        return False
    time.sleep(1)
    return done == tuple(sum(line.counts(service).values()) for service in ("deduper", "tagger", "alerter"))


def told(alerts: dict[str, Alert], *, spread: bool = True) -> Told:
    """Headline to what ``expected.yaml`` says of an alert; without what a copy changes silently where asked."""
    return {alert.headline: _told(alert) | (_spread(alert) if spread else {}) for alert in alerts.values()}


def _told(alert: Alert) -> dict[str, Any]:
    return {
        "topics": sorted(topic.topic for topic in alert.topics),
        "severity": alert.severity,
        "languages": sorted(alert.languages),
        "follows": alert.follows.headline if alert.follows else None,
        "revisions": alert.revision,
        "last_changes": sorted({change.kind for change in alert.changes}),
    }


def _spread(alert: Alert) -> dict[str, Any]:
    return {
        "outlets": sorted({source.outlet for source in alert.sources}),
        "independent_sources": alert.independent_sources,
    }


def expected() -> Told:
    defaults = {"languages": ["en"], "follows": None, "revisions": 1, "last_changes": []}
    return {each["headline"]: defaults | {k: v for k, v in each.items() if k != "headline"} for each in EXPECTED}


def assert_evidence_is_news(alert: Alert) -> None:
    """Nothing of a page's wrapping proves anything."""
    assert alert.evidence
    for item in alert.evidence:
        assert not any(
            word in item.quote for word in ("Courier Member", "Tobias Rehn", "Add comment", "morning letter")
        )


async def assert_the_way_of_every_alert_is_known(line: RunningLine, stored: dict[str, Alert]) -> None:
    """`wirewatch trace` finds what opened each alert, in every service, and one grep finds the same in the logs."""
    logs = {path.stem: path.read_text() for path in (line.home.logs).glob("*.log")}
    for alert in stored.values():
        ways = await line.traced(alert.id)
        opened = [way for way in ways if ["alerter", "opened"] in [[s["service"], s["status"]] for s in way["steps"]]]
        assert len(opened) == 1, ways
        assert [step["service"] for step in opened[0]["steps"]][:4] == ["poller", "deduper", "tagger", "alerter"]
        assert all(step["at"] and step["place"] for step in opened[0]["steps"][:4])
        assert {way["article"] for way in ways} == {source.article_id for source in alert.sources}
        for service in ("poller", "deduper", "tagger", "alerter", "notifier"):
            assert opened[0]["trace"] in logs[service], service


async def send_again(line: RunningLine) -> None:
    """Everything on ``articles`` from the earliest offset, once more."""
    publisher = KafkaPublisher(kafka=KafkaAccess(line.run.kafka), client_id="again", clock=SystemClock())
    messages = await everything_on(line.run.kafka, topics.ARTICLES)
    await publisher.publish([Outgoing(topic=topics.ARTICLES, key=key or b"", value=value) for key, value in messages])
    await publisher.stop()
