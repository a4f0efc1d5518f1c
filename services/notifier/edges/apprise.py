"""Mail, chat and push by apprise, each attempt in a thread with a time limit.

apprise speaks to the services by itself, to the address that the operator wrote: the guard of the webhooks does not
stand before it, and nothing that an article says chooses where it connects.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.logger import logger as apprise_logger

from services.contracts.messages import Severity
from services.notifier.core import deliveries
from services.notifier.core.deliveries import Message, Notification
from services.notifier.core.watches import Route
from services.notifier.edges.redact import redact
from services.notifier.errors import SendError

Notify = Callable[[str, Message, Severity], str | None]
"""Address, what to say, how grave it is: what went wrong, or None. It blocks."""

_THREADS = 4


@dataclass(slots=True, kw_only=True)
class AppriseSender:
    """See :class:`services.notifier.ports.Sender`. Call :meth:`close` at the end.

    A thread cannot be stopped: one that takes too long goes on, and its channel is tried again once it has ended.
    What it did may then arrive twice.
    """

    timeout_seconds: float
    notify: Notify = field(default_factory=lambda: deliver)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "apprise"))
    _running: dict[str, asyncio.Future[str | None]] = field(default_factory=dict)

    async def send(self, notification: Notification, route: Route) -> None:
        url = route.url or ""
        if route.id in self._running:
            raise SendError("the attempt before has not ended yet")
        message = deliveries.message(notification)
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._threads, self.notify, url, message, notification.severity)
        self._running[route.id] = running
        running.add_done_callback(lambda _: self._running.pop(route.id, None))
        await asyncio.wait({running}, timeout=self.timeout_seconds)
        if not running.done():
            raise SendError(f"no answer in {self.timeout_seconds:g} s")
        defect = running.exception()  # any of a hundred plug-ins may raise anything
        problem = f"{type(defect).__name__}: {defect}" if defect is not None else running.result()
        if problem is not None:
            raise SendError(redact(problem, url))

    async def close(self) -> None:
        """Begin nothing more; threads that run are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def problem_of(url: str) -> str | None:
    """Why apprise cannot use an address, or None. It asks nobody."""
    with _warnings_of_apprise() as said:
        if Apprise().add(url):
            return None
    why = redact(said[0], url) if said else "no reason given"
    return f"apprise knows no such service, or a part of its address is missing ({why})."


def deliver(url: str, message: Message, severity: Severity) -> str | None:
    """Send ``message`` to an address, now; what went wrong, or None. It blocks, and the answer may hold the address."""
    with _warnings_of_apprise() as said:
        apprise = Apprise(asset=AppriseAsset(async_mode=False))
        if not apprise.add(url):
            return said[0] if said else "apprise cannot use the address"
        grave = NotifyType.WARNING if severity in ("high", "critical") else NotifyType.INFO
        sent = apprise.notify(
            body=message.body,
            title=message.title,
            notify_type=grave,
            body_format=NotifyFormat.TEXT,
            interpret_escapes=False,
        )
        return None if sent else (said[-1] if said else "apprise could not deliver it")


_warnings: ContextVar[list[str] | None] = ContextVar("warnings", default=None)


class _Listener(logging.Handler):
    """Keeps the warnings of each attempt apart; apprise hands the context on to threads of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        said = _warnings.get()
        if said is not None:
            said.append(record.getMessage())


_LISTENER = _Listener(logging.WARNING)
# Libraries under apprise whose logs show addresses and headers with tokens in them.
_LEAKY_LOGGERS = ("urllib3", "requests", "requests_oauthlib", "oauthlib")


@contextmanager
def _warnings_of_apprise() -> Iterator[list[str]]:
    """What apprise warns of meanwhile. Its log goes nowhere else: addresses with passwords stand in it."""
    apprise_logger.propagate = False
    apprise_logger.addHandler(_LISTENER)  # once: a handler that is there is not added again
    for name in _LEAKY_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    said: list[str] = []
    token = _warnings.set(said)
    try:
        yield said
    finally:
        _warnings.reset(token)
