"""The watches: shown, tried on alerts, saved where the notifier reads them, and what they delivered."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis

from services.cli.watches.files import described
from services.cli.watches.trial import judge
from services.contracts.messages import Alert
from services.desk.versions import Versions, read_as_file
from services.notifier.core.deliveries import TestRequest
from services.notifier.core.watches import WatchFile
from services.notifier.edges import watch_file
from services.notifier.edges.redis import RedisOutbox, ask_for_test
from services.notifier.settings import default_path
from services.runtime.errors import TransientError, UnusableFilesError, UsageError
from services.runtime.redis.connection import FAILURES, RedisCalls

_READ_ONLY = "This api has no watches to edit: set WIREWATCH_API_WATCHES to the file that the notifier reads."


class Watches:
    """The watch file ``path``. Without one the shipped file is shown, and nothing is changed."""

    def __init__(self, path: Path | None, redis: Redis, calls: RedisCalls) -> None:
        self._path = path
        self._redis = redis
        self._outbox = RedisOutbox(redis, calls, remember=timedelta(days=8))
        self._writing = asyncio.Lock()

    async def listed(self) -> Mapping[str, Any]:
        """``editable``, ``versions``, ``problems``, and ``watches`` in words.

        The text, which may hold addresses, is for editors: :meth:`text`.
        """

        def read() -> dict[str, Any]:
            try:
                return {"problems": (), "watches": described(self._read())}
            except UnusableFilesError as refused:
                return {"problems": refused.problems, "watches": []}

        held = Versions(self._read()).count() if self._path else 0
        return {"editable": self._path is not None, "versions": held, **await asyncio.to_thread(read)}

    async def text(self) -> str:
        """The file."""
        return await asyncio.to_thread(self._read().read_text, encoding="utf-8")

    async def tried(self, text: str, alerts: Sequence[Alert]) -> Mapping[str, Any]:
        """``problems`` of a file, and what it would have delivered of ``alerts``, beside the one in force."""

        def trial() -> dict[str, Any]:
            try:
                changed = _parsed(text)
            except UnusableFilesError as refused:
                return {"problems": refused.problems, "raised": (), "summary": None}
            raised, summary = judge(alerts, changed=changed, current=watch_file.parse(self._read()))
            return {"problems": (), "raised": raised, "summary": summary}

        return await asyncio.to_thread(trial)

    async def save(self, text: str) -> Sequence[str]:
        """Save a file that can be used; what is wrong with it otherwise. The notifier looks its secrets up itself."""
        path = self._editable()
        try:
            await asyncio.to_thread(_parsed, text)
        except UnusableFilesError as refused:
            return refused.problems
        async with self._writing:
            await asyncio.to_thread(Versions(path).save, text)
        return ()

    async def undo(self) -> bool:
        """Bring back the version before; false where there is none."""
        async with self._writing:
            return await asyncio.to_thread(Versions(self._editable()).undo)

    async def test(self, watch_id: str, by: str) -> int:
        """Have the notifier send a test through every channel of a watch in force; how many these are."""
        file = await asyncio.to_thread(watch_file.parse, self._read())
        watch = file.watch(watch_id)
        if watch is None:
            raise UsageError(f"There is no watch {watch_id!r} in the file that is in force.")
        try:
            await ask_for_test(self._redis, TestRequest(id=uuid4().hex, watch_id=watch_id, by=by))
        except FAILURES as error:
            raise TransientError(f"Redis cannot be written: {error}") from error
        return len(watch.channels)

    async def deliveries(self, limit: int) -> Sequence[Any]:
        """What was delivered, waits or was given up, the newest first."""
        try:
            return await self._outbox.listed(limit=limit)
        except FAILURES as error:
            raise TransientError(f"Redis cannot be read: {error}") from error

    def _read(self) -> Path:
        return self._path if self._path is not None and self._path.is_file() else default_path()

    def _editable(self) -> Path:
        if self._path is None:
            raise UsageError(_READ_ONLY)
        return self._path


def _parsed(text: str) -> WatchFile:
    return read_as_file(text, "watches.yaml", watch_file.parse)
