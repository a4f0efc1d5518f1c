"""What docker-compose.yml promises: nothing reachable from outside, nobody root, everything limited and watched."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from services.runtime.kafka import acl as rights
from services.runtime.kafka import topics
from services.runtime.kafka.connection import SASL_MECHANISM
from services.runtime.kafka.stream import DRAIN_SECONDS
from services.runtime.services import declared
from services.samples.edges import files as sample_files
from tests.unit.deploy.compose import ONE_SHOT, ROOT, SERVICES, document, services

NAMES = sorted(services())


def service(name: str) -> dict[str, Any]:
    return services()[name]


def of_ours(name: str) -> bool:
    return "build" in service(name)


def test_every_service_has_a_service_of_its_own_name() -> None:
    for name in SERVICES:
        assert service(name)["command"] == ["python", "-m", f"services.{name}"]


@pytest.mark.parametrize("name", NAMES)
class TestEveryService:
    def test_is_published_on_loopback_only(self, name: str) -> None:
        for port in service(name).get("ports", ()):
            assert port.startswith("127.0.0.1:"), port

    def test_cannot_write_to_its_own_image(self, name: str) -> None:
        assert service(name)["read_only"] is True
        for mount in service(name).get("tmpfs", ()):
            assert {"nosuid", "nodev"} <= set(mount.split(":")[1].split(",")), mount

    def test_has_no_capability_and_can_gain_none(self, name: str) -> None:
        assert service(name)["cap_drop"] == ["ALL"]
        assert "cap_add" not in service(name)
        assert service(name)["security_opt"] == ["no-new-privileges:true"]

    def test_has_no_way_to_the_host(self, name: str) -> None:
        definition = service(name)
        assert not definition.get("privileged")
        assert definition.get("network_mode") in (None, "none")
        assert "pid" not in definition
        assert "devices" not in definition
        for volume in definition.get("volumes", ()):
            assert "docker.sock" not in volume
            if volume.startswith("."):
                assert volume.endswith(":ro"), volume

    def test_is_not_root(self, name: str) -> None:
        dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
        user = re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE)[-1] if of_ours(name) else service(name)["user"]
        assert int(user.split(":")[0]) > 0

    def test_is_limited(self, name: str) -> None:
        definition = service(name)
        assert re.fullmatch(r"\d+[mg]", definition["mem_limit"])
        assert definition["cpus"] > 0
        assert definition["pids_limit"] > 0
        assert definition["logging"]["options"]["max-size"]

    def test_is_checked_and_started_again(self, name: str) -> None:
        definition = service(name)
        if name in ONE_SHOT:
            assert definition["restart"] == "no"
        else:
            assert definition["restart"] == "unless-stopped"
            assert definition["healthcheck"]["test"]

    def test_is_given_time_to_stop(self, name: str) -> None:
        assert int(service(name)["stop_grace_period"].removesuffix("s")) >= DRAIN_SECONDS + 5

    def test_names_an_exact_tag(self, name: str) -> None:
        tag = service(name)["image"].rpartition(":")[2]
        assert re.search(r"\d+\.\d+\.\d+", tag), tag

    def test_waits_for_conditions_not_for_a_start(self, name: str) -> None:
        for other, how in service(name).get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
            assert how == {"condition": wanted}, other


def test_only_these_ports_are_open_to_this_machine() -> None:
    ports = {name: definition["ports"] for name, definition in services().items() if "ports" in definition}
    assert ports == {
        "kafka": ["127.0.0.1:${KAFKA_PORT:-29092}:29092"],
        "api": ["127.0.0.1:${PAGE_PORT:-8080}:8080"],
        "prometheus": ["127.0.0.1:${PROMETHEUS_PORT:-9090}:9090"],
        "grafana": ["127.0.0.1:${GRAFANA_PORT:-3000}:3000"],
    }


def test_what_services_yaml_says_is_what_compose_gives() -> None:
    for one in declared().values():
        needed = service(one.name).get("depends_on", {})
        assert ("kafka" in needed, "redis" in needed) == (one.kafka, one.redis), one.name
        assert ("egress" in service(one.name)["networks"]) == one.egress, one.name
        assert ("profiles" in service(one.name)) == one.demo, one.name


def test_only_the_poller_the_notifier_and_a_command_get_out() -> None:
    networks = document()["networks"]
    assert {name for name, network in networks.items() if network.get("internal")} == {"backend", "monitoring", "feeds"}
    assert networks["loopback"]["driver_opts"] == {"com.docker.network.bridge.enable_ip_masquerade": "false"}
    assert [name for name in NAMES if "egress" in service(name).get("networks", ())] == [
        "feeds",
        "notifier",
        "poller",
    ]
    assert service("feeds")["profiles"] == ["tools"]  # there only while somebody runs a command
    assert service("feeds")["volumes"] == ["feed-list:/var/lib/wirewatch/feeds"]  # no secrets


def test_kafka_and_redis_are_out_of_reach_of_what_only_watches() -> None:
    for name in ("prometheus", "grafana", "samples"):
        assert "backend" not in service(name)["networks"]


def test_the_image_has_the_version_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {service(name)["image"] for name in NAMES if of_ours(name)} == {f"wirewatch:{version}"}


def test_no_secret_is_written_down() -> None:
    for file in ("docker-compose.yml", ".env.example"):
        text = (ROOT / file).read_text()
        assert not re.search(r"(?i)(password|secret_key|token)\s*[=:]\s*['\"]?[A-Za-z0-9]{6,}", text), file


def test_redis_loses_and_drops_nothing() -> None:
    lines = (ROOT / "deploy/redis/redis.conf").read_text().splitlines()
    settings = dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "always"
    assert settings["maxmemory-policy"] == "noeviction"
    assert int(settings["maxmemory"].removesuffix("mb")) * 2 < int(service("redis")["mem_limit"].removesuffix("m"))


def test_prometheus_cannot_be_changed_over_http() -> None:
    assert not [flag for flag in service("prometheus")["command"] if flag.startswith("--web.enable")]


def test_grafana_lets_nobody_in_and_calls_nobody() -> None:
    environment = service("grafana")["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "${GRAFANA_ANONYMOUS_VIEWER:-false}"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    for off in (
        "GF_USERS_ALLOW_SIGN_UP",
        "GF_ANALYTICS_REPORTING_ENABLED",
        "GF_ANALYTICS_CHECK_FOR_UPDATES",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES",
        "GF_NEWS_NEWS_FEED_ENABLED",
        "GF_PLUGINS_PLUGIN_ADMIN_ENABLED",
        "GF_SNAPSHOTS_EXTERNAL_ENABLED",
    ):
        assert environment[off] == "false", off
    assert environment["GF_SECURITY_DISABLE_GRAVATAR"] == "true"
    assert environment["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"
    for secret in ("GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_SECRET_KEY"):
        assert secret not in environment
        assert environment[f"{secret}__FILE"].startswith("/run/wirewatch/")


def test_kafka_makes_no_topic_by_accident_and_keeps_what_it_acknowledged() -> None:
    environment = service("kafka")["environment"]
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert f"kafka-data:{environment['KAFKA_LOG_DIRS']}" in service("kafka")["volumes"]
    assert "CONTROLLER://localhost:" in environment["KAFKA_LISTENERS"]


def test_kafka_asks_everybody_who_he_is_and_grants_what_is_declared() -> None:
    environment = service("kafka")["environment"]
    protocols = dict(pair.split(":") for pair in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert set(protocols.values()) == {"SASL_PLAINTEXT"}
    assert environment["KAFKA_SASL_ENABLED_MECHANISMS"] == SASL_MECHANISM
    assert environment["KAFKA_AUTHORIZER_CLASS_NAME"].endswith(".StandardAuthorizer")
    assert environment["KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"] == "false"
    assert environment["KAFKA_SUPER_USERS"] == "User:broker;User:admin"
    for name, value in environment.items():
        if name.endswith("JAAS_CONFIG"):
            assert not re.search(r'password="(?!\$\$\{directory:)', value), name


def test_every_service_is_the_user_of_its_own_name_with_a_password_of_its_own() -> None:
    known = {*rights.users(topics.read().values()), "admin"}
    redis = {line.split()[1] for line in (ROOT / "deploy/redis/users.acl").read_text().splitlines()}
    for name in NAMES:
        if not of_ours(name) or name in ("secrets", "samples", "alarms", "feeds"):
            continue
        environment = service(name)["environment"]
        user = environment.get("WIREWATCH_KAFKA_USER")
        assert user == {"topics": "admin", "api": None}.get(name, name)
        assert user is None or user in known
        if "WIREWATCH_REDIS" in environment:
            assert environment["WIREWATCH_REDIS"] == f"redis://{name}@redis:6379/0"
            assert name in redis
        assert environment["WIREWATCH_KAFKA_PASSWORD_FILE"] == "/run/wirewatch/kafka_password"
        edited = ("feed-list:", "topic-packs:", "watches:")
        volumes = [volume for volume in service(name)["volumes"] if not volume.startswith(edited)]
        # The archive's file is its own to write; those who answer from it may read it.
        readers = {"archive": "", "api": ":ro", "operator": ":ro"}
        shared = [f"archive-data:/var/lib/wirewatch/archive{readers[name]}"] if name in readers else []
        assert volumes == [f"{name}-secrets:/run/wirewatch:ro", *shared]


def test_a_container_without_passwords_checks_and_audits_the_feeds_as_the_poller_polls_them() -> None:
    poller, feeds = service("poller"), service("feeds")
    assert set(feeds["networks"]) == set(poller["networks"]) - {"monitoring", "backend"}
    for limit in ("mem_limit", "pids_limit"):
        assert feeds[limit] == poller[limit]
    for setting in ("WIREWATCH_POLLER_FEEDS", "WIREWATCH_POLLER_ALLOW_PRIVATE"):
        assert feeds["environment"][setting] == poller["environment"][setting]
    documented = (ROOT / "docs/feeds.md").read_text()
    for command in ("add", "check", "audit"):
        assert f"docker compose run --rm feeds wirewatch feeds {command}" in documented


@pytest.mark.parametrize(
    ("volume", "reader", "setting", "file"),
    [
        ("feed-list", "poller", "POLLER_FEEDS", "feeds/feeds.opml"),
        ("topic-packs", "tagger", "TAGGER_PACKS", "topics"),
        ("watches", "notifier", "NOTIFIER_WATCHES", "watches/watches.yaml"),
    ],
)
def test_what_the_page_edits_is_what_the_services_read(volume: str, reader: str, setting: str, file: str) -> None:
    mounted = {
        name: mount.partition(":")[2]
        for name in NAMES
        for mount in service(name).get("volumes", ())
        if isinstance(mount, str) and mount.startswith(f"{volume}:")
    }
    folder = f"/var/lib/wirewatch/{file.partition('/')[0]}"
    editing = {"api": folder, "feeds": folder} if volume == "feed-list" else {"api": folder}  # feeds also by command
    assert mounted == {reader: f"{folder}:ro", "operator": f"{folder}:ro", **editing}
    for name in (reader, "operator"):
        assert f"/var/lib/wirewatch/{file}" in service(name)["environment"][f"WIREWATCH_{setting}"]
    # One file, whatever .env has the services read beside it.
    edited = service("api")["environment"][f"WIREWATCH_API_{setting.partition('_')[2]}"]
    assert edited == f"/var/lib/wirewatch/{file}"
    image = (ROOT / "deploy/docker/Dockerfile").read_text()
    # A volume begins as what the image has there: a copy of the shipped file, or an empty folder.
    assert folder in image
    assert "/" not in file or f"seeds/{file.partition('/')[2]} /var/lib/wirewatch/{file}" in image


def test_the_demo_says_how_many_feeds_are_its_own() -> None:
    example = (ROOT / ".env.example").read_text()
    assert f"WIREWATCH_API_LOCAL_FEEDS={len(sample_files.read(ROOT / 'seeds/samples'))}\n" in example


def test_redis_lets_nobody_in_without_a_name() -> None:
    lines = (ROOT / "deploy/redis/redis.conf").read_text().splitlines()
    assert "aclfile /run/wirewatch/users.acl" in lines
    assert "protected-mode yes" in lines
