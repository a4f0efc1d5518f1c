"""Places in the work where a test ends the process, to see that nothing is lost and nothing doubled there.

Off unless ``WIREWATCH_FAILPOINT`` names one of :data:`POINTS`; then the process that gets there is killed as by
``kill -9``, with nothing closed and nothing said. ``tests/faults`` is what uses it.
"""

import difflib
import os
import signal
from typing import Final

from services.runtime.errors import UsageError

POINTS: Final = (
    "poller.fetched",  # a feed has answered, nothing of it is published
    "publisher.sent",  # messages are on their way to Kafka, which has not acknowledged them
    "poller.acknowledged",  # Kafka has a feed's items, its validators are not stored
    "poller.remembered",  # and now they are
    "deduper.remembered",  # the store has taken a batch, nothing is published
    "alerter.decided",  # what to write is known, nothing is written
    "alerter.written",  # alerts and their places in the outbox are written, nothing is published
    "alerter.sent",  # Kafka has the alerts, the outbox still lists them
    "alerter.ticked",  # the outbox is told, no offset is committed
    "archive.writing",  # part of a batch is in the open transaction
    "archive.written",  # the file has a batch, no offset is committed
)

_armed = ""


def arm(point: str) -> None:
    """Have :func:`reach` end the process at ``point``; "" at none. Raises :class:`UsageError` for an unknown one."""
    global _armed
    if point and point not in POINTS:
        close = difflib.get_close_matches(point, POINTS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(POINTS)}."
        raise UsageError(f"WIREWATCH_FAILPOINT is {point!r}: {hint}")
    _armed = point


def reach(point: str) -> None:
    """The work is at ``point``."""
    if point == _armed:
        os.kill(os.getpid(), signal.SIGKILL)
