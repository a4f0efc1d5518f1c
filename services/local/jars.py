"""The broker's jar files: fetched once into the Maven cache, and checked against a committed list before every start.

The list (``jars.sha256``, in the form of sha256sum) was taken from the versions named here; it is made anew with
``python -m services.local.jars`` when a version changes, and the difference is reviewed like code.
"""

import contextlib
import fcntl
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import shorten
from typing import Any
from urllib.parse import urlsplit

from services.local.errors import NotEmbeddedError
from services.runtime.errors import UsageError

KAFKA_VERSION = "4.3.1"  # the same as in docker-compose.yml
_KAFKA = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
# Without a binding for SLF4J the broker logs nothing. Resolved by itself: joined to Kafka's, its bill of materials
# pulls in another kafka-clients, and the broker dies with NoSuchMethodError.
_LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
_LOGGING_JAR = "log4j-slf4j-impl"

LIST = Path(__file__).with_name("jars.sha256")

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are done, and how many there are."""


def classpath(progress: Progress, remembered: Path | None = None) -> list[Path]:
    """Paths of the jars in the order of the class path, each with the hash of the list. Raises :class:`UsageError`.

    ``remembered`` is a file that keeps the paths: looking them up anew takes half a second and 20 MB.
    """
    paths = _read(remembered) if remembered else []
    if not paths:
        paths = _fetch(progress)
        if remembered:
            remembered.write_text(json.dumps([str(path) for path in paths]), encoding="utf-8")
    verify(paths, LIST)
    return paths


def _read(remembered: Path) -> list[Path]:
    """The paths of the last start; none where one is gone or the list names other jars by now."""
    try:
        paths = [Path(name) for name in json.loads(remembered.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []
    are_listed = {path.name for path in paths} == _hashes(LIST).keys()
    return paths if are_listed and all(path.is_file() for path in paths) else []


def _hashes(list_file: Path) -> dict[str, str]:
    """SHA-256 by the name of the jar."""
    return {name: value for value, name in (line.split() for line in list_file.read_text().splitlines() if line)}


def verify(paths: list[Path], list_file: Path) -> None:
    """Raise :class:`UsageError` unless ``paths`` are exactly the files of the list, with their hashes."""
    expected = _hashes(list_file)
    missing = expected.keys() - {path.name for path in paths}
    if missing:
        raise UsageError(f"The broker's jars are incomplete, {min(missing)} is missing: {_again(paths)}.")
    for path in paths:
        if path.name not in expected:
            raise UsageError(f"{path} is not in {list_file.name}, the list of tested jars: {_again(paths)}.")
        if _sha256(path) != expected[path.name]:
            raise UsageError(f"{path} has another SHA-256 than {list_file.name} says: delete it and start again.")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Wait for whoever fetches already: two that fetch one jar at the same time fail."""
    cache = Path.home() / ".m2"
    cache.mkdir(exist_ok=True)
    with (cache / "wirewatch.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(progress: Progress) -> list[Path]:
    try:
        with _alone():
            return _resolve(progress)
    except ImportError as error:
        raise NotEmbeddedError("jgo", "WIREWATCH_KAFKA") from error
    except Exception as error:  # jgo documents no error types: whatever it raises, the jars cannot be had
        raise UsageError(
            f"The broker's jars cannot be fetched ({_in_short(error)}): connect to the network once, "
            f"or set WIREWATCH_KAFKA to a broker that is there already."
        ) from error


def _resolve(progress: Progress) -> list[Path]:
    import jgo

    progress("looking up the broker's jars", 0, 0)
    artifacts: list[Any] = list(jgo.resolve(_KAFKA))
    artifacts += [item for item in jgo.resolve(_LOGGING) if item.artifactId == _LOGGING_JAR]
    absent = [item for item in artifacts if not (item.cached_path and item.cached_path.exists())]
    for done, item in enumerate(absent):
        progress("fetching the broker's jars", done, len(absent))
        item.resolve()
    return [Path(item.resolve()) for item in artifacts]


def _in_short(error: BaseException) -> str:
    """Why, in a few plain words: what the libraries say of a failed request is for those who debug them."""
    for one in _causes(error):
        host = urlsplit(str(getattr(getattr(one, "request", None), "url", None) or "")).hostname
        if host:
            code = getattr(getattr(one, "response", None), "status_code", None)
            return f"{host} cannot be reached" if code is None else f"{host} answered {code}"
    first = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    return shorten(first.rstrip("."), 120, placeholder=" ...")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _again(paths: list[Path]) -> str:
    folder = next((path.parents[4] for path in paths if path.name.startswith("kafka_")), None)
    return f"delete {folder} and start again" if folder else "delete the Maven cache and start again"


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def _say(what: str, done: int, total: int) -> None:
    sys.stderr.write(f"\r{what} {done}/{total}")


if __name__ == "__main__":
    found = sorted(_fetch(_say), key=lambda path: path.name)
    LIST.write_text("".join(f"{_sha256(path)}  {path.name}\n" for path in found))
