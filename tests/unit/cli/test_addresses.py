"""Addresses: option before environment before the running instance, and a sentence that helps where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cli import addresses
from services.runtime.errors import UsageError

pytestmark = pytest.mark.usefixtures("process_as_it_was")


def noted(text: str) -> None:
    Path(".wirewatch").mkdir()
    Path(".wirewatch/run.json").write_text(text)


def test_option_wins_over_environment_and_running_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    noted('{"kafka": "c:3", "redis": "redis://c:3/0", "api": "http://c:3/"}')
    assert str(addresses.kafka(None)) == "c:3"
    assert str(addresses.redis(None)) == "redis://c:3/0"
    monkeypatch.setenv("WIREWATCH_KAFKA", "b:2,b:3")
    assert str(addresses.kafka(None)) == "b:2,b:3"
    assert str(addresses.kafka("a:1")) == "a:1"


def test_home_of_the_running_instance_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"kafka": "d:4"}')
    monkeypatch.setenv("WIREWATCH_LOCAL_HOME", str(tmp_path))
    assert str(addresses.kafka(None)) == "d:4"


def test_no_address_says_how_to_give_one() -> None:
    with pytest.raises(UsageError, match=r"give --kafka host:port, or set WIREWATCH_KAFKA"):
        addresses.kafka(None)


@pytest.mark.parametrize("given", ["nonsense", "host:", ":9092", "http://host:1", "a:1,b"])
def test_wrong_kafka_address_is_quoted(given: str) -> None:
    with pytest.raises(UsageError, match=r"--kafka is .*: give host:port"):
        addresses.kafka(given)


def test_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIREWATCH_REDIS", "localhost")
    with pytest.raises(UsageError, match=r"WIREWATCH_REDIS is 'localhost': give redis://"):
        addresses.redis(None)


@pytest.mark.parametrize("text", ["{", "[]", "\udcff"])
def test_broken_run_file_is_named(text: str) -> None:
    Path(".wirewatch").mkdir()
    Path(".wirewatch/run.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=r"run\.json cannot be read"):
        addresses.kafka(None)


def test_run_file_without_this_server_counts_for_nothing() -> None:
    noted('{"redis": null}')
    with pytest.raises(UsageError, match="No address of Redis is known"):
        addresses.redis(None)


def test_redis_of_the_running_line_is_found_and_no_line_is_no_error() -> None:
    assert addresses.redis_noted() is None
    noted('{"redis": "redis://127.0.0.1:7/0"}')
    assert addresses.redis_noted() == "redis://127.0.0.1:7/0"


def test_the_user_of_the_environment_is_not_that_of_the_running_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    noted('{"kafka": "c:3", "redis": "redis://c:3/0"}')
    password = tmp_path / "password"
    password.write_text("secret")
    monkeypatch.setenv("WIREWATCH_KAFKA_USER", "reader")
    monkeypatch.setenv("WIREWATCH_KAFKA_PASSWORD_FILE", str(password))
    monkeypatch.setenv("WIREWATCH_REDIS_PASSWORD_FILE", str(password))
    assert addresses.kafka(None).user is None
    assert addresses.redis(None).password is None
    given = addresses.kafka("a:1")
    assert (given.user, given.password) == ("reader", "secret")
    assert addresses.redis("redis://a:1/0").password == "secret"
