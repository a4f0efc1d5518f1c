"""The messages on Kafka, one frozen struct each.

Unknown fields are ignored when decoding, so a newer producer may add fields within a version
(``schemas/README.md`` states the rule). Times are aware UTC datetimes, RFC 3339 on the wire.
Lists are tuples, so that a message is a value: equal, hashable, never changed in place.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Time = Annotated[datetime, Meta(tz=True)]  # a time without an offset is not an instant: it does not decode
TextSource = Literal["feed", "page", "none"]
Verdict = Literal["new", "update", "same_story"]
Role = Literal["primary", "mention"]
ActorKind = Literal["state", "organisation", "force"]
Severity = Literal["low", "medium", "high", "critical"]
AlertState = Literal["new", "acknowledged", "muted", "closed"]
Confidence = Literal["single_source", "corroborated"]
EvidenceField = Literal["title", "summary", "text"]

# How an article came to its story. "url" same canonical URL, "exact" same normalised text, "title" same title
# of a text too short to sketch, "sketch" sampled shingles, "event" rare terms, names and time.
LinkedBy = Literal["url", "exact", "title", "sketch", "event"]

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")


class FeedRef(Struct, frozen=True, kw_only=True):
    """The feed that brought an article. ``id`` is :func:`services.contracts.ids.feed_id` of ``url``."""

    id: str
    url: str
    title: str | None = None


class Article(Struct, frozen=True, kw_only=True):
    """One version of one article, as published on ``articles``.

    ``id`` names the article for good: it depends on the canonical URL (else on feed and guid), not on the text.
    ``content_hash`` names this version. ``published_at`` is null when the feed gives no date: never "now".
    ``backfill`` marks what a feed's first fetch or an import brought: it fills the dedupe state and is tagged,
    but never opens an alert by itself.
    """

    id: str
    feed: FeedRef
    outlet: str
    family: str
    title: str
    text: str
    text_source: TextSource
    first_seen_at: Time
    fetched_at: Time
    content_hash: str
    wire: str | None = None
    transport: str | None = None
    url: str | None = None
    canonical_url: str | None = None
    guid: str | None = None
    summary: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    published_raw: str | None = None
    published_at: Time | None = None
    updated_at: Time | None = None
    backfill: bool = False
    flags: tuple[str, ...] = ()


class Change(Struct, frozen=True, kw_only=True):
    """One thing that differs between two versions of an article or two revisions of an alert.

    ``kind`` is for instance title, numbers, actors, retraction, text; or topic, source, severity on an alert.
    """

    kind: str
    before: str | None = None
    after: str | None = None


class Link(Struct, frozen=True, kw_only=True):
    """Why an article belongs to its story: the rule, the member it resembles and by how much (0 to 1)."""

    linked_by: LinkedBy
    article_id: str
    score: float
    shared_terms: tuple[str, ...] = ()


class UniqueArticle(Struct, frozen=True, kw_only=True):
    """An article that says something new, on ``articles.unique``, keyed by story.

    ``story_id`` is the id of the earliest member seen; joining a story never renames it.
    ``link`` is null for verdict ``new``; ``changes`` is filled for verdict ``update``. ``copy_of`` is the member whose
    text it carries among new text.
    """

    article: Article
    story_id: str
    verdict: Verdict
    deduped_at: Time
    link: Link | None = None
    changes: tuple[Change, ...] = ()
    copy_of: str | None = None


class Duplicate(Struct, frozen=True, kw_only=True):
    """A copy of a text already seen, on ``articles.duplicates``, keyed by story: evidence of spread, not news."""

    story_id: str
    article_id: str
    duplicate_of: str
    linked_by: LinkedBy
    containment: float
    outlet: str
    family: str
    title: str
    first_seen_at: Time
    fetched_at: Time
    deduped_at: Time
    wire: str | None = None
    url: str | None = None
    language: str | None = None
    published_at: Time | None = None
    backfill: bool = False
    canonical_url: str | None = None
    content_hash: str | None = None


class Actor(Struct, frozen=True, kw_only=True):
    """Who acts. ``id`` is an ISO 3166-1 alpha-3 code for a state, else a stable slug such as ``nato``."""

    id: str
    name: str
    kind: ActorKind


class Place(Struct, frozen=True, kw_only=True):
    """Where. ``country`` is an ISO 3166-1 alpha-3 code, ``lat`` and ``lon`` are WGS 84 degrees."""

    id: str
    name: str
    kind: str
    country: str | None = None
    lat: float | None = None
    lon: float | None = None


class Evidence(Struct, frozen=True, kw_only=True):
    """The words that prove a tag: ``getattr(article, field)[start:end] == quote``, counted in characters."""

    field: EvidenceField
    start: int
    end: int
    quote: str
    rule: str


class Tag(Struct, frozen=True, kw_only=True):
    """One topic found in one article. ``score`` is 0 to 1; ``pack`` is ``<topic>@<version>`` of the topic pack."""

    topic: str
    score: float
    role: Role
    pack: str
    actors: tuple[Actor, ...] = ()
    places: tuple[Place, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class TaggedArticle(Struct, frozen=True, kw_only=True):
    """A unique article that carries at least one topic, on ``articles.tagged``, keyed by story."""

    article: Article
    story_id: str
    verdict: Verdict
    deduped_at: Time
    tagged_at: Time
    tags: tuple[Tag, ...]
    link: Link | None = None
    changes: tuple[Change, ...] = ()


class AlertTopic(Struct, frozen=True, kw_only=True):
    """A topic of an alert with the best score and role that any article of the story gave it."""

    topic: str
    score: float
    role: Role


class AlertEvidence(Struct, frozen=True, kw_only=True):
    """A quote that proves a topic of the alert, and the article it stands in."""

    article_id: str
    topic: str
    field: EvidenceField
    start: int
    end: int
    quote: str
    rule: str


class AlertSource(Struct, frozen=True, kw_only=True):
    """One article of the story: who carried it, and how it was linked.

    ``independent`` is false where the source was folded into another; ``folded_because`` then says why.
    """

    article_id: str
    outlet: str
    family: str
    title: str
    first_seen_at: Time
    independent: bool
    folded_because: str | None = None
    linked_by: LinkedBy | None = None
    copy_of: str | None = None
    wire: str | None = None
    url: str | None = None
    published_at: Time | None = None


class Stages(Struct, frozen=True, kw_only=True):
    """When the article that caused a revision passed each service, and the trace it left (see ``contracts.trace``)."""

    article_id: str
    fetched_at: Time
    deduped_at: Time
    tagged_at: Time
    alerted_at: Time
    published_at: Time | None = None
    traceparent: str | None = None


class Alert(Struct, frozen=True, kw_only=True):
    """One story an analyst watches for, on ``alerts``, keyed by ``id``.

    ``(id, revision)`` names this message: delivery is at least once, so a consumer may see a revision twice.
    """

    id: str
    revision: int
    state: AlertState
    story_id: str
    topics: tuple[AlertTopic, ...]
    severity: Severity
    severity_reasons: tuple[str, ...]
    headline: str
    lead: tuple[str, ...]
    actors: tuple[Actor, ...]
    places: tuple[Place, ...]
    evidence: tuple[AlertEvidence, ...]
    sources: tuple[AlertSource, ...]
    independent_sources: int
    confidence: Confidence
    first_seen: Time
    last_updated: Time
    changes: tuple[Change, ...]
    stages: Stages
    packs: tuple[str, ...] = ()
    language: str | None = None


class DeadLetter(Struct, frozen=True, kw_only=True):
    """What could not be processed, on ``articles.dead``, with all that is needed to send it again.

    ``key`` and ``value`` are the original bytes (base64 on the wire). ``id`` depends only on topic, partition and
    offset, so the same failure reported twice is one dead letter.
    """

    id: str
    service: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, str]
    reason: str
    error_class: str
    detail: str
    first_failed_at: Time
    last_failed_at: Time
    attempts: int


Message = Article | UniqueArticle | Duplicate | TaggedArticle | Alert | DeadLetter
