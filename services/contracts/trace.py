"""The id that one version of an article carries through every service: W3C Trace Context, as a Kafka header.

``traceparent`` is ``00-<trace id>-<span id>-01``. The trace id depends on article id and content hash alone, so a
delivery that comes again, after a crash or a replay, carries the same; it is also the trace of the alert revision that
the version caused. The span id names the service that sent the message, and follows from the trace id.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

HEADER: Final = "traceparent"
_SPAN = 16
_FORM = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")


def begun(article_id: str, content_hash: str) -> str:
    """The ``traceparent`` of a version of an article as the poller sends it."""
    return _written(_digest("trace", article_id, content_hash)[:32], "poller")


def onward(traceparent: str | None, service: str) -> str | None:
    """The ``traceparent`` of what ``service`` makes of a message that came with ``traceparent``; None without one."""
    trace_id = id_of(traceparent)
    return None if trace_id is None else _written(trace_id, service)


def id_of(traceparent: str | None) -> str | None:
    """The trace id, 32 hex characters; None where the header is missing or not of the form (anyone may write it)."""
    found = _FORM.fullmatch(traceparent or "")
    return found.group(1) if found else None


def exemplar(traceparent: str | None) -> dict[str, str] | None:
    """The trace as the exemplar of an observation, from which a dashboard finds the article."""
    trace_id = id_of(traceparent)
    return None if trace_id is None else {"trace_id": trace_id}


def headers(traceparent: str | None) -> dict[str, str]:
    """The header as a mapping, empty without one."""
    return {} if traceparent is None else {HEADER: traceparent}


def passed_on(received: Mapping[str, str], service: str) -> dict[str, str]:
    """The headers that ``service`` sends on for a message received with ``received``."""
    return headers(onward(received.get(HEADER), service))


def _written(trace_id: str, service: str) -> str:
    return f"00-{trace_id}-{_digest('span', trace_id, service)[:_SPAN]}-01"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
