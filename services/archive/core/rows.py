"""Messages as the rows that keep them. Pure.

What is kept of a message is all of it: columns are what is asked for, and the message itself stands beside them.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import structs

from services.archive_store import tokens
from services.archive_store.hashes import article_sha256
from services.archive_store.tokens import Kind
from services.contracts import codec
from services.contracts.messages import Actor, Alert, Event, Place, TaggedArticle

_HASH_BITS: Final = 20
Facets = tuple[tuple[Kind, str], ...]
Names = tuple[tuple[Kind, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow:
    """A version of an article. ``number`` is its place in time; another version may have taken it already."""

    number: int
    id: str
    content_hash: str
    story_id: str
    title: str
    outlet: str
    url: str | None
    language: str | None
    published_at: str | None
    first_seen_at: str
    facets: Facets
    names: Names
    sha256: str
    summary: str
    text: str
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRow:
    """A revision of an alert."""

    alert_id: str
    revision: int
    state: str
    severity: str
    headline: str
    first_seen: str
    last_updated: str
    merged_into: str | None
    facets: Facets
    names: Names
    article_ids: tuple[str, ...]
    sha256: str
    message: str


def article_row(tagged: TaggedArticle) -> ArticleRow:
    """The row of an article, with lone surrogates replaced, which no file can hold."""
    article = tagged.article
    title, summary, text = (_storable(part) for part in (article.title, article.summary or "", article.text))
    facets, names = _facets_of(
        (event for tag in tagged.tags for event in tag.events),
        topics=(tag.topic for tag in tagged.tags),
        actors=(actor for tag in tagged.tags for actor in tag.actors),
        places=(place for tag in tagged.tags for place in tag.places),
    )
    outlet = _storable(article.outlet)
    more: list[tuple[Kind, str]] = [("outlet", outlet)]
    if article.language:
        more.append(("language", article.language))
    return ArticleRow(
        number=number_of(article.first_seen_at, article.content_hash),
        id=article.id,
        content_hash=article.content_hash,
        story_id=tagged.story_id,
        title=title,
        outlet=outlet,
        url=article.url,
        language=article.language,
        published_at=None if article.published_at is None else moment(article.published_at),
        first_seen_at=moment(article.first_seen_at),
        facets=(*facets, *more),
        names=names,
        sha256=article_sha256(title, summary, text),
        summary=summary,
        text=text,
        record=codec.encode(structs.replace(tagged, article=structs.replace(article, text=""))).decode(),
    )


def revision_row(alert: Alert, message: bytes) -> RevisionRow:
    """The row of a revision. ``message`` are its bytes, which hold what this version of Wirewatch does not know yet."""
    facets, names = _facets_of(
        alert.events, topics=(topic.topic for topic in alert.topics), actors=alert.actors, places=alert.places
    )
    return RevisionRow(
        alert_id=alert.id,
        revision=alert.revision,
        state=alert.state,
        severity=alert.severity,
        headline=_storable(alert.headline),
        first_seen=moment(alert.first_seen),
        last_updated=moment(alert.last_updated),
        merged_into=alert.merged_into,
        facets=facets,
        names=names,
        article_ids=tuple(dict.fromkeys(source.article_id for source in alert.sources)),
        sha256=hashlib.sha256(message).hexdigest(),
        message=message.decode(),
    )


def number_of(seen: datetime, content_hash: str) -> int:
    """The row's number: milliseconds since 1970, then bits of the version, so that a batch of one moment is spread."""
    bits = int.from_bytes(hashlib.blake2b(content_hash.encode(), digest_size=4).digest(), "big")
    return first_number(seen) | bits & ((1 << _HASH_BITS) - 1)


def first_number(seen: datetime) -> int:
    """The smallest number of an article first seen then; before 1970 all is one moment."""
    return max(0, int(seen.timestamp() * 1000)) << _HASH_BITS


def moment(when: datetime) -> str:
    """A time as the file has it: as long as any other, so that times sort as text."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def _facets_of(
    events: Iterable[Event], *, topics: Iterable[str], actors: Iterable[Actor], places: Iterable[Place]
) -> tuple[Facets, Names]:
    found: dict[tuple[Kind, str], str] = {}
    for topic in topics:
        found["topic", topic] = ""
    for event in events:
        found["act", event.act] = event.verb
        found.update(_of_actors((*event.agents, *event.objects)))
        found.update(_of_places([event.place] if event.place else []))
    found.update(_of_actors(actors))
    found.update(_of_places(places))
    return tuple(found), tuple((kind, value, name) for (kind, value), name in found.items() if name)


def _of_actors(actors: Iterable[Actor]) -> Iterator[tuple[tuple[Kind, str], str]]:
    for actor in actors:
        yield ("actor", actor.id), actor.name


def _of_places(places: Iterable[Place]) -> Iterator[tuple[tuple[Kind, str], str]]:
    for place in places:
        yield ("place", place.id), place.name
        if place.country:
            yield ("place", place.country), ""


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def facet_words(facets: Iterable[tuple[Kind, str]]) -> str:
    """The words of the search index that stand for ``facets``."""
    return " ".join(tokens.facet(kind, value) for kind, value in facets)


def facets_as_json(facets: Facets) -> str:
    """As a column holds them."""
    return msgspec.json.encode([f"{kind}:{value}" for kind, value in facets]).decode()
