"""The archive's file, read for one question at a time, in a thread."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from services.api.errors import QueryError
from services.archive_store.database import reading
from services.archive_store.errors import ArchiveFileError, SearchError
from services.archive_store.recent import RecentArticle, recent_articles, recent_beside
from services.runtime.errors import TransientError
from services.runtime.process.logging import get

log = get(__name__)

T = TypeVar("T")

_AT_ONCE = 4  # questions: more would only share the same processor


class ArchiveReader:
    """The archive's file, and the one with the articles of the last days beside it. Raises ``TransientError``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def recent(self) -> Sequence[RecentArticle]:
        """The unique articles of the last days, the newest first."""
        async with self._places:
            return await asyncio.to_thread(recent_articles, recent_beside(self._path))

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """The answer of ``question``, which is given a read-only connection. Raises ``QueryError``, too."""
        async with self._places:
            try:
                return await asyncio.to_thread(self._ask, question)
            except SearchError as error:
                raise QueryError(str(error)) from None
            except ArchiveFileError as error:
                log.warning("archive_unreadable", error=str(error))
                raise TransientError("The archive cannot be read now: its service and the log say why.") from error

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        with reading(self._path) as db:
            return question(db)
