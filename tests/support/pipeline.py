"""The whole pipeline as its users run it: ``wirewatch up`` as a process, on the embedded servers, in a directory."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import redis
from aiokafka import AIOKafkaConsumer

from services.contracts import redis_keys
from services.contracts.codec import decode
from services.contracts.messages import Alert
from services.local import ports, process_status
from services.local.home import Home, Run
from services.runtime.kafka import topics as declared
from tests.contracts import schemas

_PATIENCE_SECONDS = 180.0


class RunningLine:
    """A ``wirewatch up --json`` and what it said."""

    def __init__(self, home: Path, environ: dict[str, str], *arguments: str) -> None:
        self.home = Home(home)
        self.events: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "up", "--home", str(home), "--json", *arguments],
            env=os.environ | {"WIREWATCH_API_PORT": str(ports.free())} | environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def run(self) -> Run:
        """Where everything is now; pids change when processes are started again."""
        found = self.home.read_run()
        assert found is not None, "nothing runs"
        return found

    def until_standing(self) -> None:
        """Wait until every service is ready."""
        self.until(lambda: any(event["event"] == "standing" for event in self.events), "the pipeline is up")
        self.until_ready()

    def until_ready(self) -> None:
        """Wait until everything answers, as ``wirewatch status`` sees it."""

        def ready() -> bool:
            found = process_status.of(self.run, {})
            return not (found.kafka.problem or found.redis.problem) and all(service.ready for service in found.services)

        self.until(ready, "everything is ready")

    def until(self, holds: Callable[[], bool], what: str, seconds: float = _PATIENCE_SECONDS) -> None:
        """Wait until ``holds``; the limit is for a line that has broken, not for a slow machine."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert self._process.poll() is None, f"up ended with {self._process.poll()}: {self.events[-3:]}"
            assert time.monotonic() < deadline, f"never: {what}. {self.logs()}"
            time.sleep(0.1)

    def counts(self, service: str) -> dict[str, int]:
        """Articles of a service by status, since its process started."""
        return next(entry.articles for entry in process_status.of(self.run, {}).services if entry.name == service)

    async def traced(self, wanted: str) -> list[dict[str, Any]]:
        """What `wirewatch trace` says of an id."""
        command = [sys.executable, "-m", "services.cli", "trace", wanted, "--json"]
        environ = os.environ | {"WIREWATCH_LOCAL_HOME": str(self.home.path)}
        process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
        assert process.returncode == 0
        return [json.loads(each) for each in output.splitlines()]

    def kill(self, name: str) -> None:
        """SIGKILL one process, and wait until another has taken its place."""
        old = self.run.pids[name]
        os.kill(old, signal.SIGKILL)
        self.until(lambda: self.run.pids.get(name, old) != old, f"{name} is started again")

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        return self.ended()

    def kill_all(self) -> None:
        """SIGKILL of the supervisor, which takes every process with it."""
        self._process.kill()
        self.ended()

    def ended(self) -> int:
        """Wait for the end; returns the exit code."""
        code = self._process.wait(_PATIENCE_SECONDS)
        self._reader.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def check_published(self) -> None:
        """Hold every message that lies on a topic to the schema of that topic."""
        if self._process.poll() is not None or self.home.read_run() is None:
            return  # the test ended it
        with ThreadPoolExecutor(max_workers=1) as thread:  # the test may have a loop of its own
            assert thread.submit(asyncio.run, _against_schemas(self.run.kafka)).result(_PATIENCE_SECONDS) == []

    def alerts_printed(self) -> list[dict[str, Any]]:
        """The alert events so far."""
        return [event for event in self.events if event["event"] == "alert"]

    def logs(self) -> str:
        """The end of every log, for a message about a failure."""
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-4:])
            for log in sorted(self.home.logs.glob("*.log"))
        )

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))


@contextmanager
def a_line(home: Path, *arguments: str, **environ: str) -> Iterator[RunningLine]:
    """A line that is stopped at the end, whatever happens. Whatever it published has to be what its schemas say."""
    started = RunningLine(home, environ, *arguments)
    try:
        yield started
        started.check_published()
    finally:
        started.stop()


def alerts_in_redis(address: str) -> dict[str, Alert]:
    """Every alert that Redis lists by time."""
    with redis.Redis.from_url(address) as client:
        listed = [value.decode() for value in client.zrange(redis_keys.ALERTS_BY_TIME, 0, -1)]
        return {id_: decode(client.hget(redis_keys.alert(id_), "alert"), Alert) for id_ in listed}


def alerts_of_api(address: str) -> dict[str, Alert]:
    """Every alert that the api lists."""
    with urllib.request.urlopen(f"{address}/api/v1/alerts?limit=200", timeout=10) as answer:  # noqa: S310 - our own
        page = json.load(answer)
    return {item["id"]: msgspec.convert(item, Alert) for item in page["alerts"]}


async def _against_schemas(kafka: str) -> list[str]:
    """What is wrong with the messages that lie on the topics of the services, one sentence each."""
    wrong: list[str] = []
    seen = 0
    for topic in declared.read().values():
        for _, value in await everything_on(kafka, topic.name):
            seen += 1
            if value and (problem := schemas.problem(topic.schema, json.loads(value))):
                wrong.append(f"{topic.name}: {problem}")
    return wrong if seen else ["nothing lies on any topic"]


async def everything_on(kafka: str, topic: str) -> list[tuple[bytes | None, bytes]]:
    """Key and value of every message that lies in a topic now."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest", fetch_max_wait_ms=50)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[tuple[bytes | None, bytes]] = []
        while behind := [part for part, end in ends.items() if await consumer.position(part) < end]:
            for messages in (await consumer.getmany(*behind, timeout_ms=500)).values():
                found += [(message.key, message.value) for message in messages]
        return found
    finally:
        await consumer.stop()


async def alerts_on_topic(kafka: str) -> dict[str, Alert]:
    """The latest revision of every alert on the topic."""
    latest: dict[str, Alert] = {}
    for _, value in await everything_on(kafka, "alerts"):
        alert = decode(value, Alert)
        if alert.id not in latest or latest[alert.id].revision <= alert.revision:
            latest[alert.id] = alert
    return latest
