"""What analysts merged and split, carried out on the facts. No I/O.

The api writes alerts, not facts: it closes one for another, opens a merged one again, makes one of a source. Here the
articles follow, so that the next report finds each alert with the articles that the analyst gave it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.alert_store.records import Write
from services.alerter.core import facts as article_facts
from services.alerter.core import joining
from services.alerter.core.facts import NO_FACTS, AlertFacts
from services.alerter.core.restore import restore
from services.alerter.core.severity import Rules
from services.alerter.snapshot import Snapshot, Transaction, index_keys
from services.alerter.update import members_of
from services.contracts import redis_keys


def carry_out(alert_id: str, snapshot: Snapshot, rules: Rules, now: datetime) -> Write | None:
    """Move the articles of one of ``snapshot.unsettled()``, and draw the two alerts that this changes."""
    transaction = Transaction(snapshot)
    alert = snapshot.alert(alert_id)
    if alert is not None and alert.merged_into is not None:
        touched = _merge(alert_id, alert.merged_into, snapshot, transaction)
    else:
        touched = _split(alert_id, snapshot, transaction)
    for id_ in touched:
        _draw(id_, snapshot, transaction, rules, now)
    return transaction.write()


def _merge(alert_id: str, into: str, snapshot: Snapshot, transaction: Transaction) -> Sequence[str]:
    own = snapshot.live(into)
    merged = article_facts.merge(snapshot.facts(own), snapshot.facts(alert_id))
    transaction.change(redis_keys.alert(own), facts=merged)
    transaction.change(redis_keys.alert(alert_id), facts=AlertFacts(merged_into=own))
    return (own,)


def _split(alert_id: str, snapshot: Snapshot, transaction: Transaction) -> Sequence[str]:
    held, goes = snapshot.to_take_back(alert_id)
    before, moved = snapshot.facts(held), frozenset(item.article_id for item in goes)
    stays = tuple(item for item in before.articles if item.article_id not in moved)
    own = AlertFacts(articles=tuple(goes), fresh=True, reported=before.reported) if goes else NO_FACTS
    transaction.change(redis_keys.alert(alert_id), facts=own)
    transaction.change(redis_keys.alert(held), facts=msgspec.structs.replace(before, articles=stays))
    for story_id in {item.story_id for item in goes}:
        others = [id_ for id_, facts in snapshot.alerts_of(story_id).items() if _tells(facts, story_id)]
        transaction.change(redis_keys.alerts_of_story(story_id), facts=sorted({alert_id, *others}))
    for name in index_keys(goes):
        transaction.change(name, facts=joining.moved(snapshot.entries(name), moved, alert_id))
    return (alert_id, held)


def _draw(alert_id: str, snapshot: Snapshot, transaction: Transaction, rules: Rules, now: datetime) -> None:
    """The alert on the articles it has now. That is still the revision that the analyst made, unless it was sent."""
    key = redis_keys.alert(alert_id)
    record, before = snapshot.record(key), snapshot.alert(alert_id)
    members, elsewhere = members_of(alert_id, snapshot)
    decision, facts = restore(
        alert_id=alert_id,
        facts=snapshot.facts(alert_id),
        members=members,
        elsewhere=elsewhere,
        latest=before,
        rules=rules,
        now=now,
    )
    if decision.alert is None or before is None:
        transaction.change(key, facts=facts)
        return
    again = record.published >= before.revision
    drawn = msgspec.structs.replace(
        decision.alert,
        revision=before.revision + (1 if again else 0),
        state=before.state,
        changes=before.changes,
        stages=before.stages,
        snoozed_until=before.snoozed_until,
    )
    transaction.change(key, facts=facts, alert=drawn, publish=True)


def _tells(facts: AlertFacts, story_id: str) -> bool:
    return any(item.story_id == story_id for item in facts.articles)
