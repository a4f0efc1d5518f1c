"""Headers that make an alert a CloudEvent, so that event routers and functions can take it as it is.

CloudEvents 1.0, Kafka binding, binary mode: the value stays the alert, the attributes are headers prefixed ``ce_``.
"""

from datetime import UTC
from typing import Final

from services.contracts import trace
from services.contracts.messages import Alert

SPEC_VERSION: Final = "1.0"
ALERT_TYPE: Final = "org.wirewatch.alert.v1"
SOURCE: Final = "urn:wirewatch:alerter"


def alert_headers(alert: Alert) -> dict[str, str]:
    """The headers of one revision of an alert. ``ce_source`` with ``ce_id`` names it, so a repeat is recognised.

    The trace is there twice: as CloudEvents' distributed tracing extension, and as the plain header of every topic.
    Only an alert from before there were traces has none.
    """
    traceparent = alert.stages.traceparent
    return {
        "ce_specversion": SPEC_VERSION,
        "ce_id": f"{alert.id}/{alert.revision}",
        "ce_type": ALERT_TYPE,
        "ce_source": SOURCE,
        "ce_subject": alert.id,
        "ce_time": alert.last_updated.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "content-type": "application/json",
        **({} if traceparent is None else {"ce_traceparent": traceparent, trace.HEADER: traceparent}),
    }
