"""The headline an alert shows: of its sources' titles the soberest, not the loudest."""

import re
from collections import Counter
from collections.abc import Sequence

from services.alerter.core.event_key import deed_of
from services.alerter.core.facts import ArticleFacts, in_order
from services.alerter.core.titles import Titles, is_comment, loud_words
from services.contracts.messages import Event

_WORD = re.compile(r"[^\W\d_]+")
_CAPITALS = re.compile(r"\b[A-Z]{5,}\b")
_LABEL = re.compile(
    r"\b(?:live|watch|video|opinion|analysis|exclusive|breaking|explainer|recap|podcast|factbox)\b *[:|]"
    r"|\blive (?:updates?|blog|coverage)\b|\bas it happened\b|\bwhat (?:we|to) know\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[“‘\"']\w[^“‘”’\"']{3,200}[”’\"']")
_MIN_WORDS, _MAX_WORDS = 5, 20


def soberest(articles: Sequence[ArticleFacts], event: Event | None, titles: Titles) -> ArticleFacts:
    """The article whose title says plainly what happened. The same for any order of the articles.

    Among equally sober titles that which says most of what the others say, then the first seen.
    """
    words = {item.article_id: _words(item.title) for item in articles}
    common = Counter(word for found in words.values() for word in found)

    def precedence(item: ArticleFacts) -> tuple[int, float, object]:
        own = words[item.article_id]
        shared = sum(common[word] - 1 for word in own) / max(len(own), 1)
        return (_loudness(item, event, titles), -round(shared, 2), in_order(item))

    return min(articles, key=precedence)


def _loudness(item: ArticleFacts, event: Event | None, titles: Titles) -> int:
    title = item.title
    count = len(_WORD.findall(title))
    return (
        2 * bool(_LABEL.search(title))
        + 2 * is_comment(title, item.language, titles, deed=deed_of(event) if event else ())
        + 2 * ("!" in title)
        + 2 * len(_CAPITALS.findall(title))
        + 2 * len(loud_words(item.language, titles) & _words(title))
        + bool(_QUOTED.search(title))
        + (not _MIN_WORDS <= count <= _MAX_WORDS)
        + 3 * (not _tells(item, event))
    )


def _tells(item: ArticleFacts, event: Event | None) -> bool:
    """Whether the title itself holds the act that the alert is about."""
    if event is None:
        return True
    return any(
        found.act == event.act and found.mode == event.mode and found.field == "title"
        for tag in item.tags
        for found in tag.events
    )


def _words(title: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(title)}
