"""``wirewatch send``: articles from a file or a pipe onto the ``articles`` topic."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO
from urllib.parse import urlsplit

import msgspec
import typer

from services.cli import addresses, jsonl
from services.cli.console import err, out
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from services.contracts.messages import Article
    from services.runtime.messages.delivery import Outgoing
    from services.runtime.ports import Publisher

FEED = "import"  # the address of the feed that completed articles are said to come from
BATCH_MESSAGES = 500
BATCH_BYTES = 4_000_000
GIVE_UP_SECONDS = 60.0
SAMPLE_CHARACTERS = 400  # of a text, for telling its language
SURE = 0.65
FUTURE_ALLOWED = timedelta(hours=1)  # as the poller allows: clocks differ


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("send")(send)


def send(
    file: Annotated[str, typer.Argument(help="A JSONL file; - reads standard input.", metavar="FILE")] = "-",
    kafka: addresses.KafkaOption = None,
    backfill: Annotated[
        bool, typer.Option("--backfill", help="Mark completed articles as known history: they open no alert.")
    ] = False,
) -> None:
    """Send articles to the line, one JSON object a line.

    A line needs id, title and text and is completed to a full article of the feed 'import'; a line of `wirewatch
    parse` or of the articles topic is sent as it is. A bad line is named and the rest goes on (exit code 1).
    """
    address = addresses.kafka(kafka)
    with _opened(file) as lines:
        failed = asyncio.run(_send(lines, "standard input" if file == "-" else file, address, backfill=backfill))
    if failed:
        raise typer.Exit(1)


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
            err.print(
                f"{name}, line {line}: the article has {len(message.value)} bytes, too large for the broker.",
                soft_wrap=True,
            )
        self.sent += len(self.messages) - len(refused)
        self.failed += len(refused)
        self.messages, self.lines = [], []


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the poller would add to an article: family and wire of an outlet, language of a text."""

    family_of: Callable[[str], str]
    wire_of: Callable[[str, str], str | None]
    language_of: Callable[[str], str | None]


@cache
def knowledge() -> Knowledge:
    """The poller's own tables and language model, loaded when the first line needs them."""
    from services.poller.edges import language, publishers

    known = publishers.load()

    def language_of(text: str) -> str | None:
        found = language.detect(text[:SAMPLE_CHARACTERS].replace("\n", " "))
        return found[0] if found and found[1] >= SURE else None

    return Knowledge(
        family_of=known.family_of,
        wire_of=lambda text, outlet: known.wire_of(text, (), outlet),
        language_of=language_of,
    )


def article_of(line: bytes, *, now: datetime, backfill: bool) -> tuple[Article, bytes]:
    """The article of a line, and the bytes to send. Raises :class:`msgspec.DecodeError` where it is none.

    A line with a ``content_hash`` claims to be a full article and is checked as one; its bytes are kept, unless it
    has times in the future: those become ``now``, or the article would be the newest one for ever.
    """
    from services.contracts import codec
    from services.contracts.messages import Article

    claims = msgspec.json.decode(line, type=_Claims)
    if claims.content_hash is not None:
        given = msgspec.json.decode(line, type=Article)
        article = _not_of_the_future(given, now)
        return article, line.strip() if article is given else codec.encode(article)
    completed = _completed(msgspec.json.decode(line, type=jsonl.InputArticle), now=now, backfill=backfill)
    article = _not_of_the_future(completed, now)
    return article, codec.encode(article)


def _not_of_the_future(article: Article, now: datetime) -> Article:
    """The article itself, or a copy with every time beyond ``now`` set to ``now``, flagged as the poller flags it."""
    times = {name: getattr(article, name) for name in ("first_seen_at", "fetched_at", "published_at", "updated_at")}
    future = {name: now for name, time in times.items() if time is not None and time > now + FUTURE_ALLOWED}
    if not future:
        return article
    return msgspec.structs.replace(article, **future, flags=tuple(dict.fromkeys((*article.flags, "future_date"))))


class _Claims(msgspec.Struct):
    content_hash: object = None


def _completed(given: jsonl.InputArticle, *, now: datetime, backfill: bool) -> Article:
    from services.contracts import ids
    from services.contracts.messages import Article, FeedRef

    if not given.id:
        raise msgspec.ValidationError("`id` is empty")
    host = urlsplit(given.canonical_url or given.url or "").hostname
    outlet = given.outlet or (host or FEED).removeprefix("www.")
    known = knowledge()
    return Article(
        id=given.id,
        feed=FeedRef(id=ids.feed_id(FEED), url=FEED),
        outlet=outlet,
        family=given.family or known.family_of(outlet),
        title=given.title,
        text=given.text,
        text_source="feed" if given.text else "none",
        first_seen_at=jsonl.time_of(given.first_seen_at) or now,
        fetched_at=now,
        content_hash=ids.content_hash(given.title, given.text),
        wire=given.wire or known.wire_of(given.text, outlet),
        url=given.url,
        canonical_url=given.canonical_url or given.url,
        summary=given.summary,
        language=given.language or known.language_of(f"{given.title}. {given.text}"),
        published_raw=given.published_at,
        published_at=jsonl.time_of(given.published_at),
        backfill=backfill,
    )


async def _send(lines: BinaryIO, name: str, kafka: KafkaAccess, *, backfill: bool) -> int:
    """Send every line and say how it went. Returns how many could not be sent."""
    from services.cli import broker
    from services.contracts import topics

    broker.quiet()
    await broker.require_topic(kafka, topics.ARTICLES)
    sending = Sending()
    async with broker.publisher(kafka) as publisher:
        with _progress() as (progress, task):
            for number, line in _numbered(lines):
                _add(sending, line, number, name, backfill=backfill)
                if sending.full():
                    await sending.flush(publisher, name=name, kafka=kafka)
                    progress.update(task, completed=sending.sent)
            await sending.flush(publisher, name=name, kafka=kafka)
    out.print(f"{sending.sent} sent, {sending.failed} failed")
    return sending.failed


def _add(sending: Sending, line: bytes, number: int, name: str, *, backfill: bool) -> None:
    from services.contracts import topics, trace
    from services.runtime.messages.delivery import Outgoing
    from services.runtime.process.clock import SystemClock

    try:
        article, value = article_of(line, now=SystemClock().now(), backfill=backfill)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        err.print(
            f"{name}, line {number}: {error}. Give one JSON object a line with id, title and text.",
            markup=False,
            soft_wrap=True,
        )
        sending.failed += 1
        return
    key = article.id.encode("utf-8", "replace")
    headers = trace.headers(trace.begun(article.id, article.content_hash))
    sending.messages.append(Outgoing(topic=topics.ARTICLES, key=key, value=value, headers=headers))
    sending.lines.append(number)


def _numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, with their numbers from 1."""
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


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


@contextmanager
def _progress() -> Iterator[tuple[Progress, TaskID]]:
    """A counter on standard error that vanishes when done; nothing where that is not a terminal."""
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = SpinnerColumn(), TextColumn("sent {task.completed:.0f} articles")
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        yield progress, progress.add_task("send", total=None)
