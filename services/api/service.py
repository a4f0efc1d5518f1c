"""uvicorn as a service of ours: signals and logs stay with the process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI

from services.api.edges.http import PromptH11Protocol
from services.runtime.errors import UsageError
from services.runtime.process import tasks
from services.runtime.process.logging import get

log = get(__name__)

GRACE_SECONDS = 3  # for answers under way; open streams end at once, and their clients connect again


@dataclass(slots=True, kw_only=True)
class ApiService:
    """See :class:`services.runtime.process.run.Service`.

    ``check`` is called first, ``closing`` is set to end the open streams, ``close`` is called last; ``beside`` runs
    while the api does.
    """

    app: FastAPI
    host: str
    port: int
    closing: asyncio.Event
    close: Callable[[], Awaitable[None]]
    check: Callable[[], Awaitable[None]]
    beside: Callable[[], Coroutine[Any, Any, None]]
    address: str | None = None
    _server: _Server = field(init=False)
    _serving: asyncio.Task[None] | None = None
    _running: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        config = uvicorn.Config(
            self.app,
            http=PromptH11Protocol,
            access_log=False,
            log_config=None,
            lifespan="off",
            server_header=False,
            proxy_headers=False,  # X-Forwarded-* is not trusted
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = _Server(config)

    async def start(self) -> None:
        """Listen. Raises :class:`UsageError` where the port is taken, and what the check raises."""
        await self.check()
        listener = _listen(self.host, self.port)
        port: int = listener.getsockname()[1]
        self.address = f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{port}"
        self._running = asyncio.create_task(self.beside(), name="api.beside")
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="api.http")
        listening = asyncio.ensure_future(self._server.listening.wait())
        await asyncio.wait({listening, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        log.info("listening", address=self.address)

    async def stop(self) -> None:
        self.closing.set()
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.wait({self._serving})
        if self._running is not None:
            await tasks.end([self._running])
        await self.close()

    async def ended(self) -> None:
        if self._serving is not None:
            await asyncio.shield(self._serving)

    def ready(self) -> str | None:
        return None if self._server.started else "not listening yet"

    def note(self) -> str | None:
        return None

    def healthy(self) -> str | None:
        if self._running is not None and self._running.done() and self._running.exception() is not None:
            return "nobody looks at how the services stand"
        return None


class _Server(uvicorn.Server):
    """Leaves the signals to ``runtime.process``, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, asyncio turns Nagle's algorithm off for every connection; without it a small answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"The api cannot listen on {host}:{port} ({error.strerror}): set WIREWATCH_API_HOST and WIREWATCH_API_PORT."
        ) from None
    return listener
