"""What cannot be processed goes to ``articles.dead`` with its reason and its original bytes, and nothing stops."""

from datetime import datetime

from services.contracts import codec, topics, trace
from services.contracts.ids import dead_letter_id
from services.contracts.messages import DeadLetter
from services.runtime.messages.delivery import Delivery, Outgoing
from services.runtime.process.logging import get
from services.runtime.process.metrics import ServiceMetrics

log = get(__name__)

UNREADABLE = "ww-unreadable"  # set by the consumer on what stands for a batch that cannot be read: why
ATTEMPTS_HEADER = "ww-attempts"  # set by `wirewatch dead replay`, so that a second failure counts as one more
FIRST_FAILED_HEADER = "ww-first-failed"
MAX_VALUE_BYTES = 600_000  # base64 adds a third: the dead letter of a message of full size still fits the broker
_MAX_DETAIL = 500
_MAX_HEADERS = 10_000  # characters of names and texts together; ours are a few dozen
_MAX_KEY_BYTES = 10_000  # ours are ids of 24 characters


def dead_letter(delivery: Delivery, *, service: str, reason: str, error: BaseException, now: datetime) -> DeadLetter:
    """The dead letter for a delivery that ``service`` could not process.

    A value over :data:`MAX_VALUE_BYTES` is left out (the original still lies at topic, partition and offset until
    its retention ends), and the detail says so. A key or headers of a size that ours never have are left out, too:
    a dead letter that the broker refuses would be lost.
    """
    why = delivery.headers.get(UNREADABLE) or str(error)
    value, detail, headers = delivery.value, why[:_MAX_DETAIL], dict(delivery.headers)
    if sum(len(name) + len(text) for name, text in headers.items()) > _MAX_HEADERS:
        headers, detail = {}, f"{detail} (headers left out: {len(headers)})"
    key = delivery.key
    if key is not None and len(key) > _MAX_KEY_BYTES:
        detail, key = f"{detail} (key of {len(key)} bytes left out)", None
    if value is not None and len(value) > MAX_VALUE_BYTES:
        value, detail = None, f"{detail} (value of {len(delivery.value or b'')} bytes left out)"
    # Headers come from outside: one that makes no sense must not keep a message from being dead-lettered.
    tries = delivery.headers.get(ATTEMPTS_HEADER, "")
    attempts = int(tries) if tries.isascii() and tries.isdecimal() and len(tries) < 10 else 0
    return DeadLetter(
        id=dead_letter_id(delivery.topic, delivery.partition, delivery.offset),
        service=service,
        topic=delivery.topic,
        partition=delivery.partition,
        offset=delivery.offset,
        key=key,
        value=value,
        headers=headers,
        reason=reason,
        error_class=type(error).__name__,
        detail=detail,
        first_failed_at=_first_failed(delivery.headers.get(FIRST_FAILED_HEADER, "")) or now,
        last_failed_at=now,
        attempts=attempts + 1,
    )


def set_aside(
    delivery: Delivery, reason: str, error: BaseException, *, now: datetime, metrics: ServiceMetrics
) -> Outgoing:
    """Count and log a delivery that a service could not process. Returns its dead letter, still to be sent."""
    letter = dead_letter(delivery, service=metrics.service, reason=reason, error=error, now=now)
    metrics.dead.labels(reason).inc()
    log.warning(
        "dead_letter",
        dead_letter_id=letter.id,
        reason=reason,
        error=str(error),
        topic=delivery.topic,
        offset=delivery.offset,
        trace=delivery.trace,
    )
    return outgoing(letter)


def outgoing(letter: DeadLetter) -> Outgoing:
    """The dead letter as a message to send."""
    headers = trace.passed_on(letter.headers, letter.service)
    return Outgoing(topic=topics.DEAD, key=letter.id.encode(), value=codec.encode(letter), headers=headers)


def replayed(letter: DeadLetter, original: bytes) -> Outgoing:
    """The original as it was, on its way back to its topic, with what a second failure has to know of the first."""
    history = {ATTEMPTS_HEADER: str(letter.attempts), FIRST_FAILED_HEADER: letter.first_failed_at.isoformat()}
    return Outgoing(topic=letter.topic, key=letter.key or b"", value=original, headers={**letter.headers, **history})


def noted_as_replayed(letter: DeadLetter) -> Outgoing:
    """The record on the dead-letter topic that says so: the letter's key, and nothing in it."""
    return Outgoing(topic=topics.DEAD, key=letter.id.encode(), value=b"")


def _first_failed(header: str) -> datetime | None:
    try:
        first = datetime.fromisoformat(header)
    except ValueError:
        return None
    return first if first.tzinfo else None
