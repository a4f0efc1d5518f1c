"""Asks the services of the pipeline for their status, at intervals."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

import aiohttp

from services.api.core import pipeline
from services.api.core.pipeline import Answer, ServiceState
from services.contracts.feed_health import FEEDS_METRIC, OFFLINE_METRIC, FeedHealth, feed_health
from services.runtime.errors import UsageError
from services.runtime.process.clock import Clock

EVERY_SECONDS = 5.0
TIMEOUT_SECONDS = 2.0
_MAX_BYTES = 2_000  # of a sentence
_MAX_METRICS_BYTES = 2_000_000
_FEEDS = re.compile(rf'^{FEEDS_METRIC}{{state="(?P<state>[^"]*)"}} (?P<count>[0-9.e+]+)$', re.MULTILINE)
_OFFLINE = re.compile(rf"^{OFFLINE_METRIC} (?P<since>[0-9.e+]+)$", re.MULTILINE)


def addresses(services: Iterable[str]) -> dict[str, str]:
    """Service to address, of ``name=http://host:port`` each. Raises :class:`UsageError`."""
    found: dict[str, str] = {}
    for text in services:
        name, _, address = text.partition("=")
        parts = urlsplit(address)
        if not name or parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/"):
            raise UsageError(
                f"WIREWATCH_API_SERVICES has {text!r}: give name=http://host:port of each service, with commas between."
            )
        found[name] = address.rstrip("/")
    return found


class HttpServices:
    """See :class:`services.api.ports.Services`. ``addresses`` is service to the address of its operations endpoint.

    ``local_feeds`` is how many feeds are served on this machine.
    """

    def __init__(self, addresses: Mapping[str, str], clock: Clock, *, local_feeds: int = 0) -> None:
        self._addresses = addresses
        self._clock = clock
        self._local_feeds = local_feeds
        self._feeds: FeedHealth | None = None
        self._states = {service: pipeline.unasked(service, clock.now()) for service in addresses}

    def states(self) -> Sequence[ServiceState]:
        """The services as they stood when last asked, in the order of an article's way."""
        return list(self._states.values())

    def feeds(self) -> FeedHealth | None:
        """How the feeds answered when last asked."""
        return self._feeds

    async def watch(self) -> None:
        """Ask until cancelled."""
        if not self._addresses:
            return
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                await self.look(session)
                await self._clock.sleep(EVERY_SECONDS)

    async def look(self, session: aiohttp.ClientSession) -> None:
        """Ask all of them once, side by side."""
        answers = await asyncio.gather(*(_ask(session, address) for address in self._addresses.values()))
        now = self._clock.now()
        for service, answer in zip(self._addresses, answers, strict=True):
            self._states[service] = pipeline.after(self._states[service], answer, now)
        if (poller := self._addresses.get("poller")) is not None:
            text = await _metrics(session, poller)
            states = {match["state"]: float(match["count"]) for match in _FEEDS.finditer(text)}
            offline = _OFFLINE.search(text)
            since = float(offline["since"]) if offline else 0.0
            self._feeds = feed_health(states, local=self._local_feeds, offline_since=since)


async def _ask(session: aiohttp.ClientSession, address: str) -> Answer:
    try:
        async with session.get(f"{address}/readyz", allow_redirects=False) as response:
            text = await response.content.read(_MAX_BYTES)
            return Answer(response.status, text.decode("utf-8", "replace"))
    except TimeoutError:
        return Answer(None, f"no answer within {TIMEOUT_SECONDS:g} s")
    except (aiohttp.ClientError, OSError) as error:
        return Answer(None, f"no answer: {error}")


async def _metrics(session: aiohttp.ClientSession, address: str) -> str:
    """A service's metrics; empty where it does not answer."""
    try:
        async with session.get(f"{address}/metrics", allow_redirects=False) as response:
            return (await response.content.read(_MAX_METRICS_BYTES)).decode("utf-8", "replace")
    except (TimeoutError, aiohttp.ClientError, OSError):
        return ""
