"""How the pipeline is up, from what the services answer."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from services.api.core import pipeline
from services.api.core.pipeline import Answer, ServiceState, State
from services.api.edges.services import HttpServices, addresses
from services.poller.metrics import PollerMetrics
from services.runtime.errors import UsageError
from services.runtime.process.ops import OpsServer
from tests.support.clock import START, FakeClock

LATER = START + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("answer", "state", "detail"),
    [
        (Answer(200, "ok\n"), "ready", None),
        (Answer(200, ""), "ready", None),
        (Answer(200, "polling waits since noon\n"), "slow", "polling waits since noon"),
        (Answer(503, "waiting for kafka\n"), "waiting", "waiting for kafka"),
        (Answer(404, ""), "waiting", "answered 404"),
        (Answer(None, "no answer within 2 s"), "silent", "no answer within 2 s"),
    ],
)
def test_what_an_answer_means(answer: Answer, state: State, detail: str | None) -> None:
    told = pipeline.after(pipeline.unasked("tagger", START), answer, LATER)
    assert told == ServiceState(service="tagger", state=state, detail=detail, since=LATER)


def test_a_state_keeps_the_time_it_began_though_its_sentence_changes() -> None:
    first = pipeline.after(pipeline.unasked("poller", START), Answer(503, "waiting for kafka"), START)
    second = pipeline.after(first, Answer(503, "waiting for kafka and redis"), LATER)
    assert (second.since, second.detail) == (START, "waiting for kafka and redis")
    assert pipeline.after(second, Answer(200, "ok"), LATER).since == LATER


async def test_services_are_asked_over_http_and_one_that_is_gone_is_silent() -> None:
    problems: list[str | None] = [None]
    notes: list[str | None] = ["polling waits"]
    registry = CollectorRegistry()
    poller = PollerMetrics(registry)
    ops = OpsServer(
        host="127.0.0.1",
        port=0,
        registry=registry,
        healthy=lambda: None,
        ready=lambda: problems[0],
        note=lambda: notes[0],
    )
    address = f"http://127.0.0.1:{await ops.start()}"
    services = HttpServices(addresses([f"poller={address}", "gone=http://127.0.0.1:1"]), FakeClock())
    assert [service.state for service in services.states()] == ["unknown", "unknown"]
    async with aiohttp.ClientSession() as session:
        await services.look(session)
        assert [(service.service, service.state) for service in services.states()] == [
            ("poller", "slow"),
            ("gone", "silent"),
        ]
        assert services.feeds() is None
        poller.feeds.labels("ok").set(215)
        await services.look(session)
        assert (found := services.feeds())
        assert found.summary == "215 of 215 feeds answer"
        poller.offline_since.set(START.timestamp())
        problems[0] = "waiting for redis"
        await services.look(session)
        assert services.states()[0].detail == "waiting for redis"
        assert (found := services.feeds())
        assert found.summary.startswith(
            "None of 215 feeds from elsewhere answers: this machine seems to be offline since"
        )
        problems[0] = notes[0] = None
        await services.look(session)
        assert services.states()[0].state == "ready"
    await ops.stop()


@pytest.mark.parametrize("text", ["poller", "=http://a:1", "poller=https://a:1", "poller=a:1", "poller=http://a:1/x"])
def test_an_address_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="name=http://host:port of each service"):
        addresses([text])
