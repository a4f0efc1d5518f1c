"""Where hubs call back: confirmations by GET, pushes by POST, each on an address that only its hub knows.

The internet can reach nothing else of the poller, and it is off unless the operator names a public address. It answers
only these two; the number of requests, their size and their time are limited. It parses nothing: a push is
verified, stored and acknowledged here, and parsed later in a worker process.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from services.poller.metrics import PollerMetrics
from services.poller.websub.subscriptions import Subscriptions
from services.runtime.http.listener import listen

PUSH_BYTES: Final = 2 * 1024 * 1024
REQUEST_SECONDS: Final = 20.0
AT_ONCE: Final = 32
MAX_QUERY_CHARACTERS: Final = 8000
_PROBLEM: Final = (
    "Cannot listen on {} for hubs ({}): set WIREWATCH_POLLER_WEBSUB_HOST and WIREWATCH_POLLER_WEBSUB_PORT."
)
_STATUS: Final = {"taken": 202, "unsigned": 202, "unknown": 410, "full": 503}


@dataclass(slots=True, kw_only=True)
class CallbackServer:
    """Listens on ``host:port``. The last part of a request's path is the callback's token; what stands before it is
    the proxy's business."""

    host: str
    port: int
    subscriptions: Subscriptions
    metrics: PollerMetrics
    request_seconds: float = REQUEST_SECONDS
    _under_way: int = 0
    _runner: web.AppRunner = field(init=False)

    def __post_init__(self) -> None:
        app = web.Application(client_max_size=PUSH_BYTES)
        app.router.add_get("/{path:.*}", self._confirm)
        app.router.add_post("/{path:.*}", self._push)
        self._runner = web.AppRunner(
            app, access_log=None, auto_decompress=False, keepalive_timeout=15, lingering_time=1, max_field_size=16_380
        )

    async def start(self) -> int:
        """Listen, and return the port. Raises :class:`UsageError` where the address cannot be had."""
        return await listen(self._runner, self.host, self.port, _PROBLEM, backlog=AT_ONCE)

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _confirm(self, request: web.Request) -> web.StreamResponse:
        if len(request.query_string) > MAX_QUERY_CHARACTERS:
            return web.Response(status=404)
        try:
            async with asyncio.timeout(self.request_seconds):
                challenge = await self.subscriptions.confirm(_token(request), request.query)
        except TimeoutError:
            return web.Response(status=503)
        if challenge is None:
            return web.Response(status=404)
        return web.Response(body=challenge.encode(), content_type="text/plain", headers=_INERT)

    async def _push(self, request: web.Request) -> web.StreamResponse:
        if self._under_way >= AT_ONCE:
            return self._refused(503)
        if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            return self._refused(415)
        self._under_way += 1
        try:
            async with asyncio.timeout(self.request_seconds):
                body = await request.read()
                status = await self.subscriptions.take(
                    _token(request),
                    body,
                    signature=request.headers.get("X-Hub-Signature"),
                    content_type=request.headers.get("Content-Type"),
                )
        except web.HTTPRequestEntityTooLarge:
            return self._refused(413)
        except TimeoutError:
            return self._refused(503)
        finally:
            self._under_way -= 1
        return web.Response(status=_STATUS[status])

    def _refused(self, status: int) -> web.StreamResponse:
        self.metrics.pushes.labels("refused").inc()
        response = web.Response(status=status)
        response.force_close()
        return response


_INERT: Final = {"X-Content-Type-Options": "nosniff"}  # the challenge comes from outside


def _token(request: web.Request) -> str:
    token = request.path.rstrip("/").rpartition("/")[2]
    return token if len(token) <= 100 else ""
