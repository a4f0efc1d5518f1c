"""Opening the file: one writer, any number of readers, and a sentence for everything that is wrong with it."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

from services.archive_store.errors import ArchiveFileError, SearchError
from services.runtime.errors import TransientError

VERSION: Final = 1
APPLICATION: Final = 0x57575741  # "WWWA": what `file` and SQLite know the file by
_MIGRATIONS: Final[dict[int, str]] = {}  # from a version to the next; the first release has none
_CACHE_KIB = 65_536
_MAPPED_BYTES = 1 << 34
_BUSY_SECONDS = 5.0
ANSWER_WITHIN_SECONDS = 5.0
_OPERATIONS = 20_000  # of SQLite's virtual machine between two looks at the clock
_AWAY: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class Writer:
    """The one writer of a file, which is made where there is none. Raises :class:`ArchiveFileError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = _locked(path)
        try:
            with translated(path):
                self.connection = _open_to_write(path)
        except BaseException:
            os.close(self._lock)
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises :class:`TransientError` (a full disk) and :class:`ArchiveFileError`."""
        with translated(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            try:
                self.connection.execute("COMMIT")
            except sqlite3.Error:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def used_bytes(self) -> int:
        """What the file holds: pages that dropped rows have left free are used again, and do not count."""
        one = self.connection.execute
        size, pages, free = (
            one(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count")
        )
        return int(size * (pages - free))

    def close(self) -> None:
        """Close the file and let another writer have it."""
        self.connection.close()
        os.close(self._lock)


@contextmanager
def reading(path: Path, *, seconds: float | None = ANSWER_WITHIN_SECONDS) -> Iterator[sqlite3.Connection]:
    """A read-only connection for one question, which is cut off after ``seconds``.

    Raises :class:`ArchiveFileError`, :class:`SearchError` where the answer takes too long, and
    :class:`TransientError`.
    """
    if not path.is_file():
        raise ArchiveFileError(f"There is no archive at {path}: the service `archive` makes it when it starts.")
    with translated(path):
        connection = open_read_only(path)
        if seconds is not None:
            deadline = time.monotonic() + seconds
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _OPERATIONS)
        try:
            _require_version(connection, path)
            yield connection
        finally:
            connection.close()


def _open_to_write(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes is read from Kafka again
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that reads alone.

    Where the folder may not be written and nobody has the file open, there is no log to read: it is as it stands.
    """
    for options in ("mode=ro", "mode=ro&immutable=1"):
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?{options}", uri=True, check_same_thread=False)
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
        else:
            return connection
    raise ArchiveFileError(f"{path} cannot be read: look at the rights of the file and its folder.")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if kind == sqlite3.SQLITE_INTERRUPT:
            raise SearchError(
                f"The search takes longer than {ANSWER_WITHIN_SECONDS:g} s: add a word, a filter or a time."
            ) from None
        if kind in _AWAY:
            raise TransientError(f"{path} cannot be used now: {error}") from error
        if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise ArchiveFileError(
                f"{path} is damaged ({error}): move it away, and put a backup in its place or none: "
                "the archive reads what is missing from Kafka again."
            ) from error
        if kind in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            raise ArchiveFileError(f"{path} cannot be opened ({error}): look at the rights of its folder.") from error
        raise


def _locked(path: Path) -> int:
    """Hold ``path`` for this process: two writers would each have half of the topics."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ArchiveFileError(f"{path} cannot be written: {error.strerror}. Set WIREWATCH_ARCHIVE_FILE.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise ArchiveFileError(
            f"{path} is written by another archive: give this one a file (WIREWATCH_ARCHIVE_FILE) "
            "and a name (WIREWATCH_ARCHIVE_COPY) of its own."
        ) from None
    return lock


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Make the schema, or bring an older one to this version, in one transaction."""
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
        schema = files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
        marks = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
        connection.executescript(f"BEGIN IMMEDIATE; {schema} {marks} COMMIT;")
        return
    version = _require_version(connection, path)
    while version < VERSION:
        connection.executescript(
            f"BEGIN IMMEDIATE; {_MIGRATIONS[version]} PRAGMA user_version = {version + 1}; COMMIT;"
        )
        version += 1


def _require_version(connection: sqlite3.Connection, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION:
        raise ArchiveFileError(f"{path} is no archive of Wirewatch: give the archive a file of its own.")
    if version > VERSION:
        raise ArchiveFileError(
            f"{path} is of version {version}, and this Wirewatch knows {VERSION}: use the Wirewatch that wrote it."
        )
    return version
