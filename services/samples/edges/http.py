"""The sample feeds over HTTP, with the conditional requests of RFC 9110 section 13."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from services.runtime.http.listener import listen
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get
from services.runtime.process.metrics import Metrics, build_info
from services.samples.core import xml
from services.samples.core.feeds import Feed, Week, visible

log = get(__name__)

_PROBLEM = (
    "The sample feeds cannot be served at {} ({}): stop what listens there, or set WIREWATCH_SAMPLES_PORT to another "
    "port."
)
_TYPES = {"rss": "application/rss+xml; charset=utf-8", "atom": "application/atom+xml; charset=utf-8"}


@dataclass(slots=True)
class SampleServer:
    """Serves ``/<name>.xml`` of each feed. A service in the sense of ``runtime.process``."""

    feeds: Mapping[str, Feed]
    host: str
    port: int
    week: timedelta
    clock: Clock
    registry: CollectorRegistry
    _weeks: dict[str, Week] = field(default_factory=dict)
    _requests: Counter = field(init=False)
    _runner: web.AppRunner = field(init=False)
    _listening: bool = False

    def __post_init__(self) -> None:
        build_info(self.registry)
        self._requests = Metrics("wirewatch_samples", self.registry).counter(
            "requests_total", "Requests for a sample feed, by the status of the reply.", status=("200", "304", "404")
        )
        app = web.Application()
        app.router.add_get("/{name}.xml", self._get)
        self._runner = web.AppRunner(app, access_log=None)

    @property
    def address(self) -> str:
        """``http://host:port`` once started."""
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """Listen. Raises :class:`UsageError` where the address is in use."""
        self.port = await listen(self._runner, self.host, self.port, _PROBLEM)
        self._listening = True
        log.info("serving_samples", address=self.address, feeds=len(self.feeds))

    async def stop(self) -> None:
        self._listening = False
        await self._runner.cleanup()

    async def ended(self) -> None:
        """Never: nothing in here stops by itself."""
        await asyncio.Event().wait()

    def ready(self) -> str | None:
        return None if self._listening else "not listening yet"

    def note(self) -> str | None:
        return None

    def healthy(self) -> str | None:
        return None

    async def _get(self, request: web.Request) -> web.StreamResponse:
        response = self._answer(request.match_info["name"], request.headers)
        self._requests.labels(str(response.status)).inc()
        return response

    def _answer(self, name: str, headers: Mapping[str, str]) -> web.Response:
        feed = self.feeds.get(name)
        if feed is None:
            return web.Response(status=404, text="no such sample feed\n")
        now = self.clock.now()
        week = self._weeks.setdefault(name, Week(now, self.week))
        items = visible(feed, week.hour(now))
        body = xml.render(feed, items, week)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        changed = max((week.dated(item) for item in items), default=week.began.replace(microsecond=0))
        validators = {"ETag": etag, "Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True)}
        if _unchanged(headers, etag, changed):
            return web.Response(status=304, headers=validators)
        return web.Response(body=body, headers=validators | {"Content-Type": _TYPES[feed.format]})


def _unchanged(headers: Mapping[str, str], etag: str, changed: datetime) -> bool:
    """Whether the client's copy still holds; If-None-Match, where sent, is the only one that counts (13.2.2)."""
    known = headers.get("If-None-Match")
    if known is not None:
        tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
        return "*" in tags or etag in tags
    try:
        since = parsedate_to_datetime(headers.get("If-Modified-Since", ""))
    except ValueError:
        return False
    return since.tzinfo is not None and changed <= since
