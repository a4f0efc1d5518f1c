"""What an action of an analyst makes of an alert. Pure.

Every function returns the alerts as they are then, each with a new revision that names the action; nothing where it
was done already. Raises :class:`ActionError` where an action makes no sense for an alert as it stands.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from services.api.errors import ActionError
from services.contracts import ids
from services.contracts.analyst_actions import MAX_ACTIONS, ActionKind, AnalystAction, standing_feedback
from services.contracts.messages import Alert, AlertSource, Change

_LASTING = ("merge", "split")  # what tells which alerts are kept apart is never dropped


def act(alert: Alert, action: AnalystAction) -> Alert | None:
    """The alert after an action that concerns it alone; None where that is how it stands already."""
    changed = _EFFECTS[action.kind](alert, action)
    return None if changed is None else _revised(alert, *changed)


def merge(alert: Alert, survivor: Alert, action: AnalystAction) -> tuple[Alert, Alert] | None:
    """``alert`` closed, ``survivor`` goes on for it; the alerter gives that one the sources of the other."""
    if alert.merged_into == survivor.id:
        return None
    if alert.id == survivor.id or alert.merged_into or survivor.merged_into:
        raise ActionError("One of the two is merged already: merge the alert that goes on.")
    closed = {"state": "closed", "merged_into": survivor.id}
    closing = replace(action, other=survivor.id, before=alert.state)
    going_on = replace(action, other=alert.id)
    return (
        _revised(alert, closing, closed, Change(kind="merge", after=survivor.headline)),
        _revised(survivor, going_on, {}, Change(kind="merge", before=alert.headline)),
    )


def split(
    alert: Alert, article_id: str, tagged: Iterable[str], held: Alert | None, action: AnalystAction
) -> tuple[Alert, Alert]:
    """The alert without the source ``article_id``, and the one that this source makes.

    ``tagged`` are the articles with a topic of their own, ``held`` what is stored under the id of :func:`split_id`. The
    alerter draws the new alert from its article; until then it says what the old one did.
    """
    source = next((source for source in alert.sources if source.article_id == article_id), None)
    on_topic = set(tagged)
    if source is None:
        raise ActionError(f"Article {article_id} is none of its sources.")
    if alert.merged_into or (held is not None and not held.merged_into):
        raise ActionError("This was split off or merged already.")
    if article_id not in on_topic:
        why = "its text is a copy: split off what it copies" if source.copy_of else "no topic was found in it"
        raise ActionError(f"The report of {source.outlet} cannot be an alert of its own: {why}.")
    if not on_topic - {article_id}:
        raise ActionError("It is the only report with a topic: there is nothing to split it from.")
    goes = {article_id} | {item.article_id for item in alert.sources if item.copy_of == article_id}
    made = _split_off(alert, source, goes, held)
    kept = {"sources": tuple(item for item in alert.sources if item.article_id not in goes)}
    left = replace(action, article_id=article_id, other=made.id)
    began = replace(action, article_id=None, other=alert.id)
    return (
        _revised(alert, left, kept, Change(kind="split", before=source.title)),
        _revised(made, began, {}, Change(kind="split", after=alert.headline)),
    )


def split_id(alert: Alert, article_id: str) -> str:
    """The id of the alert that a source makes when it is split off."""
    source = next((source for source in alert.sources if source.article_id == article_id), None)
    story = (source and source.story_id) or alert.story_id
    found = ids.alert_id(story, article_id)
    return found if found != alert.id else ids.alert_id(story, f"{article_id} split")


def unmerge(alert: Alert, survivor: Alert, action: AnalystAction) -> tuple[Alert, Alert]:
    """``alert`` as it was before it was merged; the alerter gives it back its articles."""
    if alert.merged_into != survivor.id:
        raise ActionError("It is not merged any more.")
    merged = [one for one in alert.actions if one.kind == "merge" and one.other == survivor.id]
    reopened = {"state": merged[-1].before if merged else "new", "merged_into": None}
    own = {source.article_id for source in alert.sources}
    left = tuple(source for source in survivor.sources if source.article_id not in own) or survivor.sources
    to_alert, to_survivor = replace(action, other=survivor.id), replace(action, other=alert.id)
    return (
        _revised(alert, to_alert, reopened, Change(kind="split", after=survivor.headline)),
        _revised(survivor, to_survivor, {"sources": left}, Change(kind="split", before=alert.headline)),
    )


def last_action(alert: Alert, by: str) -> AnalystAction:
    """The last action of ``by`` that was not undone and undid nothing. Raises :class:`ActionError`."""
    undone = {action.undoes for action in alert.actions if action.undoes}
    for action in reversed(alert.actions):
        if action.by == by and action.undoes is None and action.at not in undone:
            return action
    raise ActionError(f"{by} has done nothing with this alert that could be undone.")


def inverse(alert: Alert, done: AnalystAction, *, by: str, at: datetime) -> AnalystAction:
    """The action that brings back what was before ``done``. Raises :class:`ActionError` where it changed since."""
    undo = AnalystAction(kind=done.kind, by=by, at=at, undoes=done.at)
    then: dict[str, Any] = {}
    if done.kind == "state":
        _same(alert.state, done.state)
        then = {"state": done.before}
    elif done.kind == "assign":
        _same(alert.assigned_to, done.assigned_to)
        then = {"assigned_to": done.before}
    elif done.kind == "snooze":
        _same(alert.snoozed_until, done.until)
        then = {"until": datetime.fromisoformat(done.before) if done.before else None}
    elif done.kind == "feedback":
        then = {"article_id": done.article_id, "rule": done.rule}
    elif done.kind == "merge":
        then = {"kind": "split", "other": done.other}
    elif done.kind == "split":  # with an article it is the alert that the article was split off
        then = {"kind": "merge", "other": done.other, "article_id": done.article_id}
    return replace(undo, **then)


def _same(now: object, then: object) -> None:
    if now != then:
        raise ActionError("It has changed since: nothing was undone.")


_Changed = tuple[AnalystAction, dict[str, Any], Change]


def _state(alert: Alert, action: AnalystAction) -> _Changed | None:
    if alert.state == action.state:
        return None
    if alert.merged_into:
        raise ActionError("It was merged into another alert, which goes on: change that one.")
    noted = replace(action, before=alert.state)
    return noted, {"state": action.state}, Change(kind="state", before=alert.state, after=action.state)


def _note(alert: Alert, action: AnalystAction) -> _Changed | None:
    undone = {other.undoes for other in alert.actions if other.undoes}
    standing = [other for other in alert.actions if other.kind == "note" and other.text and other.at not in undone]
    if action.text is not None and any((note.by, note.text) == (action.by, action.text) for note in standing):
        return None
    before = next((note.text for note in standing if note.at == action.undoes), None)
    return action, {}, Change(kind="note", before=before, after=action.text)


def _assign(alert: Alert, action: AnalystAction) -> _Changed | None:
    if alert.assigned_to == action.assigned_to:
        return None
    noted = replace(action, before=alert.assigned_to)
    change = Change(kind="assign", before=alert.assigned_to, after=action.assigned_to)
    return noted, {"assigned_to": action.assigned_to}, change


def _snooze(alert: Alert, action: AnalystAction) -> _Changed | None:
    if alert.snoozed_until == action.until:
        return None
    before = alert.snoozed_until.isoformat() if alert.snoozed_until else None
    after = action.until.isoformat() if action.until else None
    noted = replace(action, before=before)
    return noted, {"snoozed_until": action.until}, Change(kind="snooze", before=before, after=after)


def _feedback(alert: Alert, action: AnalystAction) -> _Changed | None:
    """Without an article and a rule it is about those that the alert is about."""
    if action.article_id is None and action.rule is None:
        proofs = [(event.article_id, event.rule) for event in alert.events]
        proofs += [(piece.article_id, piece.rule) for piece in alert.evidence]
        article, rule = proofs[0] if proofs else (alert.sources[0].article_id, None)
        action = replace(action, article_id=article, rule=rule)
    elif all(source.article_id != action.article_id for source in alert.sources):
        raise ActionError(f"Article {action.article_id} is none of its sources.")
    about = (action.by, action.article_id, action.rule)
    said = [one for one in standing_feedback(alert.actions) if (one.by, one.article_id, one.rule) == about]
    before = said[0] if said else None
    if (before and (before.useful, before.why)) == (action.useful, action.why) or (
        not before and action.useful is None
    ):
        return None
    return action, {}, Change(kind="feedback", before=_verdict(before), after=_verdict(action))


_EFFECTS: dict[ActionKind, Callable[[Alert, AnalystAction], _Changed | None]] = {
    "state": _state,
    "note": _note,
    "assign": _assign,
    "snooze": _snooze,
    "feedback": _feedback,
}


def _verdict(action: AnalystAction | None) -> str | None:
    if action is None or action.useful is None:
        return None
    return "useful" if action.useful else (action.why or "not useful").replace("_", " ")


def _split_off(alert: Alert, source: AlertSource, goes: set[str], held: Alert | None) -> Alert:
    sources = tuple(item for item in alert.sources if item.article_id in goes)
    return replace(
        alert,
        id=split_id(alert, source.article_id),
        revision=held.revision if held else 0,
        state="new",
        story_id=source.story_id or alert.story_id,
        stories=(source.story_id or alert.story_id,),
        headline=source.title,
        lead=(),
        evidence=tuple(piece for piece in alert.evidence if piece.article_id in goes),
        events=tuple(event for event in alert.events if event.article_id in goes),
        sources=sources,
        independent_sources=1,
        confidence="single_source",
        first_seen=min(item.first_seen_at for item in sources),
        follows=None,
        actions=(),
        assigned_to=None,
        snoozed_until=None,
    )


def _revised(alert: Alert, action: AnalystAction, effect: dict[str, Any], change: Change) -> Alert:
    """A revision is what everyone who follows learns of. It moves neither the time of the last update nor the stages:
    nothing has happened in the world.
    """
    changes = [change]
    if effect.get("state", alert.state) != alert.state and change.kind != "state":
        changes.append(Change(kind="state", before=alert.state, after=effect["state"]))
    return replace(
        alert,
        revision=alert.revision + 1,
        changes=tuple(changes),
        actions=_bounded((*alert.actions, action)),
        **effect,
    )


def _bounded(actions: tuple[AnalystAction, ...]) -> tuple[AnalystAction, ...]:
    if len(actions) <= MAX_ACTIONS:
        return actions
    oldest = next((n for n, action in enumerate(actions) if action.kind not in _LASTING), 0)
    return actions[:oldest] + actions[oldest + 1 :]
