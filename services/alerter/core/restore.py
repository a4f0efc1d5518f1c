"""An alert made again from what Kafka still holds of it. Pure."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.alerter.core.alert import Cause, Decision, Given, decide, facts_to_report
from services.alerter.core.facts import NO_FACTS, AlertFacts
from services.alerter.core.severity import Rules
from services.contracts import trace
from services.contracts.messages import Alert
from services.contracts.stories import StoryMember


def restore(
    *,
    alert_id: str,
    facts: AlertFacts,
    members: Sequence[tuple[str, StoryMember]],
    elsewhere: frozenset[str],
    latest: Alert | None,
    rules: Rules,
    now: datetime,
) -> tuple[Decision, AlertFacts]:
    """The decision on an alert all of whose facts are at hand, and ``latest``, the last revision that was published.

    Decided once on all of it, not article by article: half of the facts would seem to take back what the alert says.
    ``latest`` has reported every change that the facts hold. Where the articles are gone already (alerts are kept
    for longer), the alert is what it was.
    """
    if not facts.articles:
        return Decision("unchanged"), NO_FACTS
    newest = max(facts.articles, key=lambda item: (item.tagged_at, item.article_id))
    if latest is not None:
        facts = msgspec.structs.replace(facts, reported=facts_to_report(facts))
    return decide(
        Given(
            alert_id=alert_id,
            stored=facts,
            facts=facts,
            members=members,
            elsewhere=elsewhere,
            before=latest,
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
        ),
        rules,
    )
