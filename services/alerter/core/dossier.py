"""A story's dossier: what its tagged articles contributed, merged so that order and repetition do not matter.

``merge`` is commutative, associative and idempotent:

- of two versions of one article the newer one stays (:func:`_precedence`, a total order that knows no arrival)
- a dossier over its bound keeps the earliest and the latest articles by (first seen, id). What lies in the middle of
  a set stays in the middle when the set grows, so dropping it early or late comes to the same

Rejected: keeping the best by score. A later version can have a lower score, and what the earlier version had pushed
out would be lost or not, depending on the order.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from services.alerter.core.lead import lead_sentences
from services.contracts.messages import Change, LinkedBy, Tag, TaggedArticle, Verdict

EARLIEST_KEPT = 40  # the story's beginning: headline, first evidence
LATEST_KEPT = 24  # its present: what a story of hundreds of articles still learns
_encode = msgspec.json.Encoder().encode


class Contribution(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the newest known version of one tagged article says, without its text."""

    article_id: str
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
    lead: tuple[str, ...] = ()
    wire: str | None = None
    url: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    linked_by: LinkedBy | None = None
    changes: tuple[Change, ...] = ()


class Dossier(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The contributions of a story in order of first sight, and whether one of them may open an alert.

    ``fresh`` outlives the contribution that set it, so that the bound on the dossier cannot unset it.
    """

    contributions: tuple[Contribution, ...] = ()
    fresh: bool = False


def of(tagged: TaggedArticle, *, stale_after: timedelta) -> Dossier:
    """The dossier of one article."""
    article = tagged.article
    contribution = Contribution(
        article_id=article.id,
        content_hash=article.content_hash,
        first_seen_at=article.first_seen_at,
        fetched_at=article.fetched_at,
        deduped_at=tagged.deduped_at,
        tagged_at=tagged.tagged_at,
        verdict=tagged.verdict,
        tags=tagged.tags,
        title=article.title,
        outlet=article.outlet,
        family=article.family,
        lead=lead_sentences(article.text or article.summary or "", title=article.title),
        wire=article.wire,
        url=article.url,
        language=article.language,
        published_at=article.published_at,
        linked_by=tagged.link.linked_by if tagged.link else None,
        changes=tagged.changes,
    )
    return Dossier(contributions=(contribution,), fresh=not article.backfill and not is_stale(tagged, stale_after))


def is_stale(tagged: TaggedArticle, stale_after: timedelta) -> bool:
    """Whether the article was old when it was fetched. Compared with ``fetched_at``, so that a replay agrees."""
    article = tagged.article
    began = min(article.published_at or article.first_seen_at, article.first_seen_at)
    return article.fetched_at - began > stale_after


def merge(one: Dossier, other: Dossier) -> Dossier:
    """Both dossiers as one."""
    merged: dict[str, Contribution] = {item.article_id: item for item in one.contributions}
    for item in other.contributions:
        known = merged.get(item.article_id)
        merged[item.article_id] = item if known is None else _newer(known, item)
    return Dossier(contributions=_bounded(merged.values()), fresh=one.fresh or other.fresh)


def _bounded(items: Iterable[Contribution]) -> tuple[Contribution, ...]:
    ordered = sorted(items, key=lambda item: (item.first_seen_at, item.article_id))
    if len(ordered) > EARLIEST_KEPT + LATEST_KEPT:
        ordered = ordered[:EARLIEST_KEPT] + ordered[-LATEST_KEPT:]
    return tuple(ordered)


def _newer(one: Contribution, other: Contribution) -> Contribution:
    if one == other:
        return one
    winner, loser = (one, other) if _precedence(one) >= _precedence(other) else (other, one)
    if loser.first_seen_at < winner.first_seen_at:
        return msgspec.structs.replace(winner, first_seen_at=loser.first_seen_at)
    return winner


def _precedence(item: Contribution) -> tuple[datetime, str, datetime, bytes]:
    """Later fetched wins; of one version the later tagged, because it may know newer rules.

    The bytes settle what is left, such as two histories of one version; ``first_seen_at`` is merged by itself.
    """
    plain = msgspec.structs.replace(item, first_seen_at=item.fetched_at)
    return (item.fetched_at, item.content_hash, item.tagged_at, _encode(plain))
