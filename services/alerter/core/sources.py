"""A story's members as the sources of its alert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.alerter.core.facts import ArticleFacts
from services.contracts import stories
from services.contracts.messages import AlertSource
from services.contracts.publishers import Publisher
from services.contracts.stories import Folded, StoryMember

MAX_SOURCES = 500  # about 250 kB of JSON: the alert stays well below the largest message
_MAX_TITLE = 300


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources an alert lists, how many of all are independent, and when each independent one was first seen.

    ``controlling_state`` is the state that controls every independent one, None where there is no such state.
    """

    listed: tuple[AlertSource, ...]
    independent: int
    seen_at: tuple[datetime, ...]
    controlling_state: str | None


def gather(
    members: Iterable[tuple[str, StoryMember]],
    articles: Iterable[ArticleFacts],
    known: Iterable[AlertSource],
    publishers: Mapping[str, Publisher],
) -> Sources:
    """The sources of an alert. ``members`` are those of its stories, each with the story; ``publishers`` by family.

    The deduper's members count; a tagged article, or a source the alert had already, that is no longer among them
    (stories are kept for less long than alerts) is not forgotten.
    """
    known = tuple(known)
    by_id = {source.article_id: _member_of_source(source) for source in known}
    by_id |= {item.article_id: _member_of_article(item) for item in articles}
    story_of = {source.article_id: source.story_id for source in known}
    story_of |= {item.article_id: item.story_id for item in articles}
    for story_id, member in members:
        by_id[member.article_id] = member
        story_of[member.article_id] = story_id
    folded = stories.fold(by_id.values())
    return Sources(
        listed=tuple(_source(item, story_of[item.member.article_id], publishers) for item in _capped(folded)),
        independent=stories.independent_sources(folded),
        seen_at=tuple(item.member.first_seen_at for item in folded if item.independent),
        controlling_state=_controlling_state([item.member for item in folded if item.independent], publishers),
    )


def _controlling_state(members: Iterable[StoryMember], publishers: Mapping[str, Publisher]) -> str | None:
    """The one state behind all of them. A report that credits an agency is that agency's, whoever prints it."""
    authors = [publishers.get(member.wire or "") or publishers.get(member.family) for member in members]
    states = {author.controlling_state if author else None for author in authors}
    return states.pop() if len(states) == 1 else None


def _capped(folded: tuple[Folded, ...]) -> tuple[Folded, ...]:
    """Independent sources go before copies when not all can be listed; the order of first sight is kept."""
    if len(folded) <= MAX_SOURCES:
        return folded
    kept = sorted(enumerate(folded), key=lambda pair: (not pair[1].independent, pair[0]))[:MAX_SOURCES]
    return tuple(item for _, item in sorted(kept, key=lambda pair: pair[0]))


def _source(item: Folded, story_id: str | None, publishers: Mapping[str, Publisher]) -> AlertSource:
    member = item.member
    publisher = publishers.get(member.family)
    return AlertSource(
        article_id=member.article_id,
        outlet=member.outlet,
        family=member.family,
        title=member.title[:_MAX_TITLE],
        first_seen_at=member.first_seen_at,
        independent=item.independent,
        folded_because=item.because,
        story_id=story_id,
        linked_by=member.linked_by,
        copy_of=member.copy_of,
        wire=member.wire,
        url=member.url,
        published_at=member.published_at,
        owner=publisher.owner if publisher else None,
        country=publisher.country if publisher else None,
        kind=publisher.kind if publisher else None,
        state_control=publisher.controlling_state if publisher else None,
    )


def _member_of_source(source: AlertSource) -> StoryMember:
    return StoryMember(
        article_id=source.article_id,
        outlet=source.outlet,
        family=source.family,
        title=source.title,
        first_seen_at=source.first_seen_at,
        wire=source.wire,
        url=source.url,
        published_at=source.published_at,
        linked_by=source.linked_by,
        copy_of=source.copy_of,
    )


def _member_of_article(item: ArticleFacts) -> StoryMember:
    return StoryMember(
        article_id=item.article_id,
        outlet=item.outlet,
        family=item.family,
        title=item.title,
        first_seen_at=item.first_seen_at,
        wire=item.wire,
        url=item.url,
        published_at=item.published_at,
        linked_by=item.linked_by,
    )
