"""The Faust edge, shared by the stream services: how an app is configured and how a batch reaches a handler.

What is set here was found by trial (docs/decisions/0003-faust.md): topics are declared beforehand, values are raw
bytes, agents have concurrency 1, offsets are committed a second after a batch is done.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import faust

from services.runtime.errors import UsageError
from services.runtime.kafka import records
from services.runtime.kafka.connection import KafkaAccess, kafka_of
from services.runtime.messages.delivery import Delivery, headers_of, time_of
from services.runtime.ports import StreamHandler
from services.runtime.process import telemetry
from services.runtime.process.logging import get
from services.runtime.process.settings import CommonSettings

log = get(__name__)

BATCH_MESSAGES = 256
BATCH_WITHIN_SECONDS = 0.02
_LOGGED_KEY = 64  # characters; our keys are ids of 24
DRAIN_SECONDS = 25.0  # less than the 30 s that Compose and the supervisor grant before SIGKILL


def new_app(service: str, settings: CommonSettings) -> faust.App:
    """A Faust app for ``service``: its consumer group is ``wirewatch-<service>``.

    ``env={}`` keeps ambient variables such as BROKER_URL from overriding what is passed here.
    """
    records.install()
    kafka = kafka_of(settings)
    return faust.App(
        f"wirewatch-{service}",
        broker=[f"kafka://{address}" for address in kafka.addresses()],
        broker_credentials=_credentials(kafka),
        env={},
        autodiscover=False,
        web_enabled=False,
        datadir=Path(gettempdir()) / f"wirewatch-{service}-{os.getuid()}",  # made at start, and nothing is kept there
        store="memory://",
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        stream_wait_empty=False,
        broker_commit_interval=1.0,
        broker_session_timeout=8.0,
        broker_heartbeat_interval=2.0,
        broker_max_poll_records=2 * BATCH_MESSAGES,
    )


def _credentials(kafka: KafkaAccess) -> Any:
    """The same access as Faust takes it, None for a broker that asks for nothing."""
    arguments = kafka.client()
    context = arguments.get("ssl_context")
    if kafka.user is not None:
        return faust.SASLCredentials(
            username=kafka.user, password=kafka.password, mechanism=arguments["sasl_mechanism"], ssl_context=context
        )
    return None if context is None else faust.SSLCredentials(context)


def read(app: faust.App, topic: str, handler: StreamHandler, *, agent: str) -> None:
    """Have ``handler`` take what comes on ``topic``, through one agent of that name."""

    async def take(stream: Any) -> None:
        await consume(stream, handler)

    app.agent(app.topic(topic, key_type=bytes, value_type=bytes), name=agent, concurrency=1)(take)


async def consume(stream: Any, handler: StreamHandler) -> None:
    """Hand batches of ``stream`` to ``handler`` for as long as the app runs.

    A batch is acknowledged once it is handled. Whatever raises between a record and the next batch, making a delivery,
    handling it, counting or logging it, ends the process with nothing acknowledged, and it is started anew. A handler
    that is cut off by a shutdown finishes its batch first.
    """
    try:
        async for events in _batches(stream):
            stopped = await _take(handler, [_delivery_of(event) for event in events])
            for event in events:
                await stream.ack(event)
            if stopped:
                raise asyncio.CancelledError
    except UsageError as error:
        # A person has to change something, and nothing may be acknowledged until then.
        print(f"wirewatch: {error}", file=sys.stderr, flush=True)
        os._exit(2)
    except Exception:
        # A defect. Staying would let Faust acknowledge what was not done; and it may be the logger that is broken.
        with _exiting(70):
            log.exception("agent_failed")


@contextmanager
def _exiting(code: int) -> Iterator[None]:
    """Ends the process here and now, whatever happens inside."""
    try:
        yield
    finally:
        os._exit(code)


async def _batches(stream: Any) -> AsyncIterator[Sequence[Any]]:
    """What comes within :data:`BATCH_WITHIN_SECONDS` of an event, at most :data:`BATCH_MESSAGES`.

    Faust's own ``take_events`` looks fifty times a second whether something has come. As there, nothing is taken from
    the stream while a batch is handled: after a rebalance it would be another worker's.
    """
    stream.enable_acks = False
    batch: list[Any] = []
    arrived, full, may_add = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def collect() -> None:
        async for event in stream.events():
            await may_add.wait()
            batch.append(event)
            arrived.set()
            if len(batch) == BATCH_MESSAGES:
                may_add.clear()
                full.set()

    collecting = asyncio.ensure_future(collect())
    collecting.add_done_callback(lambda _: arrived.set())
    try:
        while not collecting.done():
            may_add.set()
            await arrived.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(full.wait(), BATCH_WITHIN_SECONDS)
            may_add.clear()
            if batch:
                yield list(batch)
            batch.clear()
            arrived.clear()
            full.clear()
        await collecting
    finally:
        collecting.cancel()


async def _take(handler: StreamHandler, batch: Sequence[Delivery]) -> bool:
    """Have a batch handled. Returns whether the agent was cancelled meanwhile."""
    began = time.monotonic()
    work = asyncio.ensure_future(handler.handle(batch))
    stopped = False
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        stopped = True
        await _drain(work, len(batch))
    _log_each(batch, work.result(), began)
    return stopped


def _log_each(batch: Sequence[Delivery], statuses: Sequence[str], began: float) -> None:
    """One line and one span a delivery, with the trace it carries; the batch began at ``began`` (monotonic seconds)."""
    if len(statuses) != len(batch):
        raise RuntimeError(f"a handler gave {len(statuses)} statuses for {len(batch)} deliveries")
    if telemetry.enabled():
        seconds = time.monotonic() - began
        for delivery, status in zip(batch, statuses, strict=True):
            telemetry.handled(delivery, status, seconds, batch=len(batch))
    if logging.getLogger(__name__).isEnabledFor(logging.INFO):
        for delivery, status in zip(batch, statuses, strict=True):
            log.info(
                "handled",
                status=status,
                topic=delivery.topic,
                partition=delivery.partition,
                offset=delivery.offset,
                key=(delivery.key or b"").decode("utf-8", "replace")[:_LOGGED_KEY],
                trace=delivery.trace,
            )


async def _drain(work: asyncio.Future[Any], messages: int) -> None:
    """Wait for a batch whose agent was cancelled. One that waits for a server that is away is given to the next worker.

    Raises what the handler raised.
    """
    until = time.monotonic() + DRAIN_SECONDS
    while not work.done() and (left := until - time.monotonic()) > 0:
        with suppress(asyncio.CancelledError):  # cancelled once more: that changes nothing
            await asyncio.wait({work}, timeout=left)
    if not work.done() or work.cancelled():
        raise TimeoutError(f"a batch of {messages} messages was not finished within {DRAIN_SECONDS:g} s of the stop")


def _delivery_of(event: Any) -> Delivery:
    """A Faust event as a plain value. Faust gives the time in seconds."""
    message = event.message
    headers = message.headers or ()
    return Delivery(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        headers=headers_of(headers.items() if isinstance(headers, dict) else headers),
        sent_at=time_of(None if message.timestamp is None else message.timestamp * 1000),
    )
