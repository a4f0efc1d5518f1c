"""The messages on Kafka, one frozen struct each.

Unknown fields are ignored when decoding, so a newer producer may add fields within a version
(``schemas/README.md`` states the rule). Times are aware UTC datetimes, RFC 3339 on the wire.
Lists are tuples, so that a message is a value: equal, hashable, never changed in place. The types of fields
and the structs of an event have modules of their own; import all of them from here.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from services.contracts.analyst_actions import MAX_ACTIONS
from services.contracts.analyst_actions import AlertState as AlertState
from services.contracts.analyst_actions import AnalystAction as AnalystAction
from services.contracts.event_messages import EVENT_MODES as EVENT_MODES
from services.contracts.event_messages import Actor as Actor
from services.contracts.event_messages import ActorKind as ActorKind
from services.contracts.event_messages import Event as Event
from services.contracts.event_messages import EventMode as EventMode
from services.contracts.event_messages import EventPart as EventPart
from services.contracts.event_messages import EventRole as EventRole
from services.contracts.event_messages import EvidenceField as EvidenceField
from services.contracts.event_messages import Place as Place
from services.contracts.field_types import FIRST_YEAR as FIRST_YEAR
from services.contracts.field_types import LAST_YEAR as LAST_YEAR
from services.contracts.field_types import Count as Count
from services.contracts.field_types import Filled as Filled
from services.contracts.field_types import Id as Id
from services.contracts.field_types import Language as Language
from services.contracts.field_types import Ordinal as Ordinal
from services.contracts.field_types import Score as Score
from services.contracts.field_types import Time as Time
from services.contracts.field_types import Timed as Timed
from services.contracts.rechecks import Difference as Difference
from services.contracts.rechecks import PageChange as PageChange
from services.contracts.rechecks import Recheck as Recheck

TextSource = Literal["feed", "page", "none"]
Verdict = Literal["new", "update", "same_story"]
Role = Literal["primary", "mention"]
Severity = Literal["low", "medium", "high", "critical"]
Confidence = Literal["single_source", "corroborated"]
PublisherKind = Literal["agency", "paper", "broadcaster", "state_body", "specialist", "other"]
Tier = Literal["breaking", "daily", "slow"]  # how soon the news of a feed is fetched

# How an article came to its story. "url" same canonical URL, "exact" same normalised text, "title" same title
# of a text too short to sketch, "sketch" sampled shingles, "event" rare terms, names and time.
LinkedBy = Literal["url", "exact", "title", "sketch", "event"]

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")


class FeedRef(Struct, frozen=True, kw_only=True):
    """The feed that brought an article. ``id`` is :func:`services.contracts.ids.feed_id` of ``url``."""

    id: Id
    url: str
    title: str | None = None
    tier: Tier | None = None


class Article(Timed, frozen=True, kw_only=True):
    """One version of one article, as published on ``articles``.

    ``id`` names the article for good: it depends on the canonical URL (else on feed and guid), not on the text.
    ``content_hash`` names this version. ``published_at`` is null when the feed gives no date: never "now".
    ``backfill`` marks what a feed's first fetch or an import brought: it fills the dedupe state and is tagged,
    but never opens an alert by itself. ``recheck`` is set on a version that came of looking at its page again: its
    text is that of the page now, or the last there was.
    """

    id: Id
    feed: FeedRef
    outlet: str
    family: str
    title: str
    text: str
    text_source: TextSource
    first_seen_at: Time
    fetched_at: Time
    content_hash: Filled
    wire: str | None = None
    transport: str | None = None
    url: Filled | None = None
    canonical_url: Filled | None = None
    guid: str | None = None
    summary: str | None = None
    authors: tuple[str, ...] = ()
    language: Language | None = None
    published_raw: str | None = None
    published_at: Time | None = None
    updated_at: Time | None = None
    backfill: bool = False
    flags: tuple[str, ...] = ()
    recheck: Recheck | None = None


class Change(Struct, frozen=True, kw_only=True):
    """One thing that differs between two versions of an article or two revisions of an alert.

    ``kind`` is for instance title, numbers, actors, retraction, text; or topic, source, severity on an alert.
    """

    kind: Filled
    before: str | None = None
    after: str | None = None


class Link(Struct, frozen=True, kw_only=True):
    """Why an article belongs to its story: the rule, the member it resembles and by how much (0 to 1)."""

    linked_by: LinkedBy
    article_id: Id
    score: Score
    shared_terms: tuple[str, ...] = ()


class UniqueArticle(Timed, frozen=True, kw_only=True):
    """An article that says something new, on ``articles.unique``, keyed by story.

    ``story_id`` is the id of the earliest member seen; joining a story never renames it.
    ``link`` is null for verdict ``new``; ``changes`` is filled for verdict ``update``. ``copy_of`` is the member whose
    text it carries among new text.
    """

    article: Article
    story_id: Id
    verdict: Verdict
    deduped_at: Time
    link: Link | None = None
    changes: tuple[Change, ...] = ()
    copy_of: Id | None = None


class Duplicate(Timed, frozen=True, kw_only=True):
    """A copy of a text already seen, on ``articles.duplicates``, keyed by story: evidence of spread, not news."""

    story_id: Id
    article_id: Id
    duplicate_of: Id
    linked_by: LinkedBy
    containment: Score
    outlet: str
    family: str
    title: str
    first_seen_at: Time
    fetched_at: Time
    deduped_at: Time
    wire: str | None = None
    url: Filled | None = None
    language: Language | None = None
    published_at: Time | None = None
    backfill: bool = False
    canonical_url: Filled | None = None
    content_hash: str | None = None


class Evidence(Struct, frozen=True, kw_only=True):
    """The words that prove a tag: ``getattr(article, field)[start:end] == quote``, counted in characters."""

    field: EvidenceField
    start: Count
    end: Count
    quote: Filled
    rule: Filled


class Tag(Struct, frozen=True, kw_only=True):
    """One topic found in one article. ``score`` is 0 to 1; ``pack`` is ``<topic>@<version>`` of the topic pack.

    ``events`` are the acts that were read, the one that proves the topic best first.
    """

    topic: Filled
    score: Score
    role: Role
    pack: Filled
    actors: tuple[Actor, ...] = ()
    places: tuple[Place, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    events: tuple[Event, ...] = ()


class TaggedArticle(Timed, frozen=True, kw_only=True):
    """A unique article that carries at least one topic, on ``articles.tagged``, keyed by story."""

    article: Article
    story_id: Id
    verdict: Verdict
    deduped_at: Time
    tagged_at: Time
    tags: Annotated[tuple[Tag, ...], Meta(min_length=1)]
    link: Link | None = None
    changes: tuple[Change, ...] = ()


class AlertTopic(Struct, frozen=True, kw_only=True):
    """A topic of an alert with the best score and role that any article of the story gave it."""

    topic: Filled
    score: Score
    role: Role


class AlertEvidence(Struct, frozen=True, kw_only=True):
    """A quote that proves a topic of the alert, and the article it stands in."""

    article_id: Id
    topic: Filled
    field: EvidenceField
    start: Count
    end: Count
    quote: Filled
    rule: Filled


class AlertEvent(Event, frozen=True, kw_only=True):
    """An event of the alert, the topic it proves, and the article it was read in."""

    article_id: Id
    topic: Filled


class AlertRef(Struct, frozen=True, kw_only=True):
    """Another alert, as one names it to a reader."""

    id: Id
    headline: str


class AlertSource(Timed, frozen=True, kw_only=True):
    """One article of the story: who carried it, and how it was linked.

    ``independent`` is false where the source was folded into another; ``folded_because`` then says why.
    ``owner`` to ``publisher_source_date`` are what ``seeds/publishers.yaml`` knows of its family, null where that is
    nothing; the two of places are ISO 3166-1 alpha-3, or INT. ``publisher_source`` is the address where that is stated.
    ``changed`` is what its page was found to have become.
    """

    article_id: Id
    outlet: str
    family: str
    title: str
    first_seen_at: Time
    independent: bool
    folded_because: str | None = None
    story_id: Id | None = None
    linked_by: LinkedBy | None = None
    copy_of: Id | None = None
    wire: str | None = None
    url: Filled | None = None
    published_at: Time | None = None
    language: Language | None = None
    owner: str | None = None
    country: str | None = None
    kind: PublisherKind | None = None
    state_control: str | None = None
    publisher_source: Filled | None = None
    publisher_source_date: Filled | None = None
    changed: PageChange | None = None


class Stages(Timed, frozen=True, kw_only=True):
    """When the article that caused a revision passed each service, and the trace it left (see ``contracts.trace``)."""

    article_id: Id
    fetched_at: Time
    deduped_at: Time
    tagged_at: Time
    alerted_at: Time
    published_at: Time | None = None
    traceparent: str | None = None
    tier: Tier | None = None


class Alert(Timed, frozen=True, kw_only=True):
    """One event an analyst watches for, on ``alerts``, keyed by ``id``.

    ``story_id`` is the earliest of ``stories``, those that tell the event. ``events`` begins with the one that the
    alert is about. ``follows`` names the alert whose event this one comes after. ``merged_into`` is set on an alert
    that turned out to be about the event of another: it is closed, and that other one goes on.
    ``actions`` are what analysts did, the oldest first; ``assigned_to`` and ``snoozed_until`` follow from them.
    ``(id, revision)`` names this message: delivery is at least once, so a consumer may see a revision twice.
    """

    id: Id
    revision: Ordinal
    state: AlertState
    story_id: Id
    topics: Annotated[tuple[AlertTopic, ...], Meta(min_length=1)]
    severity: Severity
    severity_reasons: tuple[str, ...]
    headline: str
    lead: tuple[str, ...]
    actors: tuple[Actor, ...]
    places: tuple[Place, ...]
    evidence: tuple[AlertEvidence, ...]
    sources: Annotated[tuple[AlertSource, ...], Meta(min_length=1)]
    independent_sources: Count
    confidence: Confidence
    first_seen: Time
    last_updated: Time
    changes: tuple[Change, ...]
    stages: Stages
    packs: tuple[str, ...] = ()
    language: Language | None = None
    events: tuple[AlertEvent, ...] = ()
    stories: tuple[Id, ...] = ()
    follows: AlertRef | None = None
    merged_into: Id | None = None
    languages: tuple[Language, ...] = ()
    actions: Annotated[tuple[AnalystAction, ...], Meta(max_length=MAX_ACTIONS)] = ()
    assigned_to: Filled | None = None
    snoozed_until: Time | None = None


class DeadLetter(Timed, frozen=True, kw_only=True):
    """What could not be processed, on ``articles.dead``, with all that is needed to send it again.

    ``key`` and ``value`` are the original bytes (base64 on the wire). ``id`` depends only on topic, partition and
    offset, so the same failure reported twice is one dead letter.
    """

    id: Id
    service: Filled
    topic: Filled
    partition: Count
    offset: Count
    key: bytes | None
    value: bytes | None
    headers: dict[str, str]
    reason: Filled
    error_class: str
    detail: str
    first_failed_at: Time
    last_failed_at: Time
    attempts: Ordinal


Message = Article | UniqueArticle | Duplicate | TaggedArticle | Alert | DeadLetter
