"""The secrets of the Compose stack are random, made once, and readable by their owner and group only."""

from __future__ import annotations

import importlib.util
import json
import re
import stat
from base64 import b64decode
from hashlib import pbkdf2_hmac, sha256
from pathlib import Path
from types import ModuleType

import pytest

from services.api.core.tokens import User, parse
from services.runtime.kafka import acl as rights
from services.runtime.kafka import topics
from services.runtime.services import declared
from tests.unit.deploy.compose import ROOT, services


@pytest.fixture
def make_secrets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_secrets", ROOT / "deploy/docker/make_secrets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(make_secrets: ModuleType, tmp_path: Path) -> Path:
    for name in make_secrets.SECRETS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
    return tmp_path


DERIVED = {
    *("topics/users", "kafka/scram", "exporter/passwords.json"),
    *("redis/users.acl", "redis/replication.conf", "redis/sentinel.conf"),
}
ACL = (ROOT / "deploy/redis/users.acl").read_text()


def contents(folder: Path) -> dict[str, str]:
    """The secrets themselves; what is written from them is in DERIVED."""
    found = {str(file.relative_to(folder)): file.read_text() for file in folder.glob("*/*")}
    return {name: content for name, content in found.items() if name not in DERIVED}


def run(make_secrets: ModuleType, folder: Path) -> int:
    code: int = make_secrets.main([str(folder)], lambda: ACL)
    return code


def test_made_once_and_kept(make_secrets: ModuleType, folder: Path) -> None:
    assert run(make_secrets, folder) == 0
    first = contents(folder)
    assert set(first) == set(make_secrets.SECRETS)
    assert len(set(first.values())) == len(first)
    assert all(len(value) >= 32 for value in first.values())
    assert run(make_secrets, folder) == 0
    assert contents(folder) == first


def test_there_is_a_token_for_each_who_writes_on_the_page(make_secrets: ModuleType, folder: Path) -> None:
    tokens = folder / "api/tokens"
    tokens.write_text("analyst: the-token-from-before-there-were-editors")
    run(make_secrets, folder)
    lines = tokens.read_text().splitlines()
    assert lines[0] == "analyst: the-token-from-before-there-were-editors"
    given = [line.partition(": ")[2] for line in lines]
    assert [parse(lines).user_of(token) for token in given] == [User("analyst", "analyst"), User("editor", "editor")]
    run(make_secrets, folder)
    assert tokens.read_text().splitlines() == lines


def test_nobody_else_can_read_them(make_secrets: ModuleType, folder: Path) -> None:
    run(make_secrets, folder)
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.glob("*/*")} == {0o440}


def test_never_said_aloud(make_secrets: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(make_secrets, folder)
    said = capsys.readouterr()
    for content in contents(folder).values():
        assert content.split()[-1] not in said.out + said.err


def test_servers_are_told_hashes_and_every_user_is_known_to_his_server(make_secrets: ModuleType, folder: Path) -> None:
    run(make_secrets, folder)
    secrets = contents(folder)
    for name in ("kafka/scram", "redis/users.acl"):
        told = (folder / name).read_text()
        assert not any(secret.strip() in told for name, secret in secrets.items() if name.endswith("redis_password"))
        assert "$" not in told
    users = dict(line.split() for line in (folder / "topics/users").read_text().splitlines())
    assert users == {user: secrets[f"{user}/kafka_password"] for user in rights.users(topics.read().values())}
    for line in (folder / "redis/users.acl").read_text().splitlines():
        _, user, state, credential, *_ = line.split()
        if state == "on":
            secret = secrets.get(f"{user}/redis_password") or secrets[f"redis/{user}_password"]
            assert credential == "#" + sha256(secret.encode()).hexdigest()
    passwords = json.loads((folder / "exporter/passwords.json").read_text())
    assert set(passwords.values()) == {secrets["exporter/redis_password"]}


def test_the_broker_knows_the_password_by_its_salted_hash(make_secrets: ModuleType, folder: Path) -> None:
    """RFC 5802: SaltedPassword := Hi(password, salt, iterations)."""
    run(make_secrets, folder)
    line = (folder / "kafka/scram").read_text().splitlines()[1]
    found = re.fullmatch(r'SCRAM-SHA-512=\[name=admin,iterations=8192,salt="(.+)",saltedpassword="(.+)"\]', line)
    assert found is not None
    salt, salted = (b64decode(part) for part in found.groups())
    password = (folder / "topics/kafka_password").read_bytes()
    assert pbkdf2_hmac("sha512", password, salt, 8192) == salted


def test_a_folder_that_is_not_there(
    make_secrets: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(make_secrets, tmp_path / "absent") == 2
    assert f"cannot write to {tmp_path / 'absent'}" in capsys.readouterr().err


def test_each_folder_is_a_volume_seen_only_by_who_needs_it(make_secrets: ModuleType) -> None:
    folders = {name.split("/")[0] for name in make_secrets.SECRETS}
    seen = {
        (name, volume.split(":")[0])
        for name, definition in services().items()
        for volume in definition.get("volumes", ())
        if "secrets" in volume
    }
    by_service = {name: "redis-exporter" if name == "exporter" else name for name in folders - {"reader"}}
    assert seen == {("secrets", f"{name}-secrets") for name in folders} | {
        (service, f"{name}-secrets") for name, service in by_service.items()
    }
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
    found = re.search(r"for folder in (.*?); do", dockerfile)
    assert found is not None
    assert set(found[1].split()) == folders


def test_every_service_gets_a_password_for_each_server_it_needs(make_secrets: ModuleType) -> None:
    needed = declared().values()
    assert set(make_secrets.KAFKA_USERS) == {one.name for one in needed if one.kafka} | {"operator", "reader"}
    assert set(make_secrets.REDIS_USERS) == {one.name for one in needed if one.redis} | {"operator"}
