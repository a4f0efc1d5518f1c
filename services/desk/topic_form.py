"""A topic as a form: rows of who does what to whom, written as a pack and read back from one. Pure.

The form is a view of the YAML, which alone is kept: :func:`form_of` gives a form only for a pack that
:func:`pack_of` writes again as it was, so that nothing is lost between the two.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import yaml

from services.api.core.topic_form import Counts, Part, Role, Row, TopicForm
from services.tagger.core.inflect import verb_forms
from services.tagger.core.names import BUILT_IN

# What an act is worth: the topic alone, only in headline or lead, or only beside another sentence (threshold 0.5).
WEIGHTS: Final[dict[Counts, float]] = {"alone": 0.7, "headline": 0.55, "together": 0.4}
_DISCOUNTS: Final = [
    {"id": "boilerplate", "words": "boilerplate", "factor": 0},
    {"id": "history", "words": "history", "factor": 0.5},
    {"id": "sport", "words": "sport", "factor": 0.2},
    {"id": "fiction", "words": "fiction", "factor": 0.3},
]
_FACTS: Final = ("verb", "plover", "cameo", "mutual", "lasting", "own", "lent", "practice")
_SAID: Final = ("verbs", "nouns", "phrases")
_PLACEHOLDER: Final = "-"

Classes = Mapping[str, Mapping[str, Any]]
"""Acts of the shipped packs as their YAML has them, by name."""


def problems_of(form: TopicForm) -> Iterator[str]:
    """What is missing before the form says anything."""
    if not form.title.strip():
        yield "Give the topic a name."
    if not form.rows:
        yield "Add a row: who does what."
    for number, row in enumerate(form.rows, start=1):
        if not any(getattr(row, said) for said in _SAID):
            yield f"Row {number}: choose what is done, or give verbs of your own."
        elif not (_need(_name(row), row) and (_filled(row) or row.parties)):
            yield f"Row {number}: say who does it, to what, or where; the verb alone finds too much."


def missing_examples(form: TopicForm) -> Iterator[str]:
    """What is missing before the form can be saved."""
    if not form.should_match:
        yield "Give a sentence that should match."
    if not form.should_not_match:
        yield "Give a sentence that should not match."


def text_of(form: TopicForm, classes: Classes) -> str:
    """The form as a pack's YAML, with each example on a line of its own."""
    pack = pack_of(form, classes)
    examples = {"examples": pack.pop("examples")}
    return _dumped(pack, flow=None) + _dumped(examples, flow=False)


def with_examples(form: TopicForm) -> TopicForm:
    """The form with something in both lists of examples, which no pack is without."""
    return msgspec.structs.replace(
        form,
        should_match=form.should_match or (_PLACEHOLDER,),
        should_not_match=form.should_not_match or (_PLACEHOLDER,),
    )


def pack_of(form: TopicForm, classes: Classes) -> dict[str, Any]:
    """The form as the values of a pack."""
    things: dict[str, list[str]] = {}
    acts: dict[str, Any] = {}
    for row in form.rows:
        kind = _name(row)
        number = sum(act.get("class", name) == kind for name, act in acts.items()) + 1
        name = kind if number == 1 else f"{kind}_{number}"
        acts[name] = ({} if number == 1 else {"class": kind}) | _act(name, row, classes)
        things |= {
            f"{name}_{part}": list(words)
            for part, words in (
                ("who", row.who.words),
                ("what", row.what.words),
                ("where", row.where.words),
                ("not", row.without),
            )
            if words
        }
    pack: dict[str, Any] = {"format": 2, "topic": form.topic, "version": form.version, "title": form.title}
    pack |= {"language": "en", "threshold": 0.5}
    pack |= {"things": things} if things else {}
    pack |= {"masks": list(form.masks)} if form.masks else {}
    examples = {"should_match": list(form.should_match), "should_not_match": list(form.should_not_match)}
    return pack | {"acts": acts, "discounts": [dict(one) for one in _DISCOUNTS], "examples": examples}


def form_of(pack: Any, classes: Classes) -> TopicForm | None:
    """The form of a pack's values, None where they say more than a form can show."""
    try:
        form = TopicForm(
            topic=pack["topic"],
            title=pack["title"],
            version=pack["version"],
            rows=tuple(_row(name, act, pack.get("things", {}), classes) for name, act in pack["acts"].items()),
            masks=tuple(pack.get("masks", ())),
            should_match=tuple(pack["examples"]["should_match"]),
            should_not_match=tuple(pack["examples"]["should_not_match"]),
        )
        return form if pack_of(form, classes) == pack else None
    except (AttributeError, LookupError, TypeError, ValueError):  # of another form than any pack, or not yet whole
        return None


def _dumped(value: dict[str, Any], *, flow: bool | None) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110, default_flow_style=flow)


def _name(row: Row) -> str:
    """The class of the row's act."""
    if row.like is not None:
        return row.like
    said = next((words[0] for words in (row.verbs, row.nouns, row.phrases) if words), "")
    return re.sub(r"[^a-z0-9]+", "_", said.casefold()).strip("_0123456789")[:30] or "act"


def _act(name: str, row: Row, classes: Classes) -> dict[str, Any]:
    like = classes.get(row.like or "", {})
    act = {key: like[key] for key in _FACTS if key in like} or {"verb": _said(row)}
    act |= {"weight": WEIGHTS[row.counts]}
    act |= {key: list(words) for key in _SAID if (words := getattr(row, key))}
    return act | {"needs": [_need(name, row)]}


def _need(name: str, row: Row) -> dict[str, Any]:
    need: dict[str, Any] = {}
    for slot, part, of in (("agent", "who", row.who), (row.role, "what", row.what), ("place", "where", row.where)):
        if names := [*of.kinds, *([f"{name}_{part}"] if of.words else [])]:
            need[slot] = "|".join(names)
    need |= {"parties": row.parties} if row.parties else {}
    return need | ({"without": f"{name}_not"} if row.without else {})


def _filled(row: Row) -> bool:
    return any(part.kinds or part.words for part in (row.who, row.what, row.where))


def _said(row: Row) -> str:
    """How a person says the act: its first verb in the third person."""
    if not row.verbs:
        return next((words[0] for words in (row.nouns, row.phrases) if words), "acts")[:60]
    first, _, rest = row.verbs[0].partition(" ")
    stem, dash, verb = first.rpartition("-")
    forms = verb_forms(verb.casefold())
    third = next((form for form, kind in forms.items() if kind == "s"), verb)
    return f"{stem}{dash}{third} {rest}".strip()[:60]


def _row(name: str, act: Mapping[str, Any], things: Mapping[str, list[str]], classes: Classes) -> Row:
    """The row of an act; whether it says all of the act is for the caller to see."""
    (need,) = act["needs"]
    kind = act.get("class", name)
    facts = {key: act[key] for key in _FACTS if key in act}
    like = kind if kind in classes and facts == {k: classes[kind][k] for k in _FACTS if k in classes[kind]} else None
    role: Role = next((slot for slot in ("about", "with") if slot in need), "object")
    counts: Counts = next(name for name, weight in WEIGHTS.items() if weight == act["weight"])
    return Row(
        like=like,
        verbs=tuple(act.get("verbs", ())),
        nouns=tuple(act.get("nouns", ())),
        phrases=tuple(act.get("phrases", ())),
        who=_part(need.get("agent", ""), things),
        what=_part(need.get(role, ""), things),
        role=role,
        where=_part(need.get("place", ""), things),
        without=tuple(things.get(f"{name}_not", ())),
        parties=need.get("parties", 0),
        counts=counts,
    )


def _part(names: str, things: Mapping[str, list[str]]) -> Part:
    given = [name for name in names.split("|") if name]
    return Part(
        kinds=tuple(name for name in given if name in BUILT_IN),
        words=tuple(word for name in given if name not in BUILT_IN for word in things[name]),
    )
