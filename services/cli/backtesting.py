"""``wirewatch packs backtest``: past articles from Kafka or a file, both sets of packs, and the table of the change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from services.cli import addresses, jsonl
from services.cli.console import err, json_line, out
from services.contracts import codec, topics
from services.contracts.messages import UniqueArticle
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.tagger import library
from services.tagger.core.backtest import Backtest, Change, Past, TopicChange
from services.tagger.core.tag import Fields

UNDATED = "undated"


def run(
    *,
    packs: Path | None,
    since: str | None,
    file: Path | None,
    in_force: Path | None,
    examples: int,
    kafka: str | None,
    as_json: bool,
) -> None:
    """See :func:`services.cli.packs.backtest`."""
    start = _since(since)
    after = library.load(packs or library.default_folder())
    before = library.load(in_force or library.default_folder())
    test = Backtest(before.compiled, after.compiled, examples=examples)
    with Progress(
        SpinnerColumn(), TextColumn("{task.completed} articles"), TimeElapsedColumn(), console=err, transient=True
    ) as progress:
        task = progress.add_task("articles", total=None)
        if file is not None:
            for article in _from_file(file, start):
                test.add(article)
                progress.advance(task)
        else:
            asyncio.run(_from_topic(test, addresses.kafka(kafka), start, lambda: progress.advance(task)))
    report = test.report()
    if as_json:
        json_line({"articles": test.articles, "topics": report})
    else:
        _print(test.articles, report)


def _since(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since is {text!r}: give a date such as 2026-01-31, or an RFC 3339 time.") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _from_file(file: Path, start: datetime | None) -> Iterator[Past]:
    try:
        lines = file.open("rb")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}.") from None
    with lines:
        for _, article in jsonl.read(lines, name=str(file)):
            if isinstance(article, jsonl.BadLine):
                err.print(article.message, markup=False, soft_wrap=True)
                continue
            seen = jsonl.time_of(article.first_seen_at) or jsonl.time_of(article.published_at)
            if start and (seen is None or seen < start):
                continue
            yield Past(
                id=article.id,
                story=article.id,
                day=_day(seen.date() if seen else None),
                title=article.title,
                alerts=True,
                fields=Fields(article.title, article.summary or "", article.text, article.language),
            )


async def _from_topic(test: Backtest, kafka: KafkaAccess, start: datetime | None, step: Callable[[], None]) -> None:
    from services.cli import broker

    broker.quiet()
    await broker.require_topic(kafka, topics.UNIQUE)
    async for past in _past(kafka, start):
        test.add(past)
        step()


async def _past(kafka: KafkaAccess, start: datetime | None) -> AsyncIterator[Past]:
    from services.runtime.kafka import log_reader

    async for delivery in log_reader.read_all(kafka, topics.UNIQUE):
        try:
            unique = codec.decode(delivery.value, UniqueArticle)
        except codec.UndecodableError:
            continue  # it lies in the dead-letter topic, too
        article = unique.article
        if start and article.first_seen_at < start:
            continue
        yield Past(
            id=article.id,
            story=unique.story_id,
            day=_day(article.first_seen_at.date()),
            title=article.title,
            alerts=not article.backfill,
            fields=Fields(article.title, article.summary or "", article.text, article.language),
        )


def _day(day: date | None) -> str:
    return day.isoformat() if day else UNDATED


def _print(articles: int, report: Sequence[TopicChange]) -> None:
    table = Table(title=f"{articles} articles over {report[0].days if report else 0} days")
    for heading in ("topic", "in force", "tried", "tags a day", "alerts a day", "gained", "lost"):
        table.add_column(heading, overflow="fold")
    for change in report:
        days = max(change.days, 1)
        table.add_row(
            change.topic,
            change.before or "-",
            change.after or "-",
            f"{change.tags_before / days:.1f} -> {change.tags_after / days:.1f}",
            f"{change.alerts_before / days:.1f} -> {change.alerts_after / days:.1f}",
            str(change.gained_total),
            str(change.lost_total),
        )
    out.print(table)
    for change in report:
        for sign, style, changes in (("+", "green", change.gained), ("-", "red", change.lost)):
            for one in changes:
                out.print(_line(change.topic, sign, style, one), soft_wrap=True)


def _line(topic: str, sign: str, style: str, change: Change) -> Text:
    quote = " ".join(change.quote.split())
    head = f"{sign} {topic} {change.day} {change.id} {change.score:.2f} [{change.rule}] "
    return Text.assemble((head, style), change.title or "", "\n    ", (quote[:300], "dim"))
