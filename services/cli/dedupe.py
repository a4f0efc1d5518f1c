"""``wirewatch dedupe``: verdicts on a file or a pipe of articles, in this process, with no server."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from services.cli import articles
from services.cli.family import single
from services.cli.output import json_line
from services.contracts import redis_keys
from services.contracts.stories import StoryMember
from services.deduper.core.fingerprint import fingerprint
from services.deduper.core.verdict import Copy, Decision, New, status
from services.deduper.core.vocabulary import Vocabulary
from services.deduper.edges.memory import MemoryIndex
from services.deduper.vocabularies import Vocabularies
from services.poller.core.imports import InputArticle, completed, outlet_of, time_of

START = datetime(1970, 1, 2, tzinfo=UTC)  # the time of lines that give none; their order is then the only time

app = single()


@app.command()
def dedupe(
    window_hours: Annotated[
        int, typer.Option(metavar="HOURS", help="How long an article attracts copies.", min=2)
    ] = 96,
) -> None:
    """Judge the articles on standard input: new, update, same story or duplicate, one JSON object a line.

    Articles are JSON objects, one a line, with id, title and text; url, outlet, language and first_seen_at are used
    where they are given. The order of the lines is the order of arrival. Articles of different languages are never
    compared; those without a language are compared with each other. A bad line is named and the rest goes on (exit
    code 1).
    """
    judge, bad = Judge(window_hours * 3600), False
    for given in articles.on_standard_input():
        if given is None:
            bad = True
        else:
            json_line(_line(given.id, judge(given)))
    if bad:
        raise typer.Exit(1)


class Judge:
    """Verdicts on input lines in their order, as the command gives them."""

    def __init__(self, window_s: int = 96 * 3600) -> None:
        self._index = MemoryIndex(window_s)
        self._vocabularies = Vocabularies()
        self._now = START

    def __call__(self, given: InputArticle) -> Decision:
        """The decision on one line."""
        seen = time_of(given.first_seen_at)
        self._now = max(self._now, seen or self._now)
        article = completed(
            given,
            outlet=outlet_of(given, otherwise=given.id),  # an unknown outlet is its own: it has no boilerplate
            first_seen_at=seen or time_of(given.published_at) or self._now,
            fetched_at=self._now,
        )
        vocabulary = self.vocabulary(article.language)
        item = fingerprint(article, vocabulary)
        decision = self._index.check_and_insert(item, int(self._now.timestamp()))
        if decision.teaches:
            vocabulary.learn(item.word_counts)
        return decision

    def vocabulary(self, language: str | None) -> Vocabulary:
        """What is counted of a language."""
        return self._vocabularies.of(redis_keys.bucket(language))

    def members(self, given: InputArticle, story_id: str) -> tuple[StoryMember, ...]:
        """The members of the story that the line was put into."""
        return self._index.store.members(redis_keys.bucket(given.language), story_id)


def _line(article_id: str, decision: Decision) -> dict[str, str | float | None]:
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
