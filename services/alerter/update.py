"""One delivery applied to what is stored: joined to its alert, and that alert decided anew. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from services.alert_store.records import Write
from services.alerter.core import alert as core
from services.alerter.core import event_key, joining
from services.alerter.core import facts as article_facts
from services.alerter.core.facts import AlertFacts, ArticleFacts
from services.alerter.core.severity import Rules
from services.alerter.ports import StoryKey
from services.alerter.snapshot import Snapshot, Transaction, new_id
from services.alerter.status import STATUSES, Status
from services.contracts import alert_states, redis_keys
from services.contracts.messages import Alert, AlertRef
from services.contracts.stories import StoryMember
from services.runtime.messages.delivery import Delivery


@dataclass(frozen=True, slots=True)
class Work:
    """One delivery that was decoded. ``facts`` are empty for a copy: it proves nothing new."""

    index: int
    delivery: Delivery
    key: StoryKey
    facts: AlertFacts
    cause: core.Cause


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a delivery comes to: its status, what to write, what to send once that is written.

    ``stored`` are alerts it has looked at whose latest revision may not have been sent, with the revision that was.
    """

    status: Status
    write: Write | None
    revisions: Sequence[Alert]
    stored: Sequence[tuple[Alert, int]]


def apply(work: Work, snapshot: Snapshot, rules: Rules, now: datetime) -> Outcome:
    """Decide on one delivery, and leave its outcome in the snapshot."""
    transaction = Transaction(snapshot)
    transaction.record(redis_keys.alerts_of_story(work.key.story_id))
    before = {id_: snapshot.facts(id_) for id_ in snapshot.alerts_of(work.key.story_id)}
    opening, taken_over = join(work.facts, snapshot, transaction)
    statuses: list[Status] = ["unchanged"]
    touched = list(snapshot.alerts_of(work.key.story_id))
    for alert_id in touched:
        if brings_nothing(work) and snapshot.is_settled(alert_id):
            continue
        members, elsewhere = members_of(alert_id, snapshot)
        decision, remembered = core.decide(
            core.Given(
                alert_id=alert_id,
                stored=before.get(alert_id, article_facts.NO_FACTS),
                facts=snapshot.facts(alert_id),
                members=members,
                elsewhere=elsewhere,
                before=snapshot.alert(alert_id),
                taken_over=taken_over if alert_id == opening else (),
                follows=reference(work.facts, alert_id, snapshot),
                cause=work.cause,
                now=now,
            ),
            rules,
        )
        statuses.append(decision.status)
        facts = remembered if remembered.articles else None
        key = redis_keys.alert(alert_id)
        transaction.change(key, facts=facts, alert=decision.alert, publish=decision.publish)
        snapshot.settle(alert_id)
    records = [snapshot.record(redis_keys.alert(alert_id)) for alert_id in touched]
    stored = [(record.alert, record.published) for record in records if record.alert]
    return Outcome(min(statuses, key=STATUSES.index), transaction.write(), transaction.revisions(), stored)


def brings_nothing(work: Work) -> bool:
    """Whether a delivery only makes the alerter look at the sources again, as each of hundreds of copies does."""
    return not work.facts.articles and work.cause.recheck is None


def join(facts: AlertFacts, snapshot: Snapshot, transaction: Transaction) -> tuple[str | None, Sequence[Alert]]:
    """Put an article where it belongs. Returns its alert, and the opened alerts that this made part of that one."""
    if not facts.articles:
        return None, ()
    (item,) = facts.articles
    story = snapshot.alerts_of(item.story_id)
    near = [(entry, snapshot.live(entry.alert_id)) for entry in snapshot.entries_near(item)]
    found = joining.alerts_to_join(item, story, near)
    found = joining.not_split(
        item, found, {id_: snapshot.facts(id_) for id_ in found}, {id_: snapshot.alert(id_) for id_ in found}
    )
    alerts = {id_: snapshot.alert(id_) for id_ in found}
    held = {id_: snapshot.facts(id_) for id_ in found}
    own = joining.survivor(found, held, alerts) if found else _unused(item, snapshot)
    stored = snapshot.facts(own)
    merged = reduce(article_facts.merge, (*held.values(), facts), stored)
    transaction.change(redis_keys.alert(own), facts=merged)
    for other in found:
        if other != own:
            _merge_into(own, other, snapshot, transaction)
    named = {snapshot.live(id_) for id_ in story}
    if own not in named:
        transaction.change(redis_keys.alerts_of_story(item.story_id), facts=sorted({own, *named}))
    for key in item.keys:
        for parts, window in event_key.places_to_look(key):
            for near_window in event_key.windows_around(window):
                transaction.record(redis_keys.alerts_of_events(parts, near_window))
            name = redis_keys.alerts_of_events(parts, window)
            transaction.change(name, facts=joining.entered(snapshot.entries(name), item, key, own))
    return own, [alert for id_, alert in alerts.items() if alert is not None and id_ != own]


def members_of(alert_id: str, snapshot: Snapshot) -> tuple[list[tuple[str, StoryMember]], frozenset[str]]:
    """The members of an alert's stories that are its sources, each with its story, and the articles that are not."""
    own: list[tuple[str, StoryMember]] = []
    elsewhere: set[str] = set()
    for story_id in dict.fromkeys(item.story_id for item in snapshot.facts(alert_id).articles):
        alerts = snapshot.alerts_of(story_id)
        members = {member.article_id: member for member in snapshot.members(story_id)}
        for member in members.values():
            if joining.alert_of_member(member, members, story_id, alerts) == alert_id:
                own.append((story_id, member))
            else:
                elsewhere.add(member.article_id)
        elsewhere |= {item.article_id for id_, facts in alerts.items() if id_ != alert_id for item in facts.articles}
    return own, frozenset(elsewhere)


def reference(facts: AlertFacts, alert_id: str, snapshot: Snapshot) -> AlertRef | None:
    """What an alert comes after, should it open now."""
    if not facts.articles or snapshot.alert(alert_id) is not None:
        return None
    item = facts.articles[0]
    near = [(entry, snapshot.live(entry.alert_id)) for entry in snapshot.entries_near(item)]
    story = [id_ for id_ in snapshot.alerts_of(item.story_id) if snapshot.alert(id_) is not None]
    earlier = joining.alert_it_follows(item, alert_id, story, near)
    alert = snapshot.alert(earlier) if earlier else None
    return AlertRef(id=alert.id, headline=alert.headline) if alert else None


def _merge_into(own: str, other: str, snapshot: Snapshot, transaction: Transaction) -> None:
    closing, survivor = snapshot.alert(other), snapshot.alert(own)
    closed = alert_states.merge_into(closing, survivor) if closing and survivor else None
    transaction.change(
        redis_keys.alert(other), facts=AlertFacts(merged_into=own), alert=closed, publish=closed is not None
    )


def _unused(item: ArticleFacts, snapshot: Snapshot) -> str:
    first = new_id(item)
    return new_id(item, another=True) if snapshot.record(redis_keys.alert(first)).token else first
