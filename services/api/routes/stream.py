"""Server-sent events: revisions as they come."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Annotated

import msgspec
from anyio import CancelScope
from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.api.core.summaries import with_summaries
from services.api.edges.redis import RedisAlertReader
from services.api.errors import QueryError
from services.api.metrics import ApiMetrics
from services.api.ports import Event
from services.api.routes import openapi
from services.api.routes.answers import error
from services.runtime.errors import TransientError
from services.runtime.process import tasks

_EVENT_ID = re.compile(r"(\d{1,20})-(\d{1,20})", re.ASCII)
_LARGEST = 2**64 - 1  # of either number of an id in a Redis stream
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Followers:
    """Counts the open streams; each holds a connection to Redis. ``closing`` ends them all."""

    def __init__(self, most: int, metrics: ApiMetrics) -> None:
        self.closing = asyncio.Event()
        self._most = most
        self._metrics = metrics
        self._now = 0

    def enter(self) -> bool:
        """Take a place, to be given back by :meth:`leave`; false where none is left.

        It is taken before anything is awaited: any number that come at once are counted one by one.
        """
        if self._now >= self._most:
            return False
        self._change(+1)
        return True

    def leave(self) -> None:
        """Give a place back."""
        self._change(-1)

    def _change(self, by: int) -> None:
        self._now += by
        self._metrics.followers.set(self._now)


class _EventStream(StreamingResponse):
    """Calls ``ended`` once it is over, also where the client had left before the first byte."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes], ended: Callable[[], None]) -> None:
        super().__init__(events, headers=_HEADERS)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()


def add(app: FastAPI, reader: RedisAlertReader, followers: Followers) -> None:
    @app.get(
        "/api/v1/stream",
        summary="Revisions as they come (server-sent events)",
        responses=openapi.gives({"type": "string"}, "text/event-stream", c503="Too many followers."),
    )
    async def stream(
        request: Request, last_event_id: Annotated[str | None, Header(description="id of the last event seen")] = None
    ) -> Response:
        """Events named ``alert``. After a lost connection a browser names the last event it saw and misses none,
        for as long as the followers' stream goes back.
        """
        _check(last_event_id)
        if request.method == "HEAD":
            return Response(media_type=_EventStream.media_type, headers=_HEADERS)
        if not followers.enter():
            return error(503, "Too many followers now: try again later.", {"Retry-After": "30"})
        try:
            after = await reader.last_event()  # asked in any case: who goes on hears at once that Redis is away
        except BaseException:
            followers.leave()
            raise
        return _EventStream(_events(reader, last_event_id or after, followers.closing), followers.leave)


def _check(last_event_id: str | None) -> None:
    if not last_event_id:
        return
    match = _EVENT_ID.fullmatch(last_event_id)
    if match is None or max(int(match[1]), int(match[2])) > _LARGEST:
        raise QueryError(f"Last-Event-ID is {last_event_id[:50]!r}: give the id of an event of this stream.")


async def _events(reader: RedisAlertReader, after: str, closing: asyncio.Event) -> AsyncIterator[bytes]:
    try:
        # The place where it begins: who loses the connection before the first event can go on from here.
        yield b"retry: 2000\nid: %s\n\n" % after.encode()
        async for event in _until_closing(reader.follow(after), closing):
            if event is None:
                yield b": quiet\n\n"
            else:
                # The alert is one line of JSON: a line break within it is escaped by the encoder.
                yield b"id: %s\nevent: alert\ndata: %s\n\n" % (event.id.encode(), with_summaries(event.alert))
    except TransientError as failure:
        # The client connects again and goes on where it was; a page can say what is away.
        yield b"event: away\ndata: %s\n\n" % msgspec.json.encode({"error": str(failure)})


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
                with CancelScope(shield=True):  # its connection is given back before the pool is closed
                    await tasks.end([coming])
    finally:
        closed.cancel()
