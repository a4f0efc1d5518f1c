"""``wirewatch alerts`` on a real topic."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from typer.testing import CliRunner

from services.cli.app import build
from services.contracts import codec, topics
from services.contracts.messages import Alert
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.support.alerts import a_tag, a_tagged, an_opened_alert
from tests.support.stack import MakeTopics

pytestmark = pytest.mark.stack


async def run(*arguments: str) -> str:
    """What the command prints. It has an event loop of its own, so it runs beside ours."""
    words = ["alerts", *arguments]
    result = await asyncio.to_thread(CliRunner().invoke, build(), words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


async def test_the_latest_revision_of_each_alert_is_listed(kafka: str, make_topics: MakeTopics) -> None:
    await make_topics([topics.ALERTS])
    first = an_opened_alert()
    second = msgspec.structs.replace(first, revision=2, headline="The same, revised")
    other = an_opened_alert(a_tagged(story="c" * 24, tags=(a_tag("alliances"),), title="A pact"))
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="test", clock=SystemClock())
    values = [codec.encode(first), codec.encode(second), codec.encode(other), b"not an alert"]
    await publisher.publish([Outgoing(topics.ALERTS, b"k", value) for value in values])
    await publisher.stop()

    lines = (await run("--kafka", kafka, "--json")).splitlines()
    assert {line.encode() for line in lines} == {codec.encode(second), codec.encode(other)}
    shown = await run("--kafka", kafka, "--topic", "naval_moves", "--min-severity", "medium")
    assert "The same, revised" in shown
    assert "A pact" not in shown
    (line,) = (await run("--kafka", kafka, "--json", "--topic", "alliances")).splitlines()
    assert msgspec.json.decode(line, type=Alert) == other


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--kafka", "127.0.0.1:1"), "No Kafka answers at 127.0.0.1:1"),
        (("--kafka", "127.0.0.1:1", "--min-severity", "loud"), "low, medium, high, critical"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        await run(*arguments)
