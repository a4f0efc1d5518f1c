"""A broker that asks who we are: SCRAM, TLS and the least rights, on Apache Kafka as Compose configures it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from services.contracts import topics as names
from services.local import broker, ports
from services.runtime.errors import UsageError
from services.runtime.kafka import acl as rights
from services.runtime.kafka import scram as users
from services.runtime.kafka import topics
from services.runtime.kafka.connection import SASL_MECHANISM, KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from tests.support.clock import FakeClock
from tests.support.stack import quiet, started

pytestmark = pytest.mark.stack

ADMIN = "admin"
PASSWORD = "correct-horse"
_GUARDED = """
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller},SERVICES://127.0.0.1:{services},TLS://127.0.0.1:{tls}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},SERVICES://127.0.0.1:{services},TLS://localhost:{tls}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SERVICES:SASL_PLAINTEXT,TLS:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.services.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.tls.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.tls.ssl.keystore.type=PEM
listener.name.tls.ssl.keystore.location={pem}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:ANONYMOUS;User:admin
"""


@dataclass(frozen=True)
class Guarded:
    """The broker: as a super user, and where each listener is."""

    admin: KafkaAccess
    services: str
    tls: str
    ca_file: Path


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates")
    home = tmp_path_factory.mktemp("guarded")
    pem, ca = certificate(home)
    prepared = broker.prepare(home / "broker", logs=home / "logs", progress=quiet)
    numbers = ports.remembered(home / "broker" / "ports.json", ("broker", "controller", "services", "tls"))
    configuration = home / "broker" / "server.properties"
    plain = [
        line
        for line in configuration.read_text().splitlines()
        if not line.startswith(("listeners=", "advertised.listeners=", "listener.security.protocol.map="))
    ]
    configuration.write_text("\n".join(plain) + _GUARDED.format(pem=pem, **numbers))
    data = home / "broker" / "data"
    shutil.rmtree(data)
    *java, _, _ = prepared.program.command
    format_ = [*java, "kafka.tools.StorageTool", "format", "--cluster-id=guardedguardedguarded", "--config"]
    format_ += [str(configuration), "--add-scram", f"{SASL_MECHANISM}=[name={ADMIN},password={PASSWORD}]"]
    environment, folder = dict(prepared.program.environment), prepared.program.folder
    subprocess.run(format_, env=environment, cwd=folder, check=True, capture_output=True)
    running = started(prepared)
    services = f"127.0.0.1:{numbers['services']}"
    yield Guarded(KafkaAccess(services, ADMIN, PASSWORD), services, f"localhost:{numbers['tls']}", ca)
    running.stop(grace_seconds=5)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A throwaway authority and a certificate of localhost: (key and chain in one PEM file, the authority)."""
    key, chain, both = folder / "key.pem", folder / "chain.pem", folder / "both.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    make += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    subprocess.run([*make, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    both.write_text(key.read_text() + chain.read_text())
    return both, chain


@pytest.fixture(scope="module")
def ready(guarded: Guarded) -> Guarded:
    """The broker with its topics, users and rights."""

    async def prepare() -> None:
        declared = list(topics.read().values())
        async with topics.admin(guarded.admin, timeout_seconds=60) as client:
            await topics.create(client, declared)
        everyone = rights.users(declared)
        for _ in range(2):  # safe to repeat
            await users.apply(guarded.admin, dict.fromkeys(everyone, PASSWORD), rights.rights(declared))

    asyncio.run(prepare())
    return guarded


def as_user(kafka: Guarded, user: str, password: str = PASSWORD) -> KafkaAccess:
    return KafkaAccess(kafka.services, user, password)


@asynccontextmanager
async def a_publisher(kafka: KafkaAccess) -> AsyncIterator[KafkaPublisher]:
    publisher = KafkaPublisher(kafka=kafka, client_id="test", clock=FakeClock())
    try:
        yield publisher
    finally:
        await publisher.stop()


async def publish(kafka: KafkaAccess, topic: str) -> None:
    async with a_publisher(kafka) as publisher:
        assert await publisher.publish([Outgoing(topic=topic, key=b"k", value=b"v")]) == []


async def first(kafka: KafkaAccess, topic: str, group: str | None) -> bytes:
    consumer = AIOKafkaConsumer(
        topic, **kafka.client(), group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        record = await consumer.getone()
        return bytes(record.value)
    finally:
        await consumer.stop()


async def test_a_service_writes_what_it_produces_and_its_reader_reads_it(ready: Guarded) -> None:
    await publish(as_user(ready, "alerter"), names.ALERTS)
    assert await first(as_user(ready, "notifier"), names.ALERTS, "wirewatch-notifier") == b"v"
    assert await first(as_user(ready, "poller"), names.ALERTS, "wirewatch-poller") == b"v"
    assert await first(as_user(ready, "reader"), names.ALERTS, "reader-mine") == b"v"
    assert await first(as_user(ready, "operator"), names.ALERTS, None) == b"v"


@pytest.mark.parametrize("topic", [names.UNIQUE, names.DUPLICATES])
async def test_the_deduper_reads_again_what_it_rebuilds_from(ready: Guarded, topic: str) -> None:
    await publish(as_user(ready, "deduper"), topic)
    assert await first(as_user(ready, "deduper"), topic, None) == b"v"


@pytest.mark.parametrize(("user", "topic"), [("poller", names.ALERTS), ("tagger", names.ARTICLES)])
async def test_nobody_writes_what_is_not_his(ready: Guarded, user: str, topic: str) -> None:
    with pytest.raises(UsageError, match=f"does not let the user '{user}' do what is needed"):
        await publish(as_user(ready, user), topic)


async def test_a_reader_writes_nothing(ready: Guarded) -> None:
    async with AIOKafkaProducer(**as_user(ready, "reader").client()) as producer:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(names.ALERTS, b"v")


@pytest.mark.parametrize(
    ("user", "topic", "group"),
    [
        ("poller", names.TAGGED, None),
        ("poller", names.ALERTS, "wirewatch-notifier"),
        ("reader", names.ARTICLES, "reader"),
        ("reader", names.ALERTS, "wirewatch-notifier"),
        ("tagger", names.UNIQUE, "wirewatch-deduper"),
    ],
)
async def test_nobody_reads_what_is_not_his(ready: Guarded, user: str, topic: str, group: str | None) -> None:
    with pytest.raises(KafkaError, match=r"(?i)authoriz"):
        await first(as_user(ready, user), topic, group)


async def test_a_wrong_password_and_nobody_are_refused(ready: Guarded) -> None:
    with pytest.raises(UsageError, match="refuses the user 'alerter': correct WIREWATCH_KAFKA_USER"):
        await publish(as_user(ready, "alerter", "wrong"), names.ALERTS)
    with pytest.raises(UsageError, match="refuses the user 'nobody'"):
        await publish(as_user(ready, "nobody"), names.ALERTS)
    with pytest.raises(UsageError, match="No Kafka answers"):
        async with topics.admin(KafkaAccess(ready.services), timeout_seconds=2):
            pass


async def test_over_tls_only_with_the_authority(ready: Guarded) -> None:
    async with topics.admin(
        replace(ready.admin, servers=ready.tls, ca_file=ready.ca_file), timeout_seconds=20
    ) as kafka:
        assert names.ALERTS in await kafka.list_topics()
    stranger = certificate(ready.ca_file.parent / "..")[1]
    with pytest.raises(UsageError, match="is not one that WIREWATCH_KAFKA_CA_FILE vouches for"):
        async with topics.admin(replace(ready.admin, servers=ready.tls, ca_file=stranger), timeout_seconds=20):
            pass


async def test_what_is_no_right_any_more_is_taken(ready: Guarded) -> None:
    await publish(as_user(ready, "alerter"), names.ALERTS)
    wanted = rights.rights(topics.read().values())
    await users.apply(ready.admin, {"notifier": PASSWORD}, [right for right in wanted if right.user != "notifier"])
    with pytest.raises(KafkaError, match=r"(?i)authoriz"):
        await first(as_user(ready, "notifier"), names.ALERTS, "wirewatch-notifier")
    await users.apply(ready.admin, {"notifier": PASSWORD}, wanted)
    assert await first(as_user(ready, "notifier"), names.ALERTS, "wirewatch-notifier") == b"v"
