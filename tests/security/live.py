"""What a running Compose stack must refuse, tried from the host and from within; and what it must still do."""

from __future__ import annotations

import asyncio
import http.client
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.contracts import topics as names
from services.contracts.redis_keys import ALERTS_BY_TIME
from services.runtime.errors import UsageError
from services.runtime.kafka import topics
from services.runtime.kafka.connection import KafkaAccess
from tests.security.shipped import ROOT
from tests.security.verdict import Verdict

KAFKA = f"127.0.0.1:{os.environ.get('KAFKA_PORT', '29092')}"
_SECONDS = 60.0


def _compose(*arguments: str) -> subprocess.CompletedProcess[str]:
    docker = shutil.which("docker")
    if docker is None:
        raise UsageError("docker is not installed")
    # S603: the path is docker's, the arguments are ours.
    return subprocess.run(
        [docker, "compose", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=_SECONDS * 5
    )


@cache
def _password(user: str, server: str = "kafka") -> str:
    path = f"/var/lib/wirewatch/secrets/{user}/{server}_password"
    return _compose("run", "--rm", "--no-deps", "-T", "secrets", "cat", path).stdout.strip()


def _reading(user: str, topic: str) -> str:
    """The first record of a topic, or why it is not given out."""

    async def read() -> str:
        access = KafkaAccess(KAFKA, user, _password(user))
        consumer = AIOKafkaConsumer(topic, **access.client(), auto_offset_reset="earliest")
        try:
            await consumer.start()
            record = await asyncio.wait_for(consumer.getone(), timeout=_SECONDS)
        except KafkaError as error:
            return f"refused: {error}"
        finally:
            await consumer.stop()
        return bytes(record.value).decode()

    return asyncio.run(read())


def _logging_in(access: KafkaAccess) -> str:
    async def ask() -> str:
        async with topics.admin(access, timeout_seconds=5) as client:
            return f"let in: {await client.list_topics()}"

    try:
        return asyncio.run(ask())
    except UsageError as error:
        return f"refused: {error}"


def _writing(user: str, topic: str) -> str:
    async def write() -> str:
        async with AIOKafkaProducer(**KafkaAccess(KAFKA, user, _password(user)).client()) as producer:
            await asyncio.wait_for(producer.send_and_wait(topic, b"x"), timeout=_SECONDS)
        return "written"

    try:
        return asyncio.run(write())
    except KafkaError as error:
        return f"refused: {type(error).__name__}"


def _redis(*arguments: str, user: str | None = None, password: str | None = None) -> str:
    who = ("--user", user, "--pass", password or "", "--no-auth-warning") if user else ()
    made = _compose("exec", "-T", "redis", "redis-cli", *who, *arguments)
    return (made.stdout + made.stderr).strip()


def _http(port: int, method: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body=b"{}" if method != "GET" else None)
        answer = connection.getresponse()
        return answer.status, answer.read(2000).decode("utf-8", "replace")
    finally:
        connection.close()


def _refused(said: str, *words: str) -> Verdict:
    well = any(word in said for word in words)
    return Verdict("pass" if well else "fail", " ".join(said.split())[:160])


def _grafana() -> Verdict:
    status, body = _http(int(os.environ.get("GRAFANA_PORT", "3000")), "GET", "/api/search")
    if status == 404 or "placeholder" in body:
        return Verdict("not run", "what answers here is no Grafana")
    return Verdict("pass" if status == 401 else "fail", f"GET /api/search: {status}")


def _prometheus() -> Verdict:
    port = int(os.environ.get("PROMETHEUS_PORT", "9090"))
    answers = {path: _http(port, "POST", path)[0] for path in ("/api/v1/admin/tsdb/snapshot", "/-/reload", "/-/quit")}
    return Verdict("pass" if all(status >= 400 for status in answers.values()) else "fail", str(answers))


def _write_to_the_api() -> Verdict:
    port = int(os.environ.get("PAGE_PORT", "8080"))
    status, body = _http(port, "POST", "/api/v1/alerts/x/state")
    return Verdict("pass" if status in (401, 403) else "fail", f"POST without a token: {status} {body[:80]}")


def _inside() -> Verdict:
    made = _compose("run", "--rm", "-T", "operator", "wirewatch", "alerts", "--json")
    count = sum(line.startswith("{") for line in made.stdout.splitlines())
    return Verdict("pass" if count else "fail", f"{count} alerts" if count else made.stderr.strip()[-160:])


def _doctor() -> Verdict:
    made = _compose("run", "--rm", "-T", "operator", "wirewatch", "doctor")
    last = made.stdout.strip().splitlines()[-1:] or [made.stderr.strip()[-160:]]
    return Verdict("pass" if made.returncode == 0 else "fail", last[0])


def _alert_from_the_host() -> Verdict:
    said = _reading("reader", names.ALERTS)
    return Verdict("pass" if said.startswith("{") else "fail", said[:80])


TRIALS: tuple[tuple[str, str, Callable[[], Verdict]], ...] = (
    ("L01", "the demo's alerts are read from the host, as reader", _alert_from_the_host),
    ("L02", "and within, as operator", _inside),
    ("L03", "doctor finds nothing to mend, within", _doctor),
    ("L04", "Kafka without a user is refused", lambda: _refused(_logging_in(KafkaAccess(KAFKA)), "refused")),
    ("L05", "Kafka with a wrong password is refused",
     lambda: _refused(_logging_in(KafkaAccess(KAFKA, "reader", "wrong")), "refuses the user 'reader'")),
    ("L06", "the poller may not write alerts",
     lambda: _refused(_writing("poller", names.ALERTS), "refused: TopicAuthorizationFailedError")),
    ("L07", "a reader may not write alerts",
     lambda: _refused(_writing("reader", names.ALERTS), "refused: TopicAuthorizationFailedError")),
    ("L08", "a reader may not read what is not public",
     lambda: _refused(_reading("reader", names.ARTICLES), "refused")),
    ("L09", "Redis without a user is refused", lambda: _refused(_redis("ping"), "NOAUTH")),
    ("L10", "Redis with a wrong password is refused",
     lambda: _refused(_redis("ping", user="poller", password="wrong"), "WRONGPASS", "NOAUTH")),
    ("L11", "the poller may not read alerts in Redis",
     lambda: _refused(_redis("zcard", ALERTS_BY_TIME, user="poller", password=_password("poller", "redis")), "NOPERM")),
    ("L12", "nobody empties Redis",
     lambda: _refused(_redis("flushall", user="operator", password=_password("operator", "redis")), "NOPERM")),
    ("L13", "Grafana without a password is refused", _grafana),
    ("L14", "Prometheus' admin API is refused", _prometheus),
    ("L15", "changing an alert without a token is refused", _write_to_the_api),
)  # fmt: skip


def verdicts() -> Iterator[tuple[str, str, Verdict]]:
    """Every trial with what came of it."""
    for id_, asks, trial in TRIALS:
        try:
            yield id_, asks, trial()
        except (UsageError, OSError, TimeoutError, subprocess.SubprocessError) as error:
            yield id_, asks, Verdict("fail", f"{type(error).__name__}: {error}"[:160])
