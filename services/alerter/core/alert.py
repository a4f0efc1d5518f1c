"""An alert, and whether it says something new: a pure function of everything it depends on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from services.alerter.core import changes as diff
from services.alerter.core import content, events
from services.alerter.core.facts import AlertFacts, version
from services.alerter.core.headline import soberest
from services.alerter.core.rechecks import noted
from services.alerter.core.severity import Grounds, Rules, judge
from services.alerter.core.sources import Sources, gather
from services.alerter.status import Status
from services.contracts import alert_states, trace
from services.contracts.messages import Alert, AlertRef, Change, Recheck, Stages, Tier
from services.contracts.stories import StoryMember

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
    stale: bool = False
    traceparent: str | None = None
    tier: Tier | None = None
    recheck: Recheck | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What an alert is decided on. ``facts`` has this delivery merged in, ``stored`` has not.

    ``members`` are those of its stories that belong to it, by story; ``elsewhere`` the articles of its stories that
    belong to other alerts. ``taken_over`` are alerts that turned out to be about the same event. ``follows`` is the
    alert that it comes after, should it open now. ``now`` only dates the revision.
    """

    alert_id: str
    stored: AlertFacts
    facts: AlertFacts
    members: Sequence[tuple[str, StoryMember]]
    before: Alert | None
    cause: Cause
    now: datetime
    elsewhere: frozenset[str] = frozenset()
    taken_over: Sequence[Alert] = ()
    follows: AlertRef | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about an alert: the ``status`` of the delivery, and the ``alert`` to store, None where nothing is.

    ``publish`` says that it is a revision to send; otherwise more of the same has come, and it keeps its revision. The
    facts may have grown in any case: backfill, stale and minor articles wait among them for something better.
    """

    status: Status
    alert: Alert | None = None
    publish: bool = False


def decide(given: Given, rules: Rules) -> tuple[Decision, AlertFacts]:
    """What to do about an alert now, and which facts to remember."""
    facts, before = given.facts, given.before
    if not facts.articles:
        return Decision("unchanged"), given.stored
    if before is None and not facts.fresh:
        return _waiting(given), facts
    rendered = noted(_render(given, rules), given.cause.article_id, given.cause.recheck)
    remembered = msgspec.structs.replace(facts, reported=facts_to_report(facts))
    if before is None:
        opened = msgspec.structs.replace(rendered, follows=given.follows)
        return Decision("opened", opened, publish=True), remembered
    updates = [c for item in facts.articles if version(item) not in facts.reported for c in diff.facts(item.changes)]
    merged = [Change(kind="merged", before=alert.headline) for alert in given.taken_over]
    changes = (*merged, *diff.changes(before, rendered), *updates)
    if changes:
        return Decision("revised", _revised(before, rendered, changes), publish=True), remembered
    same = msgspec.structs.replace(
        rendered, revision=before.revision, state=before.state, changes=before.changes, stages=before.stages
    )
    return Decision("unchanged") if same == before else Decision("updated_silently", same), remembered


def facts_to_report(facts: AlertFacts) -> tuple[str, ...]:
    """The versions of articles that changed a fact, and those reported already."""
    told = {version(item) for item in facts.articles if diff.facts(item.changes)}
    return tuple(sorted(told))


def _waiting(given: Given) -> Decision:
    if given.facts == given.stored:
        return Decision("unchanged")
    if given.cause.backfill:
        return Decision("backfill")
    return Decision("stale" if given.cause.stale else "minor")


def _revised(before: Alert, rendered: Alert, changes: tuple[Change, ...]) -> Alert:
    state = alert_states.state_after(before.state, changes)
    if state != before.state:
        changes = (*changes, Change(kind="state", before=before.state, after=state))
    ended = any(change.kind in alert_states.ASKS_AGAIN for change in changes)
    return msgspec.structs.replace(
        rendered,
        revision=before.revision + 1,
        state=state,
        changes=changes,
        snoozed_until=None if ended else before.snoozed_until,
    )


def _render(given: Given, rules: Rules) -> Alert:
    """The alert as if it were the first, but for what it keeps of the one before."""
    articles, cause = given.facts.articles, given.cause
    known = [source for alert in (given.before, *given.taken_over) if alert for source in alert.sources]
    kept = [source for source in known if source.article_id not in given.elsewhere]
    sources = gather(given.members, articles, kept, rules)
    ranked = content.ranked(articles)
    told = events.of_alert(articles, rules)
    event = told[0] if told else None
    shown = soberest([item for item in ranked if not item.beside] or ranked, event, rules.titles)
    topics = content.topics(ranked)
    severity, reasons = judge(
        Grounds(
            event=event,
            assets=events.assets(told),
            role=topics[0].role,
            topics=frozenset(topic.topic for topic in topics),
            headline=shown.title,
            language=shown.language,
            seen_at=sources.seen_at,
            controlling_state=sources.controlling_state,
        ),
        rules,
    )
    stories = _stories(sources)
    return Alert(
        id=given.alert_id,
        revision=1,
        state="new",
        story_id=stories[0] if stories else articles[0].story_id,
        topics=topics,
        severity=severity,
        severity_reasons=reasons,
        headline=shown.title[:_MAX_TITLE],
        lead=shown.lead or next((item.lead for item in ranked if item.lead), ()),
        actors=content.actors(told, articles),
        places=content.places(told, articles),
        evidence=content.evidence(ranked),
        sources=sources.listed,
        independent_sources=sources.independent,
        confidence="corroborated" if sources.independent > 1 else "single_source",
        first_seen=min(*(item.first_seen_at for item in articles), *(one.first_seen_at for one in sources.listed)),
        last_updated=max(
            *(item.fetched_at for item in articles),
            *(source.first_seen_at for source in sources.listed),
            *(source.changed.looked_at for source in sources.listed if source.changed),
        ),
        changes=(),
        stages=Stages(
            article_id=cause.article_id,
            fetched_at=cause.fetched_at,
            deduped_at=cause.deduped_at,
            tagged_at=cause.tagged_at,
            alerted_at=given.now,
            published_at=cause.published_at,
            traceparent=trace.onward(cause.traceparent, "alerter"),
            tier=cause.tier,
        ),
        packs=tuple(sorted({tag.pack for item in articles for tag in item.tags})),
        language=shown.language,
        events=told,
        stories=stories,
        languages=tuple(dict.fromkeys(source.language for source in sources.listed if source.language)),
        **_kept(given.before),
    )


def _kept(before: Alert | None) -> dict[str, Any]:
    """What no article says."""
    if before is None:
        return {}
    return {name: getattr(before, name) for name in ("follows", "actions", "assigned_to", "snoozed_until")}


def _stories(sources: Sources) -> tuple[str, ...]:
    """The stories that tell it, in the order of their sources, which is that of first sight."""
    return tuple(dict.fromkeys(source.story_id for source in sources.listed if source.story_id))
