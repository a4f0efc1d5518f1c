"""Which processes make up the line, and servers that are named but not there."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from services.local import pipeline, probes
from services.local.home import Home
from services.local.token import own_token
from services.poller.settings import PollerSettings
from services.runtime.errors import UsageError
from services.runtime.files import shipped as files
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.process import settings
from services.runtime.services import names
from tests.support.stack import quiet

AT = pipeline.Servers(KafkaAccess("127.0.0.1:1"), RedisAccess("redis://127.0.0.1:2/0"), ())


def a_closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_a_broker_that_is_away_is_named(tmp_path: Path) -> None:
    address = f"127.0.0.1:{a_closed_port()}"
    with pytest.raises(UsageError, match=rf"^WIREWATCH_KAFKA is set, and Kafka gives no answer at {address}: "):
        pipeline.servers(Home(tmp_path), {"WIREWATCH_KAFKA": address}, quiet)


def test_a_store_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    address = f"redis://user:secret@127.0.0.1:{a_closed_port()}/0"
    with pytest.raises(UsageError, match="WIREWATCH_REDIS is set, and Redis gives no answer at") as caught:
        pipeline._require("Redis", "WIREWATCH_REDIS", probes.store(RedisAccess(address)))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("variable", ["WIREWATCH_KAFKA", "WIREWATCH_REDIS"])
@pytest.mark.parametrize("address", ["nonsense", "http://host:port"])
def test_what_is_no_address_is_a_sentence(variable: str, address: str) -> None:
    kafka, store = probes.kafka(KafkaAccess(address)), probes.store(RedisAccess(address))
    problem = (kafka if variable == "WIREWATCH_KAFKA" else store)()
    assert problem is not None
    assert "that is not " in problem


def test_something_else_at_the_brokers_address_is_no_broker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        problem = probes.kafka(KafkaAccess(f"127.0.0.1:{other.getsockname()[1]}"))()
    assert problem is not None


def test_every_service_has_its_own_operations_port_and_the_same_servers(tmp_path: Path) -> None:
    planned = pipeline.plan(Home(tmp_path), {"PATH": "/bin"}, AT, with_samples=True)
    environments = {service.program.name: service.program.environment for service in planned.services}
    assert set(environments) == set(names(demo=True))
    assert len({each["WIREWATCH_OPS_PORT"] for each in environments.values()}) == len(environments)
    assert {each["WIREWATCH_KAFKA"] for each in environments.values()} == {AT.kafka.servers}
    assert {each["WIREWATCH_REDIS"] for each in environments.values()} == {AT.redis.address}


def test_the_poller_is_given_the_sample_feeds_beside_its_own(tmp_path: Path) -> None:
    planned = pipeline.plan(Home(tmp_path), {"WIREWATCH_POLLER_FEEDS": "/mine.opml"}, AT, with_samples=True)
    poller = next(service for service in planned.services if service.program.name == "poller")
    samples = tmp_path / "samples.opml"
    assert poller.program.environment["WIREWATCH_POLLER_FEEDS"] == f"{samples},/mine.opml"
    assert planned.samples is not None
    assert f'xmlUrl="{planned.samples}/harbour-review.xml"' in samples.read_text()
    assert poller.program.environment["WIREWATCH_POLLER_ALLOW_PRIVATE"] == planned.samples.removeprefix("http://")


def test_a_home_with_a_comma_is_one_list_and_not_two(tmp_path: Path) -> None:
    home = Home(tmp_path / "news, world")
    home.path.mkdir()
    (home.path / "feeds.opml").write_text("<opml/>")
    planned = pipeline.plan(home, {}, AT, with_samples=True)
    environ = next(service for service in planned.services if service.program.name == "poller").program.environment
    read = settings.load(PollerSettings, "poller", environ).feeds
    assert read == (str(home.path / "samples.opml"), str(home.path / "feeds.opml"))


def test_the_poller_reads_a_list_that_people_can_change_while_it_runs(tmp_path: Path) -> None:
    planned = pipeline.plan(Home(tmp_path / "home"), {}, AT, with_samples=False)
    assert planned.samples is None
    own = tmp_path / "home" / "feeds.opml"
    assert planned.services[0].program.environment["WIREWATCH_POLLER_FEEDS"] == str(own)
    assert own.read_bytes() == (files.seeds() / "feeds.opml").read_bytes()
    own.write_text("mine")
    pipeline.plan(Home(tmp_path / "home"), {}, AT, with_samples=False)
    assert own.read_text() == "mine"


@pytest.mark.parametrize("with_samples", [True, False])
def test_a_list_that_was_edited_here_takes_the_place_of_the_shipped_one(tmp_path: Path, with_samples: bool) -> None:
    edited = tmp_path / "feeds.opml"
    edited.write_text("<opml/>")
    planned = pipeline.plan(Home(tmp_path), {}, AT, with_samples=with_samples)
    poller = next(service for service in planned.services if service.program.name == "poller")
    assert poller.program.environment["WIREWATCH_POLLER_FEEDS"].split(",")[-1] == str(edited)


def test_a_second_run_keeps_its_ports(tmp_path: Path) -> None:
    environ = {"WIREWATCH_API_PORT": "18080"}
    first = pipeline.plan(Home(tmp_path), environ, AT, with_samples=True)
    second = pipeline.plan(Home(tmp_path), environ, AT, with_samples=True)
    assert [service.address for service in first.services] == [service.address for service in second.services]
    assert (first.samples, first.api) == (second.samples, "http://127.0.0.1:18080")


def test_a_given_port_that_is_taken_is_named_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"^WIREWATCH_API_PORT is {port}, where something else listens already"):
            pipeline.plan(Home(tmp_path), {"WIREWATCH_API_PORT": str(port)}, AT, with_samples=False)


def test_port_zero_is_a_free_one_that_is_known_and_kept(tmp_path: Path) -> None:
    environ = {"WIREWATCH_API_PORT": "0", "WIREWATCH_SAMPLES_PORT": "0"}
    first = pipeline.plan(Home(tmp_path), environ, AT, with_samples=True)
    second = pipeline.plan(Home(tmp_path), environ, AT, with_samples=True)
    assert first.samples is not None
    assert not first.api.endswith(":0")
    assert not first.samples.endswith(":0")
    assert (first.api, first.samples) == (second.api, second.samples)
    given = {service.program.name: service.program.environment for service in first.services}
    assert first.api.endswith(f":{given['api']['WIREWATCH_API_PORT']}")


def test_embedded_servers_are_not_asked_as_somebody_elses_user(tmp_path: Path) -> None:
    users = {"WIREWATCH_KAFKA_USER": "u", "WIREWATCH_KAFKA_PASSWORD_FILE": "p", "WIREWATCH_REDIS_PASSWORD_FILE": "p"}
    for named, kept in (({}, set()), ({"WIREWATCH_KAFKA": "k:1", "WIREWATCH_REDIS": "redis://r:1/0"}, set(users))):
        planned = pipeline.plan(Home(tmp_path), {**users, **named}, AT, with_samples=False)
        for service in planned.services:
            assert users.keys() & service.program.environment.keys() == kept


def test_the_page_is_opened_with_a_token_where_no_file_of_tokens_is_given(tmp_path: Path) -> None:
    planned = pipeline.plan(Home(tmp_path), {"WIREWATCH_API_PORT": "18080"}, AT, with_samples=False)
    api = next(service for service in planned.services if service.program.name == "api").program.environment
    assert api["WIREWATCH_API_TOKEN_FILE"] == str(tmp_path / "tokens")
    assert planned.page == f"http://127.0.0.1:18080/#token={own_token(tmp_path / 'tokens')}"
    own = {"WIREWATCH_API_PORT": "18080", "WIREWATCH_API_TOKEN_FILE": "/mine"}
    assert pipeline.plan(Home(tmp_path), own, AT, with_samples=False).page == "http://127.0.0.1:18080"
