"""``wirewatch packs backtest``: past articles from Kafka or a file, both sets of packs, and the table of the change."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from pathlib import Path

from rich.text import Text

from services.cli import articles, broker
from services.cli.output import counting, json_line, out, table, warn
from services.contracts import topics
from services.contracts.messages import Article, UniqueArticle
from services.poller.core.imports import InputArticle, time_of
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.tagger.core.backtest import Backtest, Change, Past, TopicChange
from services.tagger.core.tag import Fields

UNDATED = "undated"


async def run(test: Backtest, articles: AsyncIterator[Past], topics_shown: Collection[str], *, as_json: bool) -> None:
    """Try the packs of ``test`` on ``articles`` and print what changes, of the topics named."""
    with counting("{} articles") as shown:
        async for article in articles:
            test.add(article)
            shown(test.articles)
    report = [change for change in test.report() if change.topic in topics_shown]
    if as_json:
        json_line({"articles": test.articles, "topics": report})
    else:
        _print(test.articles, report)


async def from_file(file: Path, start: datetime | None) -> AsyncIterator[Past]:
    """The articles of a file of JSON Lines since ``start``. Raises :class:`UsageError` where it cannot be read."""
    try:
        lines = file.open("rb")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}.") from None
    with lines:
        for article in articles.read(lines, name=str(file)):
            if isinstance(article, str):
                warn(article)
                continue
            seen = time_of(article.first_seen_at) or time_of(article.published_at)
            if start is None or (seen is not None and seen >= start):
                yield _past(article, article.id, seen, alerts=True)


async def from_topic(kafka: KafkaAccess, start: datetime | None) -> AsyncIterator[Past]:
    """The articles that Kafka still holds since ``start``, without the versions that came of looking at pages again:
    these are no news, and no topic opens an alert by them."""
    async for _, unique in broker.messages(kafka, topics.UNIQUE, UniqueArticle):
        article = unique.article
        if article.recheck is None and (start is None or article.first_seen_at >= start):
            yield _past(article, unique.story_id, article.first_seen_at, alerts=not article.backfill)


def _past(article: Article | InputArticle, story: str, seen: datetime | None, *, alerts: bool) -> Past:
    return Past(
        id=article.id,
        story=story,
        day=f"{seen:%Y-%m-%d}" if seen else UNDATED,
        title=article.title,
        alerts=alerts,
        fields=Fields(article.title, article.summary or "", article.text, article.language),
    )


def _print(count: int, report: Sequence[TopicChange]) -> None:
    out.print(f"{count} articles over {report[0].days if report else 0} days\n")
    columns = ("topic", "in force", "tried", "tags a day", "alerts a day", "gained", "lost")
    made = table(*columns, whole=("topic",), right=("gained", "lost"))
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
