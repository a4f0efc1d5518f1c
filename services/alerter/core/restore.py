"""An alert made again from what Kafka still holds of its story. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from services.alerter.core.alert import Cause, Decision, Known, Unchanged, decide, telling
from services.alerter.core.dossier import Dossier
from services.alerter.core.severity import Rules
from services.contracts import trace
from services.contracts.messages import Alert
from services.contracts.stories import StoryMember


def restore(
    *,
    story_id: str,
    dossier: Dossier,
    members: Iterable[StoryMember],
    latest: Alert | None,
    rules: Rules,
    now: datetime,
) -> tuple[Decision, Known]:
    """The decision on a story whose whole dossier is at hand, and ``latest``, the last revision that was published.

    Decided once on all of it, not article by article: half a dossier would seem to take back what the alert says.
    ``latest`` has told of every change that the dossier knows. Where the articles are gone already (alerts are kept
    for longer), the alert is what it was.
    """
    if not dossier.contributions:
        return Unchanged(), Known()
    newest = max(dossier.contributions, key=lambda item: (item.tagged_at, item.article_id))
    told = telling(dossier) if latest is not None else ()
    return decide(
        story_id=story_id,
        known=Known(dossier=dossier, told=told),
        learned=dossier,
        members=members,
        before=latest,
        rules=rules,
        cause=Cause(
            article_id=newest.article_id,
            fetched_at=newest.fetched_at,
            deduped_at=newest.deduped_at,
            tagged_at=newest.tagged_at,
            published_at=newest.published_at,
            backfill=False,
            traceparent=trace.begun(newest.article_id, newest.content_hash),
        ),
        now=now,
    )
