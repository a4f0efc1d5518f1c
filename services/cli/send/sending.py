"""Completes articles and sends them in batches."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import BinaryIO

import msgspec

from services.cli import broker
from services.cli.articles import FORM
from services.cli.output import counting, out, warn
from services.contracts import topics, trace
from services.poller.core.imports import Knowledge, article_of, surely
from services.poller.edges import language, publishers
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.messages.delivery import Outgoing
from services.runtime.ports import Publisher
from services.runtime.process.clock import SystemClock

BATCH_MESSAGES = 500
BATCH_BYTES = 4_000_000
GIVE_UP_SECONDS = 60.0


def run(file: str, kafka: KafkaAccess, *, backfill: bool) -> int:
    """Send every line of ``file`` (``-`` is standard input). Returns how many could not be sent."""
    with _opened(file) as lines:
        if lines.isatty():
            warn(f"Reading articles from the terminal; Ctrl-D ends. {FORM}")
        return asyncio.run(_send(lines, "standard input" if file == "-" else file, kafka, backfill=backfill))


@dataclass(slots=True)
class Sending:
    """A batch under way, and the counts so far. ``lines`` has the line number of each message."""

    messages: list[Outgoing] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    sent: int = 0
    failed: int = 0

    def full(self) -> bool:
        """Whether it is time to send the batch."""
        return len(self.messages) >= BATCH_MESSAGES or sum(len(m.value) for m in self.messages) >= BATCH_BYTES

    def add(self, line: bytes, number: int, name: str, *, backfill: bool) -> None:
        """Put the article of a line into the batch, or name the line on standard error."""
        try:
            article, value = article_of(line, now=SystemClock().now(), backfill=backfill, known=knowledge)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
            warn(f"{name}, line {number}: {error}. {FORM}")
            self.failed += 1
            return
        key = article.id.encode("utf-8", "replace")
        headers = trace.headers(trace.begun(article.id, article.content_hash))
        self.messages.append(Outgoing(topic=topics.ARTICLES, key=key, value=value, headers=headers))
        self.lines.append(number)

    async def flush(self, publisher: Publisher, *, name: str, kafka: KafkaAccess) -> None:
        """Send the batch and wait until the broker has it. Raises :class:`UsageError` where it no longer answers."""
        if not self.messages:
            return
        try:
            refused = await asyncio.wait_for(publisher.publish(self.messages), timeout=GIVE_UP_SECONDS)
        except TimeoutError:
            raise UsageError(
                f"The Kafka at {kafka} stopped answering after {self.sent} articles, before {name}, line "
                f"{self.lines[0]}, was safe. Sending all of it again is harmless: known articles are recognised."
            ) from None
        for message in refused:
            line = self.lines[next(n for n, sent in enumerate(self.messages) if sent is message)]
            warn(f"{name}, line {line}: the article has {len(message.value)} bytes, too large for the broker.")
        self.sent += len(self.messages) - len(refused)
        self.failed += len(refused)
        self.messages, self.lines = [], []


@cache
def knowledge() -> Knowledge:
    """The poller's own tables and language model, loaded when the first line needs them."""
    known = publishers.load()
    return Knowledge(
        family_of=known.family_of,
        wire_of=lambda text, outlet: known.wire_of(text, (), outlet),
        language_of=surely(language.detect),
    )


async def _send(lines: BinaryIO, name: str, kafka: KafkaAccess, *, backfill: bool) -> int:
    """Send every line and report how it went. Returns how many could not be sent."""
    broker.quiet()
    await broker.require_topic(kafka, topics.ARTICLES)
    sending = Sending()
    async with broker.publisher(kafka) as publisher:
        with counting("sent {} articles") as shown:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    sending.add(line, number, name, backfill=backfill)
                if sending.full():
                    await sending.flush(publisher, name=name, kafka=kafka)
                    shown(sending.sent)
            await sending.flush(publisher, name=name, kafka=kafka)
    out.print(f"{sending.sent} sent, {sending.failed} failed")
    return sending.failed


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(file).open("rb") as opened:
            yield opened
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.") from None
