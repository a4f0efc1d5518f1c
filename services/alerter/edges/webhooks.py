"""Signed webhooks, as Standard Webhooks 1.0 describes them (standardwebhooks.com)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

import aiohttp

from services.alerter.core.deliveries import PendingDelivery, signature
from services.alerter.watch_file import Channel
from services.runtime.clock import Clock

_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)
_AGENT = f"wirewatch/{version('wirewatch')}"


class WebhookSender:
    """See :class:`services.alerter.ports.Sender`. Follows no redirect: the address is what a person wrote."""

    def __init__(self, channels: Mapping[str, Channel], clock: Clock) -> None:
        self._channels = channels
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, delivery: PendingDelivery) -> str | None:
        channel = self._channels.get(delivery.channel)
        if channel is None:
            return f"there is no channel {delivery.channel!r} any more"
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())
        timestamp = int(self._clock.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": _AGENT,
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(channel.secret, id_=delivery.id, timestamp=timestamp, body=delivery.body),
        }
        try:
            async with self._session.post(
                channel.webhook, data=delivery.body.encode(), headers=headers, allow_redirects=False
            ) as answer:
                return None if 200 <= answer.status < 300 else f"the receiver answers {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return f"{type(error).__name__}: {error}"

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
