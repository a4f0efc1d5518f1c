"""``wirewatch packs backtest``: past articles from Kafka or a file, both sets of packs, and the table of the change."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from rich.text import Text

from services.cli import addresses, articles, broker
from services.cli.options import since
from services.cli.output import counting, json_line, out, table, warn
from services.contracts import topics
from services.contracts.messages import UniqueArticle
from services.poller.core.imports import time_of
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.tagger import library
from services.tagger.core.backtest import Backtest, Change, Past, TopicChange
from services.tagger.core.tag import Fields

UNDATED = "undated"


def run(
    *,
    tried: Path | None,
    only_tried: bool,
    since_text: str | None,
    file: Path | None,
    in_force: Path | None,
    examples: int,
    kafka: str | None,
    as_json: bool,
) -> None:
    """See :func:`services.cli.packs.command.backtest`. ``only_tried`` leaves out topics that no tried pack has."""
    start = since(since_text, datetime.now(UTC))
    after = library.load(tried or library.default_folder())
    before = library.load(in_force or library.default_folder())
    test = Backtest(before.compiled, after.compiled, examples=examples)
    with counting("{} articles") as shown:
        if file is not None:
            for article in _from_file(file, start):
                test.add(article)
                shown(test.articles)
        else:
            asyncio.run(_from_topic(test, addresses.kafka(kafka), start, shown))
    topics_tried = {pack.topic for pack in after.packs}
    report = [change for change in test.report() if not only_tried or change.topic in topics_tried]
    if as_json:
        json_line({"articles": test.articles, "topics": report})
    else:
        _print(test.articles, report)


def _from_file(file: Path, start: datetime | None) -> Iterator[Past]:
    try:
        lines = file.open("rb")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}.") from None
    with lines:
        for _, article in articles.read(lines, name=str(file)):
            if isinstance(article, articles.BadLine):
                warn(article.message)
                continue
            seen = time_of(article.first_seen_at) or time_of(article.published_at)
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


async def _from_topic(test: Backtest, kafka: KafkaAccess, start: datetime | None, shown: Callable[[int], None]) -> None:
    async for _, unique in broker.messages(kafka, topics.UNIQUE, UniqueArticle):
        article = unique.article
        if start and article.first_seen_at < start:
            continue
        test.add(
            Past(
                id=article.id,
                story=unique.story_id,
                day=_day(article.first_seen_at.date()),
                title=article.title,
                alerts=not article.backfill,
                fields=Fields(article.title, article.summary or "", article.text, article.language),
            )
        )
        shown(test.articles)


def _day(day: date | None) -> str:
    return day.isoformat() if day else UNDATED


def _print(count: int, report: Sequence[TopicChange]) -> None:
    out.print(f"{count} articles over {report[0].days if report else 0} days\n")
    made = table(
        "topic",
        "in force",
        "tried",
        "tags a day",
        "alerts a day",
        "gained",
        "lost",
        whole=("topic",),
        right=("gained", "lost"),
    )
    for change in report:
        days = max(change.days, 1)
        made.add_row(
            change.topic,
            _version(change.before),
            _version(change.after),
            f"{change.tags_before / days:.1f} -> {change.tags_after / days:.1f}",
            f"{change.alerts_before / days:.1f} -> {change.alerts_after / days:.1f}",
            str(change.gained_total),
            str(change.lost_total),
        )
    out.print(made)
    for change in report:
        for sign, style, changes in (("+", "green", change.gained), ("-", "red", change.lost)):
            for one in changes:
                out.print(_line(change.topic, sign, style, one), soft_wrap=True)


def _version(pack: str | None) -> str:
    """``1.6-57248aea`` of ``alliances@1.6-57248aea``."""
    return pack.partition("@")[2] if pack else "-"


def _line(topic: str, sign: str, style: str, change: Change) -> Text:
    quote = " ".join(change.quote.split())
    head = f"{sign} {topic} {change.day} {change.id} {change.score:.2f} [{change.rule}] "
    return Text.assemble((head, style), change.title or "", "\n    ", (quote[:300], "dim"))
