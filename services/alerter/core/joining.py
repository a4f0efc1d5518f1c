"""Which alert an article belongs to: that of its story, or of another story about the same event.

Two articles hang together when the deduper put them into one story and what they are about does not contradict, or
when they are about the same event, whatever the story. An alert is all that hangs together, directly or through others;
so the order of arrival does not matter. An article that ties two alerts makes them one.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from services.alerter.core.event_key import EventKey
from services.alerter.core.facts import AlertFacts, ArticleFacts, in_order
from services.alerter.core.same_event import contradict, related, same
from services.contracts.analyst_actions import kept_apart
from services.contracts.messages import Alert
from services.contracts.stories import StoryMember

MAX_ENTRIES = 256  # of one pair of parts in 72 hours; more are not distinguished by that pair


class Entry(Struct, frozen=True, kw_only=True):
    """An event in the index: the article that tells it, and the alert that article went to."""

    key: EventKey
    article_id: str
    alert_id: str


def alerts_to_join(
    item: ArticleFacts, story: Mapping[str, AlertFacts], entries: Iterable[tuple[Entry, str]]
) -> tuple[str, ...]:
    """The alerts that an article ties together, none where it begins one of its own.

    ``story`` are the alerts its story is in already; ``entries`` what the index has near its events, each with the
    alert that goes on for it now.
    """
    found = [alert_id for alert_id, facts in story.items() if _fits(item, facts)]
    found += [
        alert_id
        for entry, alert_id in entries
        if entry.article_id == item.article_id or any(same(entry.key, key) for key in item.keys)
    ]
    return tuple(dict.fromkeys(found))


def not_split(
    item: ArticleFacts, found: Sequence[str], facts: Mapping[str, AlertFacts], alerts: Mapping[str, Alert | None]
) -> tuple[str, ...]:
    """Those of ``found`` that an article may tie together: none that an analyst has split from another of them.

    Of two that were split the one stays that has the article already, else one that has its story.
    """

    def precedence(alert_id: str) -> tuple[bool, bool]:
        articles = facts[alert_id].articles
        return (
            all(other.article_id != item.article_id for other in articles),
            all(other.story_id != item.story_id for other in articles),
        )

    kept: list[str] = []
    apart: set[str] = set()
    for alert_id in sorted(found, key=precedence):
        if alert_id not in apart:
            kept.append(alert_id)
            alert = alerts.get(alert_id)
            apart |= kept_apart(alert.actions) if alert is not None else set()
    return tuple(kept)


def split_from(alert: Alert) -> str | None:
    """The alert that an analyst has last split this one from."""
    return next((action.other for action in reversed(alert.actions) if action.kind == "split"), None)


def moved(entries: Sequence[Entry], articles: frozenset[str], alert_id: str) -> tuple[Entry, ...]:
    """The index with the events of ``articles`` in another alert."""
    return tuple(replace(one, alert_id=alert_id) if one.article_id in articles else one for one in entries)


def survivor(ids: Iterable[str], facts: Mapping[str, AlertFacts], alerts: Mapping[str, Alert | None]) -> str:
    """Of alerts that turned out to be one, the one that goes on: opened before not opened, then the earlier."""

    def precedence(alert_id: str) -> tuple[bool, str, str]:
        alert = alerts.get(alert_id)
        began = alert.first_seen if alert else min((a.first_seen_at for a in facts[alert_id].articles), default=None)
        return (alert is None, began.isoformat() if began else "", alert_id)

    return min(ids, key=precedence)


def alert_it_follows(
    item: ArticleFacts, own: str, story: Iterable[str], entries: Sequence[tuple[Entry, str]]
) -> str | None:
    """The alert whose event a new one comes after: another of its story, else the latest one with the same parties."""
    for alert_id in story:
        if alert_id != own:
            return alert_id
    earlier = [
        (entry.key.at, alert_id)
        for entry, alert_id in entries
        if alert_id != own and any(entry.key.at <= key.at and related(entry.key, key) for key in item.keys)
    ]
    return max(earlier)[1] if earlier else None


def entered(entries: Sequence[Entry], item: ArticleFacts, key: EventKey, alert_id: str) -> tuple[Entry, ...]:
    """The index with an article's event in it. What is there already stays as it is."""
    if any(entry.article_id == item.article_id and entry.key == key for entry in entries):
        return tuple(entries)
    added = (*entries, Entry(key=key, article_id=item.article_id, alert_id=alert_id))
    return tuple(sorted(added, key=lambda entry: (entry.key.at, entry.article_id)))[:MAX_ENTRIES]


def alert_of_member(
    member: StoryMember, members: Mapping[str, StoryMember], story_id: str, alerts: Mapping[str, AlertFacts]
) -> str | None:
    """The alert, of those that a story is in, that one of its members is a source of.

    A copy goes where the article it copies is; what was never tagged goes with the story's earliest tagged article.
    """
    if len(alerts) < 2:
        return next(iter(alerts), None)
    owners = {
        item.article_id: (in_order(item), alert_id)
        for alert_id, facts in alerts.items()
        for item in facts.articles
        if item.story_id == story_id
    }
    seen: set[str] = set()
    at: str | None = member.article_id
    while at is not None and at not in seen:
        if at in owners:
            return owners[at][1]
        seen.add(at)
        at = members[at].copy_of if at in members else None
    return min(owners.values())[1] if owners else min(alerts)


def _fits(item: ArticleFacts, facts: AlertFacts) -> bool:
    mates = [other for other in facts.articles if other.story_id == item.story_id]
    return not mates or any(_compatible(item, other) for other in mates)


def _compatible(one: ArticleFacts, other: ArticleFacts) -> bool:
    if one.article_id == other.article_id or one.unread or other.unread:
        return True
    return any(not contradict(first, second) for first in one.keys for second in other.keys)
