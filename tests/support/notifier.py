"""Builders and fakes around watches: alerts, an outbox in memory that can fail at any step, a sender that keeps."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from prometheus_client import CollectorRegistry

from services.contracts import codec, topics
from services.contracts.messages import Alert, AlertEvent, EventMode
from services.notifier.core.deliveries import Notification, TestRequest
from services.notifier.core.watches import ActiveWatches, Channel, Route, Watch, WatchFile
from services.notifier.dispatcher import Dispatcher
from services.notifier.errors import SendError
from services.notifier.handler import NotifierHandler
from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import Batch, Claimed, EnqueueRequest, EnqueueResult
from services.runtime.files import yaml
from services.runtime.messages.delivery import Delivery
from tests.support.alerts import an_opened_alert
from tests.support.clock import START, FakeClock
from tests.support.publisher import FakePublisher

T = TypeVar("T")
HOUR = timedelta(hours=1)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def an_alert(number: int = 0, **fields: Any) -> Alert:
    """An alert of its own story; high by default."""
    alert = msgspec.structs.replace(an_opened_alert(), id=f"a1e47{number:019d}", severity="high")
    return msgspec.structs.replace(alert, **fields)


def an_event(act: str = "seize", mode: EventMode = "done", **fields: Any) -> AlertEvent:
    """What an article says that happened."""
    return AlertEvent(
        act=act,
        verb=f"{act}s",
        mode=mode,
        field="title",
        start=0,
        end=4,
        quote="Navy",
        rule="r",
        article_id="a",
        topic="naval_moves",
        **fields,
    )


def a_watch(more: str = "", *, id_: str = "w", when: str = "{}", channels: str = "[c]") -> Watch:
    """A watch with one channel ``c``; ``more`` are further lines of it."""
    more = "".join(f"    {line}\n" for line in more.splitlines())
    text = f"format: 1\nchannels: [{{id: c, kind: log}}, {{id: d, kind: log}}]\nwatches:\n  - id: {id_}\n    name: N\n"
    text += f"    when: {when}\n    channels: {channels}\n{more}"
    return a_watch_file(text).watches[0]


def a_watch_file(text: str) -> WatchFile:
    """What a watch file says."""
    return yaml.parse(text.encode(), "watches.yaml").converted("watches.v1", WatchFile).value


def active(*watches: Watch, kind: Any = "log", channels: Sequence[str] = ("c", "d")) -> ActiveWatches:
    """Watches in force, with channels of one kind."""
    made = tuple(Channel(id=id_, kind=kind) for id_ in channels)
    routes = {channel.id: Route(channel=channel, url="https://h.example/", secret=SECRET) for channel in made}
    return ActiveWatches(file=WatchFile(format=1, channels=made, watches=watches), routes=routes)


def a_delivery(alert: Alert, *, offset: int = 0) -> Delivery:
    """An alert as the notifier receives it."""
    return Delivery(
        topic=topics.ALERTS,
        partition=0,
        offset=offset,
        key=alert.id.encode(),
        value=codec.encode(alert),
        sent_at=START,
    )


class Crash(Exception):
    """The process dies here."""


@dataclass
class Kept:
    """A delivery as :class:`MemoryOutbox` keeps it."""

    notification: Notification
    state: str
    due: datetime
    attempts: int = 0
    error: str = ""


class MemoryOutbox:
    """The outbox in memory. ``crash_at`` counts down over the borders of steps and dies there."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.batches: dict[Batch, datetime] = {}
        self.rates: dict[str, dict[str, datetime]] = {}
        self.marked_sent: list[str] = []
        self.tests: list[TestRequest] = []
        self.crash_in: int | None = None

    async def take_tests(self) -> Sequence[TestRequest]:
        taken, self.tests = self.tests, []
        return taken

    async def enqueue(self, requests: Sequence[EnqueueRequest], *, now: datetime) -> Sequence[EnqueueResult]:
        return self._step(lambda: [self._place(request, now) for request in requests])

    async def channels(self) -> Sequence[str]:
        return sorted({kept.notification.channel_id for kept in self.kept.values()})

    async def claim(self, channel_id: str, *, now: datetime, lease_seconds: float) -> Claimed | None:
        return self._step(lambda: self._claim(channel_id, now, lease_seconds))

    async def sent(self, notification: Notification, *, now: datetime) -> bool:
        del now
        return self._step(lambda: self._finish(notification, "sent", ""))

    async def retry(self, notification: Notification, *, at: datetime, error: str) -> None:
        self._step(lambda: self._retry(self.kept[notification.id], at, error))

    async def dead(self, notification: Notification, *, now: datetime, error: str) -> bool:
        del now
        return self._step(lambda: self._finish(notification, "dead", error))

    async def due_batches(self, *, now: datetime) -> Sequence[Batch]:
        return sorted(batch for batch, at in self.batches.items() if at <= now)

    async def collected(self, batch: Batch, *, limit: int) -> Sequence[Notification]:
        return [kept.notification for kept in self._held(batch)][:limit]

    async def close_batch(self, batch: Batch, digest: Notification | None, *, now: datetime) -> bool:
        return self._step(lambda: self._close_batch(batch, digest, now))

    async def postpone(self, batch: Batch, *, at: datetime) -> None:
        self.batches[batch] = at

    async def sizes(self) -> tuple[int, int]:
        states = [kept.state for kept in self.kept.values()]
        return states.count("queued"), states.count("held")

    def states(self) -> dict[str, int]:
        """How many deliveries are in each state, digests left out."""
        states = [kept.state for kept in self.kept.values() if not kept.notification.digest]
        return {state: states.count(state) for state in sorted(set(states))}

    def _place(self, request: EnqueueRequest, now: datetime) -> EnqueueResult:
        notification, at, how = request.notification, request.release.at, request.release.how
        if notification.id in self.kept:
            return "known"
        if how == "now" and request.per_hour and not request.release.unlimited:
            passed = {k: t for k, t in self.rates.get(notification.watch_id, {}).items() if t > now - HOUR}
            self.rates[notification.watch_id] = passed
            if f"{notification.alert_id}/{notification.revision}" not in passed:
                if len(passed) < request.per_hour:
                    passed[f"{notification.alert_id}/{notification.revision}"] = now
                else:
                    how, at = "held", min(passed.values()) + HOUR
        if how == "now":
            self.kept[notification.id] = Kept(notification, "queued", at)
            return "queued"
        batch = Batch(notification.watch_id, notification.channel_id)
        self.kept[notification.id] = Kept(notification, "held", now)
        self.batches[batch] = min(at, self.batches.get(batch, at))
        return "held"

    def _claim(self, channel_id: str, now: datetime, lease_seconds: float) -> Claimed | None:
        due = [
            kept
            for kept in self.kept.values()
            if kept.notification.channel_id == channel_id and kept.state == "queued" and kept.due <= now
        ]
        if not due:
            return None
        first = min(due, key=lambda kept: (kept.due, kept.notification.id))
        first.due = now + timedelta(seconds=lease_seconds)
        return Claimed(notification=first.notification, attempts=first.attempts)

    def _finish(self, notification: Notification, state: str, error: str) -> bool:
        kept = self.kept[notification.id]
        if kept.state in ("sent", "dead"):
            return False
        for id_ in (notification.id, *notification.members):
            self.kept[id_] = replace(self.kept[id_], state=state, error=error)
            if state == "sent":
                self.marked_sent.append(id_)
        self.kept[notification.id].attempts += 1
        return True

    def _retry(self, kept: Kept, at: datetime, error: str) -> None:
        kept.due, kept.attempts, kept.error = at, kept.attempts + 1, error

    def _held(self, batch: Batch) -> list[Kept]:
        return [
            kept
            for kept in self.kept.values()
            if kept.state == "held" and Batch(kept.notification.watch_id, kept.notification.channel_id) == batch
        ]

    def _close_batch(self, batch: Batch, digest: Notification | None, now: datetime) -> bool:
        if digest is not None:
            if any(self.kept[member].state != "held" for member in digest.members):
                return False
            for member in digest.members:
                self.kept[member].state = "digested"
            self.kept[digest.id] = Kept(digest, "queued", now)
        if not self._held(batch):
            self.batches.pop(batch, None)
        return True

    def _step(self, act: Callable[[], T]) -> T:
        self._border()
        done = act()
        self._border()
        return done

    def _border(self) -> None:
        if self.crash_in is not None:
            self.crash_in -= 1
            if self.crash_in < 0:
                self.crash_in = None
                raise Crash


class KeepingSender:
    """Takes everything and keeps it; ``failures`` are raised first, one an attempt."""

    def __init__(self, *failures: Exception) -> None:
        self.taken: list[Notification] = []
        self.attempts = 0
        self.failures = list(failures)
        self.down: SendError | None = None
        self.crash_after: int | None = None

    async def send(self, notification: Notification, route: Route) -> None:
        del route
        self.attempts += 1
        if self.down is not None:
            raise self.down
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(notification)
        if self.crash_after is not None and len(self.taken) > self.crash_after:
            self.crash_after = None
            raise Crash

    def alerts(self) -> list[str]:
        """Every alert and revision that arrived, digests opened."""
        found = []
        for notification in self.taken:
            if notification.digest:
                found += [f"{entry.alert_id}/{entry.revision}" for entry in notification.summaries]
            else:
                found.append(f"{notification.alert_id}/{notification.revision}")
        return found


class Notifier:
    """The service without servers: a handler and a dispatcher on one outbox, with a clock that tests move."""

    def __init__(self, in_force: ActiveWatches, *, outbox: Any = None, sender: KeepingSender | None = None) -> None:
        self.clock = FakeClock()
        self.outbox = outbox if outbox is not None else MemoryOutbox()
        self.sender = sender or KeepingSender()
        self.publisher = FakePublisher()
        self.in_force = in_force
        self.saved: ActiveWatches | None = None  # on the disk, and not read yet
        self.start()

    def start(self) -> None:
        """A new process on the same outbox."""
        self.registry = CollectorRegistry()
        self.metrics = NotifierMetrics(self.registry)
        self.dispatcher = Dispatcher(
            watches=self.in_force,
            outbox=self.outbox,
            senders={"log": self.sender, "webhook": self.sender, "apprise": self.sender},
            dead_after=timedelta(hours=24),
            clock=self.clock,
            metrics=self.metrics,
            look=self._look,
        )
        self.handler = NotifierHandler(
            watches=self.in_force,
            outbox=self.outbox,
            publisher=self.publisher,
            stale_after=timedelta(days=7),
            clock=self.clock,
            metrics=self.metrics,
            wake=self.dispatcher.wake,
        )

    async def _look(self) -> None:
        if self.saved is not None:
            self.dispatcher.use(self.saved)

    async def hear(self, *alerts: Alert) -> Sequence[str]:
        """Alerts come from Kafka."""
        return await self.handler.handle([a_delivery(alert, offset=n) for n, alert in enumerate(alerts)])

    async def pass_time(self, seconds: float, *, step: float = 60.0) -> None:
        """Let time go by, with a round at each step."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < end:
            self.clock.advance(min(step, (end - self.clock.now()).total_seconds()))
            await self.dispatcher.round()

    def count(self, outcome: str, kind: str = "log") -> float:
        """What the metric says."""
        found = self.registry.get_sample_value(
            "wirewatch_notifier_deliveries_total", {"kind": kind, "outcome": outcome}
        )
        assert found is not None
        return found


def written(folder: Path, text: str) -> Path:
    """A watch file."""
    path = folder / "watches.yaml"
    path.write_text(text, encoding="utf-8")
    return path
