"""/metrics, /healthz and /readyz of a process, on an address of its own.

- ``/healthz`` answers 200 while the event loop turns and the process makes progress, 503 with the reason else
- ``/readyz`` answers 200 once the process can do its work now, with ``ok`` or with what slows it; 503 with what it
  waits for else
"""

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from services.runtime.http.listener import listen
from services.runtime.process.healthcheck import OK

_PROBLEM = "Cannot listen on {} for /metrics and /healthz ({}): set WIREWATCH_OPS_PORT to a free port, or to 0 for any."
Probe = Callable[[], str | None]
"""Returns what is wrong, in words, or None."""


class OpsServer:
    """The operations endpoint. Not meant for the public: it has no authentication and binds loopback by default."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        registry: CollectorRegistry,
        healthy: Probe,
        ready: Probe,
        note: Probe = lambda: None,
    ) -> None:
        self._host = host
        self._port = port
        app = web.Application()
        self._registry = registry
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", _probe(healthy, lambda: None))
        app.router.add_get("/readyz", _probe(ready, note))
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self) -> int:
        """Listen, and return the port. Raises :class:`UsageError` where the address cannot be had."""
        return await listen(self._runner, self._host, self._port, _PROBLEM)

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))  # OpenMetrics has the exemplars
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})


def _probe(probe: Probe, note: Probe) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_: web.Request) -> web.StreamResponse:
        problem = probe()
        return web.Response(text=(problem or note() or OK) + "\n", status=503 if problem else 200)

    return answer
