"""Webhooks, signed as https://www.standardwebhooks.com says. Redirects are not followed.

Every connection passes the guard of ``runtime.http.ssrf_guard``.

Only a 2xx counts as taken. An answer's body is not read: nothing in it would change what is done.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from standardwebhooks import Webhook

from services.notifier.core import deliveries
from services.notifier.core.deliveries import Notification
from services.notifier.core.watches import Route
from services.notifier.edges.redact import redact
from services.notifier.errors import SendError
from services.runtime.http.ssrf_guard import Guard, UnsafeAddressError
from services.runtime.process.clock import Clock

USER_AGENT = "Wirewatch-Webhook/1"
# About this message rather than about the channel: malformed, too large, not processable, and the like.
_OF_MESSAGE = frozenset({400, 406, 409, 411, 413, 415, 422, 431})


@dataclass(slots=True, kw_only=True)
class WebhookSender:
    """See :class:`services.notifier.ports.Sender`. Call :meth:`close` at the end."""

    guard: Guard
    clock: Clock
    timeout_seconds: float
    tls: ssl.SSLContext | None = None
    _session: aiohttp.ClientSession | None = None

    async def send(self, notification: Notification, route: Route) -> None:
        url, body = route.url or "", deliveries.webhook_body(notification)
        now = self.clock.now().astimezone(UTC)  # the library takes the digits of another zone for UTC
        signed = {
            "webhook-id": notification.id,  # the idempotency key
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(route.secret or "").sign(notification.id, now, body.decode()),
        }
        try:
            with self.guard.connecting(url) as connecting:
                try:
                    await self._post(url, body, signed)
                except aiohttp.ClientError as error:
                    connecting.raise_if_refused()
                    raise SendError(redact(f"{type(error).__name__}: {error}", url)) from None
        except UnsafeAddressError as error:
            raise SendError(
                redact(f"refused: {error}; WIREWATCH_NOTIFIER_ALLOW_PRIVATE lists exceptions", url)
            ) from None
        except TimeoutError:
            raise SendError(f"no answer in {self.timeout_seconds:g} s") from None
        except (ValueError, UnicodeError):
            raise SendError("the address cannot be put on the wire") from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, url: str, body: bytes, signed: dict[str, str]) -> None:
        async with self._opened().post(
            url, data=body, headers={"Content-Type": "application/json", **signed}, allow_redirects=False
        ) as response:
            if not 200 <= response.status < 300:
                after = _after_seconds(response.headers.get("Retry-After", ""), self.clock.now())
                raise SendError(
                    f"HTTP {response.status}", of_channel=response.status not in _OF_MESSAGE, after_seconds=after
                )

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=20,
                    ttl_dns_cache=60,
                    socket_factory=self.guard.socket,
                    ssl=self.tls if self.tls is not None else True,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=self.timeout_seconds),
                headers={"User-Agent": USER_AGENT},
                max_line_size=8190,
                max_field_size=16_380,
            )
        return self._session


def _after_seconds(header: str, now: datetime) -> float | None:
    """What a Retry-After asks for: seconds, or a date."""
    if header.isascii() and header.isdecimal() and len(header) < 10:
        return float(header)
    try:
        asked = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return max((asked.replace(tzinfo=asked.tzinfo or UTC) - now).total_seconds(), 0.0)
