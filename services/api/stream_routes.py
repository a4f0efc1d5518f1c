"""Server-sent events: revisions as they come."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import FastAPI, Header, Response
from fastapi.responses import JSONResponse, StreamingResponse

from services.api import openapi
from services.api.errors import QueryError
from services.api.metrics import ApiMetrics
from services.api.ports import AlertReader, Event
from services.runtime.errors import TransientError

_EVENT_ID = re.compile(r"\d{1,20}-\d{1,20}")


class Followers:
    """Counts the open streams; each holds a connection to Redis. ``closing`` ends them all."""

    def __init__(self, most: int, metrics: ApiMetrics) -> None:
        self.closing = asyncio.Event()
        self._most = most
        self._metrics = metrics
        self._now = 0

    def change(self, by: int) -> None:
        """One came or went."""
        self._now += by
        self._metrics.followers.set(self._now)

    def full(self) -> bool:
        """Whether one more would be too many."""
        return self._now >= self._most


def add(app: FastAPI, reader: AlertReader, followers: Followers) -> None:
    """Add the route."""

    @app.get(
        "/api/v1/stream",
        summary="Revisions as they come (server-sent events)",
        responses=openapi.gives({"type": "string"}, "text/event-stream", c503="Too many followers."),
        response_class=Response,
    )
    async def stream(last_event_id: Annotated[str | None, Header(max_length=50)] = None) -> Response:
        """Events named ``alert``. After a lost connection a browser names the last event it saw and misses none,
        for as long as the followers' stream goes back.
        """
        if last_event_id is not None and not _EVENT_ID.fullmatch(last_event_id):
            raise QueryError(f"Last-Event-ID is {last_event_id!r}: give the id of an event of this stream.")
        if followers.full():
            return JSONResponse({"error": "Too many followers now: try again later."}, 503, {"Retry-After": "30"})
        after = last_event_id if last_event_id is not None else await reader.last_event()
        return StreamingResponse(
            _events(reader, after, followers),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


async def _events(reader: AlertReader, after: str, followers: Followers) -> AsyncIterator[bytes]:
    followers.change(+1)
    try:
        # The place where it begins: who loses the connection before the first event can go on from here.
        yield b"retry: 2000\nid: %s\n\n" % after.encode()
        async for event in _until_closing(reader.follow(after), followers.closing):
            if event is None:
                yield b": quiet\n\n"
            else:
                # The alert is one line of JSON: a line break within it is escaped by the encoder.
                yield b"id: %s\nevent: alert\ndata: %s\n\n" % (event.id.encode(), event.alert)
    except TransientError:
        return  # the client connects again and goes on where it was
    finally:
        followers.change(-1)


async def _until_closing(events: AsyncIterator[Event | None], closing: asyncio.Event) -> AsyncIterator[Event | None]:
    """``events`` until the api is asked to stop: a follower in the middle of a quiet hour must not hold it up."""
    closed = asyncio.ensure_future(closing.wait())
    try:
        while True:
            coming = asyncio.ensure_future(anext(events))
            try:
                await asyncio.wait({coming, closed}, return_when=asyncio.FIRST_COMPLETED)
                if closed.done():
                    return
                yield coming.result()
            finally:
                coming.cancel()
    finally:
        closed.cancel()
