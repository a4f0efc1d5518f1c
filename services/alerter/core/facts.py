"""What an alert rests on: the facts of its tagged articles, merged so that order and repetition do not matter.

``merge`` is commutative, associative and idempotent:

- of two versions of one article the newer one stays (:func:`_precedence`, a total order that knows no arrival); what
  an older version was about stays with it, so that a join never comes undone
- facts over their bound keep the earliest and the latest articles by (first seen, id). What lies in the middle of
  a set stays in the middle when the set grows, so dropping it early or late comes to the same

Rejected: keeping the best by score. A later version can have a lower score, and what the earlier version had pushed
out would be lost or not, depending on the order.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from services.alerter.core import event_key
from services.alerter.core.event_key import EventKey
from services.alerter.core.lead import lead_sentences
from services.alerter.core.severity import Grounds, Rules, opens
from services.contracts.messages import Article, Change, LinkedBy, Tag, TaggedArticle, Verdict

EARLIEST_KEPT = 40  # the event's beginning: headline, first evidence
LATEST_KEPT = 24  # its present: what an event of hundreds of articles still adds
MAX_ARTICLES = EARLIEST_KEPT + LATEST_KEPT
MAX_KEYS = 6  # versions of one article that were about something else
_encode = msgspec.json.Encoder().encode


class ArticleFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the newest known version of one tagged article says, without its text.

    ``keys`` are what it and the versions before it are mainly about; ``unread`` says that in one no event was read.
    """

    article_id: str
    story_id: str
    content_hash: str
    first_seen_at: datetime
    fetched_at: datetime
    deduped_at: datetime
    tagged_at: datetime
    verdict: Verdict
    tags: tuple[Tag, ...]
    title: str
    outlet: str
    family: str
    keys: tuple[EventKey, ...] = ()
    unread: bool = False
    lead: tuple[str, ...] = ()
    wire: str | None = None
    url: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    linked_by: LinkedBy | None = None
    changes: tuple[Change, ...] = ()

    @property
    def beside(self) -> bool:
        """Whether the article tells the event only beside its own news ("Oil climbs as tankers are attacked")."""
        return bool(self.keys) and not self.unread and all(key.beside for key in self.keys)


class AlertFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The articles of an alert in order of first sight, and whether one of them may open it.

    ``fresh`` outlives the article that set it, so that the bound on the articles cannot unset it. ``reported`` are the
    versions of articles whose changed facts the alert has reported. ``merged_into`` is the alert that took it over.
    """

    articles: tuple[ArticleFacts, ...] = ()
    fresh: bool = False
    reported: tuple[str, ...] = ()
    merged_into: str | None = None


NO_FACTS = AlertFacts()
_OF_ARTICLE = [name for name in ArticleFacts.__struct_fields__ if name in Article.__struct_fields__]
_OF_TAGGED = [name for name in ArticleFacts.__struct_fields__ if name in TaggedArticle.__struct_fields__]


def of(tagged: TaggedArticle, rules: Rules, *, stale_after: timedelta) -> AlertFacts:
    """The facts of one article; none where its page was looked at again, which replaces nothing that is known."""
    if tagged.article.recheck is not None:
        return NO_FACTS
    article = tagged.article
    keys = event_key.keys_of(tagged, rules.titles)
    facts = ArticleFacts(
        **{name: getattr(article, name) for name in _OF_ARTICLE},
        **{name: getattr(tagged, name) for name in _OF_TAGGED},
        article_id=article.id,
        keys=keys,
        unread=not keys,
        lead=lead_sentences(article.text or article.summary or "", title=article.title),
        linked_by=tagged.link.linked_by if tagged.link else None,
    )
    fresh = not article.backfill and not is_stale(tagged, stale_after) and opens(_grounds(tagged, rules), rules)
    return AlertFacts(articles=(facts,), fresh=fresh)


def _grounds(tagged: TaggedArticle, rules: Rules) -> Grounds:
    title, language = tagged.article.title, tagged.article.language
    event = event_key.main_event(tagged.tags, title, language, rules.titles)
    roles = {tag.role for tag in tagged.tags}
    return Grounds(
        event=event,
        assets=(event.asset,) if event and event.asset else (),
        role="primary" if "primary" in roles else "mention",
        topics=frozenset(tag.topic for tag in tagged.tags),
        headline=title,
        language=language,
        seen_at=(tagged.article.first_seen_at,),
    )


def is_stale(tagged: TaggedArticle, stale_after: timedelta) -> bool:
    """Whether the article was old when it was fetched. Compared with ``fetched_at``, so that a replay agrees."""
    article = tagged.article
    began = min(article.published_at or article.first_seen_at, article.first_seen_at)
    return article.fetched_at - began > stale_after


def merge(one: AlertFacts, other: AlertFacts) -> AlertFacts:
    """Both as one."""
    merged: dict[str, ArticleFacts] = {item.article_id: item for item in one.articles}
    for item in other.articles:
        stored = merged.get(item.article_id)
        merged[item.article_id] = item if stored is None else _newer(stored, item)
    return AlertFacts(
        articles=_bounded(merged.values()),
        fresh=one.fresh or other.fresh,
        reported=tuple(sorted({*one.reported, *other.reported})),
    )


def version(item: ArticleFacts) -> str:
    """Names one version of one article."""
    return f"{item.article_id[:12]}:{item.content_hash[:12]}"


def _bounded(items: Iterable[ArticleFacts]) -> tuple[ArticleFacts, ...]:
    ordered = sorted(items, key=in_order)
    if len(ordered) > MAX_ARTICLES:
        ordered = ordered[:EARLIEST_KEPT] + ordered[-LATEST_KEPT:]
    return tuple(ordered)


def is_full(articles: Sequence[ArticleFacts]) -> bool:
    """Whether facts may have been dropped."""
    return len(articles) >= MAX_ARTICLES


def in_order(item: ArticleFacts) -> tuple[datetime, str]:
    """Sorts by first sight."""
    return (item.first_seen_at, item.article_id)


def _newer(one: ArticleFacts, other: ArticleFacts) -> ArticleFacts:
    if one == other:
        return one
    winner = max(one, other, key=_precedence)
    return msgspec.structs.replace(
        winner,
        first_seen_at=min(one.first_seen_at, other.first_seen_at),
        keys=tuple(sorted({*one.keys, *other.keys}, key=_encode)[:MAX_KEYS]),
        unread=one.unread or other.unread,
    )


def _precedence(item: ArticleFacts) -> tuple[datetime, str, datetime, bytes]:
    """Later fetched wins; of one version the later tagged, because it may know newer rules.

    The bytes settle what is left, such as two histories of one version; what is merged by itself is left out.
    """
    plain = msgspec.structs.replace(item, first_seen_at=item.fetched_at, keys=(), unread=False)
    return (item.fetched_at, item.content_hash, item.tagged_at, _encode(plain))
