"""What an alert says of its articles: topics, actors, places and quotes. The same for any order of the articles."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeVar

from services.alerter.core.facts import ArticleFacts
from services.contracts.messages import Actor, AlertEvent, AlertEvidence, AlertTopic, Evidence, Place, Tag

Named = TypeVar("Named", Actor, Place)

EVIDENCE_PER_TOPIC = 4
MAX_ACTORS = 30
MAX_PLACES = 30


def _rank_of_tag(tag: Tag) -> tuple[bool, float]:
    """Primary before mention, then the higher score. Rounded: a hundredth of a score must not change a headline."""
    return (tag.role != "primary", -round(tag.score, 1))


def ranked(articles: Iterable[ArticleFacts]) -> list[ArticleFacts]:
    """The articles that say most about a topic first; among equals the first seen."""
    return sorted(
        articles,
        key=lambda item: (
            min((_rank_of_tag(tag) for tag in item.tags), default=(True, 0.0)),
            item.first_seen_at,
            item.article_id,
        ),
    )


def topics(ranked: list[ArticleFacts]) -> tuple[AlertTopic, ...]:
    best: dict[str, Tag] = {}
    for item in ranked:
        for tag in item.tags:
            held = best.get(tag.topic)
            if held is None or (tag.role == "primary", tag.score) > (held.role == "primary", held.score):
                best[tag.topic] = tag
    return tuple(
        AlertTopic(topic=tag.topic, score=tag.score, role=tag.role)
        for tag in sorted(best.values(), key=lambda tag: (tag.role != "primary", -tag.score, tag.topic))
    )


def actors(told: Sequence[AlertEvent], articles: Iterable[ArticleFacts]) -> tuple[Actor, ...]:
    """Who acts: those of the events first, then those that most articles name."""
    named = [[actor for tag in item.tags for actor in tag.actors] for item in articles]
    return _most_named([actor for event in told for actor in (*event.agents, *event.objects)], named, MAX_ACTORS)


def places(told: Sequence[AlertEvent], articles: Iterable[ArticleFacts]) -> tuple[Place, ...]:
    """Where: the places of the events first, then those that most articles name."""
    named = [[place for tag in item.tags for place in tag.places] for item in articles]
    return _most_named([event.place for event in told if event.place], named, MAX_PLACES)


def _most_named(first: Iterable[Named], articles: Iterable[Iterable[Named]], limit: int) -> tuple[Named, ...]:
    """Of two descriptions under one id always the same one is kept, whichever came first."""
    chosen: dict[str, Named] = {}
    counts: Counter[str] = Counter()
    leading: dict[str, Named] = {item.id: item for item in first}
    for named in chain([leading.values()], articles):
        once = {item.id: item for item in named}
        counts.update(once.keys())
        for id_, item in once.items():
            held = chosen.get(id_)
            chosen[id_] = item if held is None or held == item else min(item, held, key=repr)
    others: list[str] = sorted(chosen.keys() - leading.keys(), key=lambda id_: (-counts[id_], id_))
    return tuple(chosen[id_] for id_ in (*leading, *others)[:limit])


def evidence(ranked: list[ArticleFacts]) -> tuple[AlertEvidence, ...]:
    """The quotes of the best articles, a few per topic, each text once."""
    counts: Counter[str] = Counter()
    quoted: set[tuple[str, str]] = set()
    chosen: list[AlertEvidence] = []
    for item in ranked:
        for tag in item.tags:
            for piece in tag.evidence:
                key = (tag.topic, " ".join(piece.quote.split()).casefold())
                if key in quoted or counts[tag.topic] >= EVIDENCE_PER_TOPIC:
                    continue
                quoted.add(key)
                counts[tag.topic] += 1
                fields = {name: getattr(piece, name) for name in Evidence.__struct_fields__}
                chosen.append(AlertEvidence(article_id=item.article_id, topic=tag.topic, **fields))
    return tuple(chosen)
