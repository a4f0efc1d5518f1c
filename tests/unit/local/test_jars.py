"""The broker's jars are exactly the tested ones, or nothing starts."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.local import jars
from services.runtime.errors import UsageError
from tests.support.stack import quiet


@pytest.fixture
def fetched(tmp_path: Path) -> tuple[list[Path], Path]:
    """Two files and the list that names them."""
    paths = [tmp_path / "kafka_2.13-1.jar", tmp_path / "scala.jar"]
    for path in paths:
        path.write_bytes(path.name.encode())
    listed = tmp_path / "jars.sha256"
    listed.write_text("".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths))
    return paths, listed


def test_listed_files_pass(fetched: tuple[list[Path], Path]) -> None:
    jars.verify(*fetched)


def test_another_hash_names_the_file(fetched: tuple[list[Path], Path]) -> None:
    paths, listed = fetched
    paths[1].write_bytes(b"something else")
    with pytest.raises(UsageError, match=r"scala\.jar has another SHA-256 than jars\.sha256 says: delete it"):
        jars.verify(paths, listed)


def test_a_missing_file_is_named(fetched: tuple[list[Path], Path]) -> None:
    paths, listed = fetched
    with pytest.raises(UsageError, match=r"scala\.jar is missing"):
        jars.verify(paths[:1], listed)


def test_a_file_that_is_not_listed_is_named(fetched: tuple[list[Path], Path]) -> None:
    paths, listed = fetched
    extra = paths[0].with_name("extra.jar")
    extra.write_bytes(b"")
    with pytest.raises(UsageError, match=r"extra\.jar is not in jars\.sha256"):
        jars.verify([*paths, extra], listed)


def test_remembered_jars_are_not_looked_up_again_unless_one_is_gone(
    fetched: tuple[list[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, listed = fetched
    asked: list[str] = []

    def look_up(progress: jars.Progress) -> list[Path]:
        asked.append("looked up")
        return paths

    monkeypatch.setattr(jars, "LIST", listed)
    monkeypatch.setattr(jars, "_fetch", look_up)
    remembered = tmp_path / "jars.json"
    assert jars.classpath(quiet, remembered) == jars.classpath(quiet, remembered) == paths
    assert len(asked) == 1
    paths[1].write_bytes(b"something else")
    with pytest.raises(UsageError, match=r"scala\.jar has another SHA-256"):
        jars.classpath(quiet, remembered)
    paths[1].unlink()
    with pytest.raises(UsageError, match=r"scala\.jar cannot be read"):
        jars.classpath(quiet, remembered)
    remembered.write_text("[1")
    with pytest.raises(UsageError):
        jars.classpath(quiet, remembered)
    assert len(asked) == 3


def test_two_do_not_fetch_at_the_same_time(
    fetched: tuple[list[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, listed = fetched
    under_way: list[str] = []

    def resolve(progress: jars.Progress) -> list[Path]:
        assert not under_way
        under_way.append("fetching")
        time.sleep(0.05)
        under_way.clear()
        return paths

    monkeypatch.setattr(jars, "LIST", listed)
    monkeypatch.setattr(jars, "_resolve", resolve)
    monkeypatch.setenv("HOME", str(tmp_path))
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(jars.classpath, [quiet] * 3)) == [paths] * 3


def test_the_committed_list_is_of_one_broker_version() -> None:
    names = [line.split()[1] for line in jars.LIST.read_text().splitlines()]
    assert f"kafka_2.13-{jars.KAFKA_VERSION}.jar" in names
    assert [name for name in names if name.startswith("kafka-clients")] == [f"kafka-clients-{jars.KAFKA_VERSION}.jar"]
    assert len(names) == len(set(names))


@dataclass
class Asked:
    """A request or a response as requests has them on its errors."""

    url: str = ""
    status_code: int = 0


class RequestFailed(OSError):
    """An error of requests: what was asked, what was answered, and a text for those who debug it."""

    def __init__(self, answered: int | None = None) -> None:
        super().__init__(f"HTTPSConnectionPool(host='jars.example', port=443): Max retries exceeded {'x' * 300}")
        self.request = Asked(url="https://jars.example/maven2/kafka.pom")
        self.response = Asked(status_code=answered) if answered else None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RequestFailed(), "jars.example cannot be reached"),
        (RequestFailed(answered=503), "jars.example answered 503"),
        (ValueError("No version available for kafka.\nmore"), "No version available for kafka"),
        (RuntimeError(), "RuntimeError"),
        (RuntimeError("many words " * 30), "many words " * 10 + "many ..."),
    ],
)
def test_why_the_jars_cannot_be_had_is_one_clean_sentence(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def resolve(_: str) -> None:
        if isinstance(error, OSError):
            raise RuntimeError(str(error)) from error
        raise error

    monkeypatch.setattr("jgo.resolve", resolve)
    with pytest.raises(UsageError) as caught:
        jars.classpath(quiet)
    assert str(caught.value) == (
        f"The broker's jars cannot be fetched ({said}): connect to the network once, "
        "or set WIREWATCH_KAFKA to a broker that is there already."
    )
