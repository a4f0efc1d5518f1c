"""The alert of a story, and whether it says something new: a pure function of everything it depends on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from services.alerter.core import diff
from services.alerter.core.dossier import Contribution, Dossier
from services.alerter.core.severity import Facts, Rules, judge, plain_words
from services.alerter.core.sources import Sources, gather
from services.contracts import ids, trace
from services.contracts.messages import (
    Actor,
    Alert,
    AlertEvidence,
    AlertState,
    AlertTopic,
    Change,
    Place,
    Stages,
    Tag,
)
from services.contracts.stories import StoryMember

Named = TypeVar("Named", Actor, Place)

EVIDENCE_PER_TOPIC = 4
MAX_ACTORS = 30
MAX_PLACES = 30
_MAX_TITLE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The delivery that made the alerter look: its article and when that passed each service."""

    article_id: str
    fetched_at: datetime
    deduped_at: datetime
    tagged_at: datetime
    published_at: datetime | None
    backfill: bool
    traceparent: str | None = None


class Known(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is stored of a story between deliveries, besides the alert itself.

    ``told`` are the versions of articles whose changed facts an alert has told already.
    """

    dossier: Dossier = Dossier()
    told: tuple[str, ...] = ()


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Opened:
    """The story's first alert: store it and send it."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class Revised:
    """The alert says something new: store it as a new revision and send it."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class Counted:
    """More of the same: store the alert with its grown sources under the same revision, send nothing."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class Backfill:
    """Nothing but backfill so far: it waits in the dossier for something fresh."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Nothing but old articles so far: they wait in the dossier for something fresh."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing that was not known. The dossier may have learned; there may be no alert."""


Decision = Opened | Revised | Counted | Backfill | Stale | Unchanged


def decide(
    *,
    story_id: str,
    known: Known,
    learned: Dossier,
    members: Iterable[StoryMember],
    before: Alert | None,
    rules: Rules,
    cause: Cause,
    now: datetime,
) -> tuple[Decision, Known]:
    """What to do about a story now, and what to remember.

    ``learned`` is the dossier with this delivery merged in; ``now`` only dates the revision.
    """
    if not learned.contributions:
        return Unchanged(), known
    if before is None and not learned.fresh:
        return _waiting(known, learned, cause), Known(dossier=learned)
    sources = gather(members, learned.contributions, before.sources if before else ())
    drawn = _draw(story_id, learned, sources, rules, cause, now)
    remembered = Known(dossier=learned, told=telling(learned))
    if before is None:
        return Opened(drawn), remembered
    facts = [c for item in learned.contributions if _version(item) not in known.told for c in diff.facts(item.changes)]
    changes = (*diff.changes(before, drawn), *facts)
    if changes:
        return Revised(_revised(before, drawn, changes)), remembered
    same = msgspec.structs.replace(
        drawn, revision=before.revision, state=before.state, changes=before.changes, stages=before.stages
    )
    return (Unchanged() if same == before else Counted(same)), remembered


def _waiting(known: Known, learned: Dossier, cause: Cause) -> Decision:
    if learned == known.dossier:
        return Unchanged()
    return Backfill() if cause.backfill else Stale()


def _revised(before: Alert, drawn: Alert, changes: tuple[Change, ...]) -> Alert:
    state = diff.state_after(before.state, changes)
    if state != before.state:
        changes = (*changes, Change(kind="state", before=before.state, after=state))
    return msgspec.structs.replace(drawn, revision=before.revision + 1, state=state, changes=changes)


def _draw(story_id: str, dossier: Dossier, sources: Sources, rules: Rules, cause: Cause, now: datetime) -> Alert:
    """The alert as if it were the first."""
    ranked = _ranked(dossier.contributions)
    best, topics, actors = ranked[0], _topics(ranked), _actors(dossier.contributions)
    evidence = _evidence(ranked)
    severity, reasons = judge(
        Facts(
            topics=topics,
            actors=frozenset(actor.id for actor in actors),
            seen_at=sources.seen_at,
            words=plain_words(_words(dossier.contributions)),
        ),
        rules,
    )
    state: AlertState = "new"
    return Alert(
        id=ids.alert_id(story_id),
        revision=1,
        state=state,
        story_id=story_id,
        topics=topics,
        severity=severity,
        severity_reasons=reasons,
        headline=best.title[:_MAX_TITLE],
        lead=best.lead,
        actors=actors,
        places=_places(dossier.contributions),
        evidence=evidence,
        sources=sources.listed,
        independent_sources=sources.independent,
        confidence="corroborated" if sources.independent > 1 else "single_source",
        first_seen=min(source.first_seen_at for source in sources.listed),
        last_updated=max(
            *(item.fetched_at for item in dossier.contributions), *(s.first_seen_at for s in sources.listed)
        ),
        changes=(),
        stages=Stages(
            article_id=cause.article_id,
            fetched_at=cause.fetched_at,
            deduped_at=cause.deduped_at,
            tagged_at=cause.tagged_at,
            alerted_at=now,
            published_at=cause.published_at,
            traceparent=trace.onward(cause.traceparent, "alerter"),
        ),
        packs=tuple(sorted({tag.pack for item in dossier.contributions for tag in item.tags})),
        language=best.language,
    )


def _rank_of_tag(tag: Tag) -> tuple[bool, float]:
    """Primary before mention, then the higher score. Rounded: a hundredth of a score must not change a headline."""
    return (tag.role != "primary", -round(tag.score, 1))


def _ranked(contributions: Iterable[Contribution]) -> list[Contribution]:
    """The articles that say most about a topic first; among equals the first seen."""
    return sorted(
        contributions,
        key=lambda item: (
            min((_rank_of_tag(tag) for tag in item.tags), default=(True, 0.0)),
            item.first_seen_at,
            item.article_id,
        ),
    )


def _topics(ranked: list[Contribution]) -> tuple[AlertTopic, ...]:
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


def _actors(contributions: Iterable[Contribution]) -> tuple[Actor, ...]:
    """Who acts, those that most articles name first."""
    return _most_named([[actor for tag in item.tags for actor in tag.actors] for item in contributions], MAX_ACTORS)


def _places(contributions: Iterable[Contribution]) -> tuple[Place, ...]:
    """Where, those that most articles name first."""
    return _most_named([[place for tag in item.tags for place in tag.places] for item in contributions], MAX_PLACES)


def _most_named(articles: Iterable[Iterable[Named]], limit: int) -> tuple[Named, ...]:
    """Of two descriptions under one id always the same one is kept, whichever came first."""
    chosen: dict[str, Named] = {}
    counts: Counter[str] = Counter()
    for named in articles:
        once = {item.id: item for item in named}
        counts.update(once.keys())
        for id_, item in once.items():
            held = chosen.get(id_)
            chosen[id_] = item if held is None or held == item else min(item, held, key=repr)
    return tuple(chosen[id_] for id_ in sorted(chosen, key=lambda id_: (-counts[id_], id_))[:limit])


def _evidence(ranked: list[Contribution]) -> tuple[AlertEvidence, ...]:
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
                chosen.append(
                    AlertEvidence(
                        article_id=item.article_id,
                        topic=tag.topic,
                        field=piece.field,
                        start=piece.start,
                        end=piece.end,
                        quote=piece.quote,
                        rule=piece.rule,
                    )
                )
    return tuple(chosen)


def _words(contributions: Iterable[Contribution]) -> str:
    """What severity phrases are looked for in."""
    parts: list[str] = []
    for item in contributions:
        parts += (item.title, *item.lead, *(piece.quote for tag in item.tags for piece in tag.evidence))
    return "\n".join(parts)


def _version(item: Contribution) -> str:
    return f"{item.article_id[:12]}:{item.content_hash[:12]}"


def telling(dossier: Dossier) -> tuple[str, ...]:
    """The versions in a dossier that changed a fact."""
    return tuple(_version(item) for item in dossier.contributions if diff.facts(item.changes))
