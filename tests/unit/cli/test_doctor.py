"""``wirewatch doctor``: each thing that can be wrong is found, said with what to do, and counted in the exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli.app import build
from services.cli.doctor import checks as examination
from services.cli.doctor.checks import Finding
from services.runtime.kafka import topics
from services.runtime.kafka.connection import RedisAccess

pytestmark = pytest.mark.usefixtures("process_as_it_was")

WELL = {"maxmemory_policy": "noeviction", "used_memory": 1 << 20, "maxmemory": 1 << 30, "aof_enabled": 1}
REDIS = RedisAccess("redis://r:1/0")


def of(found: list[Finding], check: str) -> list[Finding]:
    return [finding for finding in found if finding.check == check]


def doctor(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    done = CliRunner().invoke(build(), ["doctor", "--json", *arguments])
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def test_without_servers_the_files_are_looked_at_all_the_same() -> None:
    code, found = doctor()
    states = {finding["check"]: finding["state"] for finding in found}
    assert states["broker"] == states["store"] == "skipped"
    assert {states[check] for check in ("settings", "feeds", "topic packs", "severity", "watches", "schemas")} == {"ok"}
    assert states["contact"] == "warn"
    assert code == 0
    assert all(finding["fix"] for finding in found if finding["state"] in ("warn", "fail", "skipped"))


def test_servers_that_are_away_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "ANSWER_WITHIN_SECONDS", 0.2)
    code, found = doctor("--kafka", "127.0.0.1:1", "--redis", "redis://127.0.0.1:1/0")
    failed = {finding["check"] for finding in found if finding["state"] == "fail"}
    assert failed == {"broker", "store"}
    assert code == 1


def test_a_person_reads_a_table() -> None:
    shown = CliRunner().invoke(build(), ["doctor"]).stdout
    assert "what to do" in shown
    assert "checks: 0 failed" in shown


@pytest.mark.parametrize(
    ("change", "check", "state"),
    [
        ({}, "memory", "ok"),
        ({"maxmemory_policy": "allkeys-lru"}, "memory", "fail"),
        ({"maxmemory": 0}, "memory", "warn"),
        ({"used_memory": int(0.85 * (1 << 30))}, "memory", "warn"),
        ({"used_memory": 1 << 30}, "memory", "fail"),
        ({"aof_enabled": 0}, "persistence", "fail"),
        ({"aof_last_write_status": "err"}, "persistence", "fail"),
        ({}, "persistence", "ok"),
    ],
)
def test_a_store_that_would_lose_something_is_said(change: dict[str, Any], check: str, state: str) -> None:
    found = list(examination.store_as_needed(REDIS, WELL | change))
    (finding,) = of(found, check)
    assert finding.state == state
    assert bool(finding.fix) == (state != "ok")


@pytest.mark.parametrize(("seconds", "state"), [(0.1, "ok"), (-5, "warn"), (60, "fail"), (-60, "fail")])
def test_a_clock_that_is_off(seconds: float, state: str) -> None:
    assert examination.clock(seconds).state == state


def test_topics_are_held_against_their_declaration() -> None:
    declared = topics.read()
    standing = {
        name: topics.Found(topic.partitions, float(topic.retention_days), 1) for name, topic in declared.items()
    }
    assert examination.topics_as_declared(declared, standing).state == "ok"
    assert examination.topics_as_declared(declared, dict(list(standing.items())[1:])).state == "fail"
    short = standing | {"alerts": topics.Found(1, 2.0, 1)}
    finding = examination.topics_as_declared(declared, short)
    assert finding.state == "warn"
    assert "alerts keeps 2 days" in finding.found
    forever = standing | {"alerts": topics.Found(4, None, 1)}
    assert examination.topics_as_declared(declared, forever).state == "ok"


def test_a_file_that_is_wrong_is_named(tmp_path: Path) -> None:
    feeds = tmp_path / "feeds.opml"
    feeds.write_text("<opml")
    found = list(examination.configuration({"WIREWATCH_POLLER_FEEDS": str(feeds)}))
    (finding,) = of(found, "feeds")
    assert finding.state == "fail"
    assert str(feeds) in finding.fix
    found = list(examination.configuration({"WIREWATCH_TAGGER_PAKCS": "x"}))
    (finding,) = of(found, "settings")
    assert "WIREWATCH_TAGGER_PACKS" in finding.fix


@pytest.mark.parametrize(("mode", "state"), [(0o400, "ok"), (0o440, "ok"), (0o444, "fail"), (0o460, "fail")])
def test_a_secret_that_others_can_use(tmp_path: Path, mode: int, state: str) -> None:
    file = tmp_path / "password"
    file.write_text("secret")
    file.chmod(mode)
    (finding,) = examination.secret_files({"WIREWATCH_KAFKA_PASSWORD_FILE": str(file)})
    assert finding.state == state
    assert "secret\n" not in finding.found


def test_a_secret_that_is_not_there(tmp_path: Path) -> None:
    (finding,) = examination.secret_files({"WIREWATCH_API_TOKEN_FILE": str(tmp_path / "absent")})
    assert finding.state == "fail"
    assert "No such file" in finding.found


def test_a_disk_that_is_nearly_full(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for free, state in ((10 << 30, "ok"), (1 << 30, "warn"), (1 << 20, "fail")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free, total=1 << 40))
        finding = examination.disk({"WIREWATCH_LOCAL_HOME": str(tmp_path / "not" / "yet")})
        assert finding.state == state
        assert str(tmp_path) in finding.found


def test_memory_of_a_container_is_no_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 20, total=64 << 20))
    assert examination.disk({"WIREWATCH_LOCAL_HOME": str(tmp_path / "absent")}).state == "skipped"
    assert examination.disk({"WIREWATCH_LOCAL_HOME": str(tmp_path)}).state == "fail"


def test_what_reads_the_worlds_bytes_is_recent_enough() -> None:
    """The floor holds on every machine that tests this; what is wanted beyond it is a warning of ``doctor``."""
    found = {finding.check: finding for finding in examination.versions()}
    assert found["expat"].state in ("ok", "warn")
    assert found["openssl"].state == "ok"
