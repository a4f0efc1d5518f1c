"""docker-compose.cluster.yml: three brokers, a watched Redis, two of each worker, and nothing weaker than alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from services.runtime.redis import address as redis_address
from services.runtime.services import declared
from tests.unit.deploy.compose import ROOT, services

BROKERS = ("kafka", "kafka-2", "kafka-3")
SENTINELS = ("sentinel-1", "sentinel-2", "sentinel-3")
WORKERS = tuple(service.name for service in declared().values() if service.kafka)
SERVICE = "wirewatch"


class _Loader(yaml.SafeLoader):
    """Knows Compose's ``!override`` of a list, which replaces the other file's; another use of it is an error."""


def _sequence(loader: yaml.SafeLoader, node: Any) -> list[Any]:
    return loader.construct_sequence(node)


_Loader.add_constructor("!override", _sequence)


def override() -> dict[str, dict[str, Any]]:
    """Name to what the override says of it."""
    text = (ROOT / "docker-compose.cluster.yml").read_text()
    found: dict[str, dict[str, Any]] = yaml.load(text, _Loader)["services"]  # noqa: S506 - a SafeLoader with one tag more
    return found


def test_every_new_service_is_made_of_one_that_is_held_to_the_rules() -> None:
    for name, definition in override().items():
        if name not in services():
            assert definition["extends"]["service"] in ("kafka", "redis"), name
            assert definition["extends"]["file"] == "docker-compose.yml"
        weakened = {"cap_add", "privileged", "user", "read_only", "security_opt", "network_mode", "pid"}
        assert not weakened & definition.keys(), name
        assert set(definition.get("networks", {"backend": {}})) == {"backend"}, name


def test_nothing_more_is_open_than_two_brokers_on_loopback() -> None:
    ports = {name: definition["ports"] for name, definition in override().items() if "ports" in definition}
    assert ports == {
        "kafka-2": ["127.0.0.1:${KAFKA_PORT_2:-29093}:29092"],
        "kafka-3": ["127.0.0.1:${KAFKA_PORT_3:-29094}:29092"],
    }


@pytest.mark.parametrize("name", BROKERS)
def test_a_message_is_on_two_disks_before_it_counts(name: str) -> None:
    environment = services()["kafka"]["environment"] | override()[name]["environment"]
    assert environment["KAFKA_NODE_ID"] == str(BROKERS.index(name) + 1)
    voters = ",".join(f"{number}@{host}:9093" for number, host in enumerate(BROKERS, start=1))
    assert environment["KAFKA_CONTROLLER_QUORUM_VOTERS"] == voters
    assert environment["KAFKA_MIN_INSYNC_REPLICAS"] == "2"
    assert environment["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == "3"
    assert f"SERVICES://{name}:9092" in environment["KAFKA_ADVERTISED_LISTENERS"]
    command = override()["topics"]["command"]
    assert command[command.index("--replication") + 1] == "3"


def test_every_server_has_a_volume_of_its_own() -> None:
    data = [
        volume
        for name in (*BROKERS[1:], "redis-2", *SENTINELS)
        for volume in override()[name]["volumes"]
        if volume.endswith(("/data", "/kafka/data"))
    ]
    assert len(set(data)) == 6


def test_two_of_each_worker_know_every_broker_and_the_sentinels() -> None:
    for name in WORKERS:
        definition = override()[name]
        # The archive has one file, and a second one would need a volume of its own.
        assert definition.get("deploy", {"replicas": 1})["replicas"] == (1 if name == "archive" else 2)
        assert "ports" not in services()[name], "two could not publish one port"
        assert definition["environment"]["WIREWATCH_KAFKA"] == ",".join(f"{broker}:9092" for broker in BROKERS)
    for name in ("poller", "deduper", "alerter", "notifier", "api"):
        parts = redis_address.parse(override()[name]["environment"]["WIREWATCH_REDIS"])
        assert parts.hosts == tuple((sentinel, 26379) for sentinel in SENTINELS)
        assert parts.service == SERVICE
        assert parts.username == name


def test_two_sentinels_of_three_have_to_agree() -> None:
    script = (ROOT / "deploy/redis/sentinel.sh").read_text()
    assert re.search(rf"^sentinel monitor {SERVICE} \$REDIS_MASTER 6379 2$", script, re.MULTILINE)
    assert "resolve-hostnames" not in script, "the name of a container that has gone holds a sentinel up"
    master = override()["redis"]["networks"]["backend"]["ipv4_address"]
    for name in SENTINELS:
        environment = override()[name]["environment"]
        address = override()[name]["networks"]["backend"]["ipv4_address"]
        assert environment == {"SENTINEL_HOST": address, "REDIS_MASTER": master}
    own = override()["redis-2"]["networks"]["backend"]["ipv4_address"]
    assert override()["redis-2"]["environment"] == {"REDIS_HOST": own, "REDIS_FOLLOWS": master}
