"""uvicorn as a service of ours: signals and logs stay with the process."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI

from services.api.edges.http import PromptH11Protocol
from services.runtime.errors import UsageError
from services.runtime.process.logging import get

log = get(__name__)

GRACE_SECONDS = 3  # for answers under way; open streams end at once, and their clients connect again


class ApiService:
    """See :class:`services.runtime.process.run.Service`."""

    def __init__(
        self,
        app: FastAPI,
        *,
        host: str,
        port: int,
        closing: asyncio.Event,
        close: Callable[[], Awaitable[None]],
        check: Callable[[], Awaitable[None]],
        beside: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """``check`` is called first, ``closing`` is set to end the open streams, ``close`` is called last.

        ``beside`` runs while the api does.
        """
        self._host = host
        self._port = port
        self._closing = closing
        self._close = close
        self._check = check
        self._beside = beside
        self._running: asyncio.Task[None] | None = None
        self._server = _Server(
            uvicorn.Config(
                app,
                http=PromptH11Protocol,
                access_log=False,
                log_config=None,
                lifespan="off",
                server_header=False,
                proxy_headers=False,  # X-Forwarded-* is not trusted
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._serving: asyncio.Task[None] | None = None
        self.address: str | None = None

    async def start(self) -> None:
        """Listen. Raises :class:`UsageError` where the port is taken, and what the check raises."""
        await self._check()
        listener = _listen(self._host, self._port)
        port: int = listener.getsockname()[1]
        self.address = f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{port}"
        self._running = asyncio.create_task(self._beside(), name="api.beside")
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="api.http")
        listening = asyncio.ensure_future(self._server.listening.wait())
        await asyncio.wait({listening, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        log.info("listening", address=self.address)

    async def stop(self) -> None:
        self._closing.set()
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.wait({self._serving})
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
        await self._close()

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
