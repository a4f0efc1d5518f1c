"""An alert for a page: as it is stored, and its events in words beside them. Pure."""

from __future__ import annotations

import msgspec

from services.contracts.codec import decode
from services.contracts.events import summary_of
from services.contracts.messages import AlertEvent

_encode = msgspec.json.Encoder().encode


class _Events(msgspec.Struct):
    events: tuple[AlertEvent, ...] = ()


def with_summaries(alert: bytes) -> bytes:
    """The JSON of an alert with ``event_summaries``: a line for each of its ``events``, in their order."""
    summaries = [summary_of(event) for event in decode(alert, _Events).events]
    return alert.rstrip()[:-1] + b',"event_summaries":' + _encode(summaries) + b"}"
