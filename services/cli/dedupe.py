"""``wirewatch dedupe``: verdicts on a file or a pipe of articles, in this process, with no server."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypedDict
from urllib.parse import urlsplit

import typer

from services.cli import jsonl
from services.cli.console import err, json_line

if TYPE_CHECKING:
    from services.contracts.messages import Article, LinkedBy
    from services.contracts.stories import StoryMember
    from services.deduper.core.verdict import Decision

START = datetime(1970, 1, 2, tzinfo=UTC)  # the time of lines that give none; their order is then the only time


class Line(TypedDict):
    """One line of output."""

    id: str
    status: str
    story_id: str
    duplicate_of: str | None
    containment: float | None
    linked_by: LinkedBy | None


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("dedupe")(dedupe)


def dedupe(
    window_hours: Annotated[int, typer.Option(help="How long an article can attract copies, in hours.", min=2)] = 96,
) -> None:
    """Say of each article on standard input whether it is new, an update, the same story or a duplicate.

    Articles are JSON objects, one a line, with id, title and text; url, outlet, language and first_seen_at are used
    where they are there. The order of the lines is the order of arrival. Articles of different languages are never
    compared; those without a language are compared with each other. A bad line is named and the rest goes on (exit
    code 1).
    """
    if not _judge(sys.stdin.buffer, window_s=window_hours * 3600):
        raise typer.Exit(1)


class Judge:
    """Verdicts on input lines in their order, as the command gives them."""

    def __init__(self, window_s: int = 96 * 3600) -> None:
        from services.deduper.edges.memory import MemoryIndex
        from services.deduper.vocabularies import Vocabularies

        self._index = MemoryIndex(window_s)
        self._vocabularies = Vocabularies()
        self._now = START

    def __call__(self, given: jsonl.InputArticle) -> Decision:
        """The decision on one line."""
        from services.contracts import redis_keys
        from services.deduper.core.fingerprint import fingerprint

        self._now = max(self._now, _time(given.first_seen_at) or self._now)
        article = _article(given, self._now)
        vocabulary = self._vocabularies.of(redis_keys.bucket(article.language))
        item = fingerprint(article, vocabulary)
        decision = self._index.check_and_insert(item, int(self._now.timestamp()))
        if not decision.known:
            vocabulary.learn(item.word_counts)
        return decision

    def members(self, given: jsonl.InputArticle, story_id: str) -> tuple[StoryMember, ...]:
        """The members of the story that the line was put into."""
        from services.contracts import redis_keys

        return self._index.store.members(redis_keys.bucket(given.language), story_id)


def _judge(lines: Iterable[bytes], *, window_s: int) -> bool:
    """Print a verdict a line. Returns whether every line was an article."""
    judge = Judge(window_s)
    good = True
    for _, given in jsonl.read(lines, name="standard input"):
        if isinstance(given, jsonl.BadLine):
            err.print(given.message, markup=False)
            good = False
            continue
        json_line(_line(given.id, judge(given)))
    return good


def _article(given: jsonl.InputArticle, now: datetime) -> Article:
    """The line as the poller would have published it, as far as the deduper looks at it."""
    from services.contracts import ids
    from services.contracts.messages import Article, FeedRef

    address = given.canonical_url or given.url
    published = _time(given.published_at)
    outlet = given.outlet or (_host(address) or "").removeprefix("www.")
    return Article(
        id=given.id,
        feed=FeedRef(id="", url=""),
        outlet=outlet or given.id,  # unknown outlets are each their own: nothing can be one outlet's wrapper
        family=given.family or outlet or given.id,
        title=given.title,
        text=given.text,
        summary=given.summary,
        text_source="feed",
        first_seen_at=_time(given.first_seen_at) or published or now,
        fetched_at=now,
        content_hash=ids.content_hash(given.title, given.text),
        wire=given.wire,
        url=given.url,
        canonical_url=address,
        language=given.language,
        published_at=published,
    )


def _time(text: str | None) -> datetime | None:
    """A time as data sets give it: without an offset it is taken for UTC, and a day for its beginning."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _host(address: str | None) -> str | None:
    try:
        return urlsplit(address or "").hostname
    except ValueError:
        return None


def _line(article_id: str, decision: Decision) -> Line:
    from services.deduper.core.verdict import Copy, New, status

    verdict = decision.verdict
    link = None if isinstance(verdict, New) else verdict.link
    return {
        "id": article_id,
        "status": status(verdict),
        "story_id": verdict.story_id,
        "duplicate_of": verdict.link.article_id if isinstance(verdict, Copy) else None,
        "containment": link.score if link else None,
        "linked_by": link.linked_by if link else None,
    }
