"""An alert for a page: as it is stored, with its events and languages in words beside them. Pure."""

import msgspec

from services.contracts.codec import decode
from services.contracts.events import summary_of
from services.contracts.languages import also_reported_in
from services.contracts.messages import AlertEvent, Language

_encode = msgspec.json.Encoder().encode


class _Told(msgspec.Struct):
    events: tuple[AlertEvent, ...] = ()
    language: Language | None = None
    languages: tuple[Language, ...] = ()


def with_summaries(alert: bytes) -> bytes:
    """The JSON of an alert with ``event_summaries``, a line for each of its ``events``, and ``also_reported_in``."""
    found = decode(alert, _Told)
    words = {
        "event_summaries": [summary_of(event) for event in found.events],
        "also_reported_in": also_reported_in(found.languages, headline=found.language),
    }
    return alert.rstrip()[:-1] + b"," + _encode(words)[1:]
