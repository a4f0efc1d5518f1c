"""The notifier as a process, on real Kafka and a real store, with somebody's webhook at the other end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError
from typer.testing import CliRunner

from services.cli.app import build
from services.contracts import codec, topics
from services.contracts.messages import Alert
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.support.notifier import SECRET, an_alert, written
from tests.support.stack import MakeTopics

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]
WATCHES = """format: 1
channels:
  - {{id: hook, kind: webhook, url: '{url}', secret_file: key}}
  - {{id: log, kind: log}}
watches:
  - {{id: all, name: All, when: {{}}, channels: [hook, log]}}
"""


class Receiver:
    """Takes webhooks, after refusing the first ones."""

    def __init__(self) -> None:
        self.refusals = 1
        self.taken: list[tuple[str, int]] = []
        self.forged = 0
        self.keys: list[str] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            Webhook(SECRET).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.forged += 1
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=500)
        said = json.loads(body)
        self.keys.append(request.headers["webhook-id"])
        self.taken.append((said["alert"]["id"], said["alert"]["revision"]))
        return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


@asynccontextmanager
async def a_notifier(kafka: str, redis_url: str, watches: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    ambient = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "services.notifier"],
        env=ambient
        | {
            "WIREWATCH_KAFKA": kafka,
            "WIREWATCH_REDIS": redis_url,
            "WIREWATCH_NOTIFIER_WATCHES": str(watches),
            "WIREWATCH_NOTIFIER_ALLOW_PRIVATE": "127.0.0.1",
        },
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, 40)


async def send(kafka: str, *alerts: Alert) -> None:
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="test", clock=SystemClock())
    await publisher.start()
    await publisher.publish([Outgoing(topics.ALERTS, alert.id.encode(), codec.encode(alert)) for alert in alerts])
    await publisher.stop()


async def until(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(60):
        while len(receiver.taken) < count:
            await asyncio.sleep(0.05)


async def test_alerts_arrive_signed_through_refusals_kills_and_repetitions(
    kafka: str,
    redis_url: str,
    redis_client: redis.asyncio.Redis,
    make_topics: MakeTopics,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    await make_topics([topics.ALERTS, topics.DEAD])
    (tmp_path / "key").write_text(SECRET)
    watches = written(tmp_path, WATCHES.format(url=receiver.url))
    now = SystemClock().now()
    alerts = [an_alert(number, last_updated=now) for number in range(5)]
    async with a_notifier(kafka, redis_url, watches) as process:
        await send(kafka, *alerts[:3])
        await until(receiver, 3)
        process.kill()
    await send(kafka, *alerts)
    async with a_notifier(kafka, redis_url, watches) as process:
        await until(receiver, 5)
        cli = await asyncio.to_thread(listed, redis_url, "--json")
        while sum(each["state"] == "sent" for each in cli) < 10:
            await asyncio.sleep(0.1)
            cli = await asyncio.to_thread(listed, redis_url, "--json")
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 40) == 0
    assert set(receiver.taken) == {(alert.id, 1) for alert in alerts}
    assert len(set(receiver.keys)) == 5, "what the kill made come twice has the same key"
    assert receiver.forged == 0
    assert {(each["delivery"]["channel_id"], each["error"]) for each in cli} >= {("log", None)}
    assert await redis_client.zcard("ww:1:{no}:due:hook") == 0
    trial = await asyncio.to_thread(tried, kafka, tmp_path)
    assert trial[-1]["summary"] == {
        "revisions": 5, "alerts": 5, "changed": 0, "current": 5, "new": 0, "gone": 5,
    }  # fmt: skip
    assert {each["missed"] for each in trial[:-1]} == {None}


def listed(redis_url: str, *options: str) -> list[dict[str, Any]]:
    """What ``wirewatch watches deliveries`` says."""
    done = CliRunner().invoke(build(), ["watches", "deliveries", "--redis", redis_url, *options])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def tried(kafka: str, folder: Path) -> list[dict[str, Any]]:
    """What ``wirewatch watches test`` says of a file without watches, beside the shipped one."""
    changed = folder / "none.yaml"
    changed.write_text("format: 1\nchannels: []\n")
    done = subprocess.run(
        [
            sys.executable, "-m", "services.cli", "watches", "test",
            "--watches", str(changed), "--kafka", kafka, "--since", "24h", "--json",
        ],
        env={name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
