"""uvicorn's HTTP/1.1, with a limit to how long a request may take to arrive."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

ARRIVES_WITHIN_SECONDS = 10.0


class PromptH11Protocol(H11Protocol):
    """Closes a connection whose request has not arrived whole in time.

    uvicorn limits the time between two requests alone: a client that sends its headers one byte a minute would hold
    its connection for ever.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._overdue: asyncio.TimerHandle | None = None
        self._time()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _time(self) -> None:
        """The time runs from the first byte (of a connection: from its start) to the last one of a request."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._forget()
        elif self._overdue is None:
            self._overdue = self.loop.call_later(ARRIVES_WITHIN_SECONDS, self._close)

    def _close(self) -> None:
        self.transport.close()

    def _forget(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
