"""A WebSub hub on loopback, as the recommendation describes one: it asks back before it answers to a subscription,
signs what it pushes with the subscriber's secret, and forgets a lease that ran out."""

from __future__ import annotations

import hashlib
import hmac
import io
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web


@dataclass
class Hub:
    """``lease`` seconds are granted, whatever is asked for. ``subscribers`` by topic: callback and secret."""

    lease: int = 864_000
    method: str = "sha256"
    url: str = ""
    requests: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    subscribers: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def subscribe(self, request: web.Request) -> web.Response:
        form = {str(name): str(value) for name, value in (await request.post()).items()}
        self.requests.append(form)
        challenge = secrets.token_hex(16)
        mode = form["hub.mode"]
        status, text = await self.ask_back(form["hub.callback"], form["hub.topic"], challenge, mode)
        if (status, text) == (200, challenge) and mode == "subscribe":
            self.subscribers[form["hub.topic"]] = (form["hub.callback"], form["hub.secret"])
        elif (status, text) == (200, challenge):
            del self.subscribers[form["hub.topic"]]
        return web.Response(status=202)

    async def ask_back(self, callback: str, topic: str, challenge: str, mode: str = "subscribe") -> tuple[int, str]:
        """What the subscriber answers to the question whether it meant it."""
        query = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": challenge, "hub.lease_seconds": str(self.lease)}
        async with aiohttp.ClientSession() as session, session.get(callback, params=query) as answer:
            self.answers.append((answer.status, await answer.text()))
            return self.answers[-1]

    async def push(self, topic: str, body: bytes, *, signature: str | None = "", **headers: str) -> int:
        """Push to the topic's subscriber; ``signature`` instead of the right one, None for none."""
        callback, secret = self.subscribers[topic]
        right = f"{self.method}={hmac.new(secret.encode(), body, getattr(hashlib, self.method)).hexdigest()}"
        sent = {"Content-Type": "application/rss+xml"} | headers
        if signature is not None:
            sent["X-Hub-Signature"] = signature or right
        async with (
            aiohttp.ClientSession() as session,
            session.post(callback, data=io.BytesIO(body), headers=sent) as answer,
        ):
            return answer.status


@asynccontextmanager
async def hub() -> AsyncIterator[Hub]:
    """A hub that listens."""
    made = Hub()
    app = web.Application()
    app.router.add_post("/", made.subscribe)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield made
    finally:
        await runner.cleanup()
