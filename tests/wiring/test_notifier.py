"""The notifier is put together as meant, without a server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.contracts import topics
from services.notifier.__main__ import build
from services.notifier.edges.kafka_app import build_app
from services.notifier.settings import NotifierSettings
from services.notifier.status import STATUSES
from services.runtime.errors import UsageError
from services.runtime.process.outages import Waiting
from services.runtime.process.run import Context
from tests.support.clock import FakeClock
from tests.support.notifier import Notifier, active, written


def a_context() -> Context:
    return Context(service="notifier", registry=CollectorRegistry(), clock=FakeClock(), waiting=Waiting())


async def test_one_agent_reads_the_alerts_in_a_group_of_its_own() -> None:
    app = build_app(NotifierSettings(), Notifier(active()).handler)
    agent = app.agents["notifier"]
    assert agent.concurrency == 1
    assert list(agent.channel.topics) == [topics.ALERTS]
    assert app.conf.id == "wirewatch-notifier"


async def test_the_service_is_put_together_without_touching_a_server() -> None:
    context = a_context()
    build(NotifierSettings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1/0"), context)
    statuses = {
        sample.labels["status"]
        for family in context.registry.collect()
        for sample in family.samples
        if sample.name == "wirewatch_notifier_articles_total"
    }
    assert statuses == set(STATUSES)
    assert context.registry.get_sample_value("wirewatch_notifier_watches") == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"remember_days": 7.0}, "WIREWATCH_NOTIFIER_REMEMBER_DAYS is 7: it must be longer"),
        ({"timeout_seconds": 0.0}, "WIREWATCH_NOTIFIER_TIMEOUT_SECONDS is 0"),
        ({"timeout_seconds": 90.0}, "WIREWATCH_NOTIFIER_TIMEOUT_SECONDS is 90"),
        ({"allow_private": ("not/an/address",)}, "WIREWATCH_NOTIFIER_ALLOW_PRIVATE"),
        ({"allow_ports": ("https",)}, "WIREWATCH_NOTIFIER_ALLOW_PORTS is 'https'"),
    ],
)
async def test_settings_that_cannot_work_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        build(NotifierSettings(**settings), a_context())  # type: ignore[arg-type]  # one of several types each time


async def test_a_watch_file_with_a_mistake_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"line 1: .*expected"):
        build(NotifierSettings(watches=written(tmp_path, "[]")), a_context())
