"""Spans for OpenTelemetry (docs/tracing.md): one for each message handled, article sent and delivery attempted.

Off, with nothing imported, unless ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set. The ids are those of
:mod:`services.contracts.trace`: what is handled once more is the same span once more, and the parent of a span is the
one that the message names. Spans wait in a bounded queue for a thread that sends them; what does not fit is dropped.
"""

import threading
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from importlib.util import find_spec
from typing import Final, Literal

from services.contracts import trace
from services.runtime.errors import UsageError
from services.runtime.messages.delivery import Delivery, Outgoing

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
STOP_SECONDS: Final = 2.0  # for what waits at the end; a collector that hangs must not outlast the grace period
_PACKAGES: Final = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_SENDERS: Final = frozenset({"poller", "deduper", "tagger", "alerter"})  # what they make names their span as its parent

Kind = Literal["PRODUCER", "CONSUMER", "CLIENT"]
Attributes = Mapping[str, str | int]
Emit = Callable[[str, Kind, str, str | None, float, str, Attributes], None]

_service = ""
_exporter: tuple[Emit, Callable[[], None]] | None = None  # what takes a span, and what ends it


def start(service: str, environ: Mapping[str, str]) -> None:
    """Send spans where ``environ`` says, if it does. Raises :class:`UsageError` where a package is missing."""
    global _service, _exporter
    if can_start(environ):
        _exporter, _service = _otlp(service), service


def can_start(environ: Mapping[str, str]) -> bool:
    """Whether ``environ`` asks for spans. Raises :class:`UsageError` where it does and a package is missing."""
    if not environ.get(ENDPOINT) or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    try:
        missing = next((name for name in _PACKAGES if find_spec(name) is None), None)
    except ModuleNotFoundError as error:  # one that such a package is in
        missing = error.name
    if missing:
        raise UsageError(
            f"{ENDPOINT} is set and needs the package {missing}: pip install 'wirewatch[otlp]', or unset it."
        )
    return True


def stop() -> None:
    """Send what waits, for :data:`STOP_SECONDS` at most."""
    global _exporter
    if _exporter is not None:
        last = threading.Thread(target=_exporter[1], daemon=True)
        last.start()
        last.join(STOP_SECONDS)
    _exporter = None


def enabled() -> bool:
    """Whether a span goes anywhere."""
    return _exporter is not None


def handled(delivery: Delivery, status: str, seconds: float, *, batch: int) -> None:
    """The span of a message whose batch of ``batch`` messages took ``seconds`` and was done just now."""
    parent = delivery.headers.get(trace.HEADER)
    place = f"{delivery.topic}-{delivery.partition}@{delivery.offset}"
    own = trace.onward(parent, _service if _service in _SENDERS else f"{_service} {place}")
    attributes: Attributes = {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.destination.name": delivery.topic,
        "messaging.destination.partition.id": str(delivery.partition),
        "messaging.kafka.offset": delivery.offset,
        "messaging.kafka.message.key": (delivery.key or b"").decode("utf-8", "replace")[:64],
        "messaging.batch.message_count": batch,
    }
    _record(f"process {delivery.topic}", "CONSUMER", own, parent, seconds, status, attributes)


def sent(message: Outgoing, status: str, seconds: float, *, feed: str) -> None:
    """The span of a version of an article that Kafka has had since just now, the first of its trace."""
    attributes = {
        "messaging.system": "kafka",
        "messaging.operation.type": "send",
        "messaging.destination.name": message.topic,
        "messaging.kafka.message.key": message.key.decode(),
        "wirewatch.feed": feed,
    }
    _record(f"send {message.topic}", "PRODUCER", message.headers.get(trace.HEADER), None, seconds, status, attributes)


def attempted(channel: str, delivery: str, parent: str | None, status: str, seconds: float) -> None:
    """The span of one attempt at a notification; each is its own."""
    own = trace.onward(parent, f"{_service} {delivery} {time.time_ns()}")
    _record(f"deliver {channel}", "CLIENT", own, parent, seconds, status, {"wirewatch.delivery": delivery})


def _record(
    name: str, kind: Kind, own: str | None, parent: str | None, seconds: float, status: str, attributes: Attributes
) -> None:
    if _exporter is not None and own is not None:
        _exporter[0](name, kind, own, parent, seconds, status, attributes)


def _otlp(service: str) -> tuple[Emit, Callable[[], None]]:
    """The exporter of the SDK, which reads the other ``OTEL_`` variables itself."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    resource = Resource.create({"service.name": f"wirewatch-{service}", "service.version": version("wirewatch")})
    processor = BatchSpanProcessor(OTLPSpanExporter())
    error = Status(StatusCode.ERROR)
    unset = Status(StatusCode.UNSET)

    def context(traceparent: str, *, remote: bool) -> SpanContext:
        _, trace_id, span_id, _ = traceparent.split("-")
        return SpanContext(int(trace_id, 16), int(span_id, 16), remote, TraceFlags(TraceFlags.SAMPLED))

    def emit(
        name: str, kind: Kind, own: str, parent: str | None, seconds: float, status: str, attributes: Attributes
    ) -> None:
        now = time.time_ns()
        span = ReadableSpan(
            name,
            context(own, remote=False),
            context(parent, remote=True) if parent is not None else None,
            resource,
            {**attributes, "wirewatch.status": status},
            kind=SpanKind[kind],
            status=error if status in ("dead", "failed") else unset,
            start_time=now - round(seconds * 1e9),
            end_time=now,
        )
        processor.on_end(span)

    return emit, processor.shutdown
