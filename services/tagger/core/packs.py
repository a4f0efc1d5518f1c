"""From the bytes of a YAML file to a checked pack: every problem is named with file, line and what is allowed."""

import difflib
import hashlib
from collections.abc import Iterator
from typing import Any

from services.contracts.messages import EventMode
from services.tagger.core.documents import Document, Path, at
from services.tagger.core.model import (
    POSITIONS,
    SLOTS,
    Act,
    Discount,
    Example,
    Names,
    Need,
    Pack,
    Phrase,
    Position,
    Vocabulary,
)
from services.tagger.core.names import BUILT_IN
from services.tagger.core.phrases import SYNTAX, Wording
from services.tagger.core.wording import MissingFormsError
from services.tagger.errors import PackError

_DEFAULT_WEIGHTS: dict[Position, float] = {"title": 1.0, "lead": 1.0, "body": 0.8}
_MODES: dict[EventMode, float] = {
    "done": 1.0,
    "under_way": 1.0,
    "planned": 1.0,
    "threatened": 1.0,
    "demanded": 1.0,
    "denied": 1.0,
    "opinion": 0.7,
    "background": 0.3,
}
_ACT_WEIGHT = 0.7
WORDS_OF_ACTS = ("verbs", "passive", "nouns", "phrases")
OLD_FORMAT = (
    "it is written in format 1: rewrite its rules as acts with what they need (docs/topic-packs.md, "
    '"From format 1"), and set `format: 2`.'
)


def read_pack(document: Document, content: bytes, vocabulary: Vocabulary, digest: str, wording: Wording) -> Pack:
    """The pack in a document that its schema allows, made from ``content``. Raises :class:`PackError`.

    ``digest`` covers the data files that packs share and the pack's words of other languages.
    """
    problems = list(_meaning_problems(document, vocabulary, wording))
    if problems:
        raise PackError(tuple(problems))
    mark = hashlib.sha256(content + digest.encode()).hexdigest()[:8]
    return _build(document, mark)


def is_old(document: Document) -> str | None:
    """What to do with a pack of format 1; None for any other."""
    if isinstance(document.value, dict) and document.value.get("format") == 1:
        return f"{at(document, ('format',))}: {OLD_FORMAT}"
    return None


def read_vocabulary(document: Document, wording: Wording) -> Vocabulary:
    """The shared things and masks: ``{things: {name: [phrase]}, masks: [phrase]}``."""
    value = document.value
    if not isinstance(value, dict) or set(value) - {"things", "masks"}:
        raise PackError((f"{document.name}: it holds `things` and `masks`, nothing else.",))
    problems = list(phrase_problems(document, value, wording))
    if problems:
        raise PackError(tuple(problems))
    return Vocabulary(things=things_of(document, value), masks=phrases_of(document, value.get("masks"), ("masks",)))


def _meaning_problems(document: Document, vocabulary: Vocabulary, wording: Wording) -> Iterator[str]:
    value = document.value
    yield from phrase_problems(document, value, wording)
    own = set(value.get("things", {})) | set(value.get("groups", {}))
    for key, name in ((k, n) for k in ("things", "groups") for n in value.get(k, {}) if n in BUILT_IN):
        yield f"{at(document, (key, name))}: {name!r} is found without being defined; choose another name."
    known = own | set(vocabulary.things) | BUILT_IN
    for path, names in _references(value):
        for name in _names(names):
            if name not in known:
                close = difflib.get_close_matches(name, sorted(known), n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"defined are {', '.join(sorted(own))}."
                yield f"{at(document, path)}: no thing is called {name!r}: {hint}"
    for name, act in value["acts"].items():
        if not any(key in act for key in WORDS_OF_ACTS):
            yield f"{at(document, ('acts', name))}: {name} has no words: give verbs, nouns or phrases."
    for path, need in _written_needs(value):
        if isinstance(need, str) and need not in value.get("needs", {}):
            yield f"{at(document, path)}: the pack's `needs` have none called {need!r}."
    yield from _taken_ids(document, value.get("discounts", []))


def _taken_ids(document: Document, discounts: list[dict[str, Any]]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(discounts):
        line = document.line_of(("discounts", index))
        if entry["id"] in seen:
            yield f"{document.name}, line {line}: id {entry['id']!r} is taken by line {seen[entry['id']]}."
        seen.setdefault(entry["id"], line)


def phrase_problems(document: Document, value: dict[str, Any], wording: Wording) -> Iterator[str]:
    """Lists that are none, and phrases that cannot be read."""
    lists: list[tuple[Path, Any]] = [(("things", name), found) for name, found in (value.get("things") or {}).items()]
    lists.append((("masks",), value.get("masks") or []))
    for name, act in (value.get("acts") or {}).items():
        lists += [(("acts", name, key), act[key]) for key in WORDS_OF_ACTS if key in act]
    for path, entries in lists:
        if not isinstance(entries, list):
            yield f"{at(document, path)}: {'.'.join(map(str, path))} takes a list of phrases."
            continue
        for index, phrase in enumerate(entries):
            if not isinstance(phrase, str):
                yield f"{at(document, (*path, index))}: {phrase!r} is not text; put it in quotes."
                continue
            try:
                wording.check(phrase)
            except MissingFormsError as error:
                yield f"{at(document, (*path, index))}: {phrase!r}: {error}."
                return
            except ValueError as error:
                yield f"{at(document, (*path, index))}: {phrase!r}: {error}; {SYNTAX}."


def _references(value: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Every mention of things in acts, groups and discounts, and where it stands."""
    for name, names in value.get("groups", {}).items():
        yield ("groups", name), names
    for path, need in _written_needs(value):
        yield from (
            ((*path, key), need[key])
            for key in (*SLOTS, "owner", "without", "not_agent", "not_object")
            if not isinstance(need, str) and key in need
        )
    for index, discount in enumerate(value.get("discounts", [])):
        yield from ((("discounts", index, key), discount[key]) for key in ("words", "unless") if key in discount)


def _written_needs(value: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any] | str]]:
    """Every need as it is written: that of an act may be the name of needs that the pack states once."""
    lists: list[tuple[Path, list[Any]]] = [(("needs", name), needs) for name, needs in value.get("needs", {}).items()]
    lists += [(("acts", act, "needs"), entry["needs"]) for act, entry in value["acts"].items()]
    return (((*path, index), need) for path, needs in lists for index, need in enumerate(needs))


def _build(document: Document, mark: str) -> Pack:
    value = document.value
    modes: dict[EventMode, float] = _MODES | value.get("modes", {})
    return Pack(
        topic=value["topic"],
        version=f"{value['version']}-{mark}",
        title=value["title"],
        language=value.get("language", "en"),
        threshold=float(value["threshold"]),
        weights=_DEFAULT_WEIGHTS | value.get("weights", {}),
        modes=modes,
        things=things_of(document, value),
        groups={name: _names(names) for name, names in value.get("groups", {}).items()},
        masks=phrases_of(document, value.get("masks"), ("masks",)),
        acts=tuple(_act(document, name, entry, modes, value.get("needs", {})) for name, entry in value["acts"].items()),
        discounts=tuple(_discount(document, index, entry) for index, entry in enumerate(value.get("discounts", []))),
        examples=tuple(examples_of(document, value["examples"])),
        file=document.name,
    )


def things_of(document: Document, value: dict[str, Any]) -> dict[str, tuple[Phrase, ...]]:
    """The lists of phrases by name."""
    return {
        name: phrases_of(document, entries, ("things", name)) for name, entries in (value.get("things") or {}).items()
    }


def phrases_of(document: Document, entries: list[str] | None, path: Path) -> tuple[Phrase, ...]:
    """A list of phrases with their lines."""
    return tuple(Phrase(text, document.line_of((*path, n))) for n, text in enumerate(entries or []))


def _names(text: str) -> Names:
    return tuple(name.strip() for name in text.split("|")) if text else ()


def _act(
    document: Document,
    name: str,
    entry: dict[str, Any],
    modes: dict[EventMode, float],
    shared: dict[str, list[dict[str, Any]]],
) -> Act:
    path: Path = ("acts", name)
    return Act(
        id=name,
        kind=entry.get("class", name),
        verb=entry["verb"],
        line=document.line_of(path),
        weight=float(entry.get("weight", _ACT_WEIGHT)),
        plover=entry.get("plover"),
        cameo=entry.get("cameo"),
        verbs=phrases_of(document, entry.get("verbs"), (*path, "verbs")),
        passive=phrases_of(document, entry.get("passive"), (*path, "passive")),
        nouns=phrases_of(document, entry.get("nouns"), (*path, "nouns")),
        phrases=phrases_of(document, entry.get("phrases"), (*path, "phrases")),
        needs=tuple(_needs(entry["needs"], shared)),
        mutual=entry.get("mutual", False),
        lasting=entry.get("lasting", False),
        own=entry.get("own", False),
        lent=entry.get("lent", False),
        practice=entry.get("practice", False),
        modes=modes | entry.get("modes", {}),
    )


def _needs(written: list[Any], shared: dict[str, list[dict[str, Any]]]) -> Iterator[Need]:
    for entry in written:
        if isinstance(entry, str):
            yield from (_need(need, entry) for need in shared[entry])
        else:
            yield _need(entry, None)


def _need(entry: dict[str, Any], name: str | None) -> Need:
    return Need(
        slots=tuple((slot, _names(entry[slot])) for slot in SLOTS if slot in entry),
        owner=_names(entry.get("owner", "")),
        parties=entry.get("parties", 0),
        without=_names(entry.get("without", "")),
        not_agent=_names(entry.get("not_agent", "")),
        not_object=_names(entry.get("not_object", "")),
        weight=entry.get("weight"),
        name=name,
    )


def _discount(document: Document, index: int, entry: dict[str, Any]) -> Discount:
    return Discount(
        id=entry["id"],
        line=document.line_of(("discounts", index)),
        words=_names(entry["words"]),
        whole_article=entry.get("within", "sentence") == "article",
        at_least=entry.get("at_least", 1),
        factor=float(entry["factor"]),
        unless=_names(entry.get("unless", "")),
        where=tuple(entry.get("in", POSITIONS)),
    )


def examples_of(document: Document, value: dict[str, Any]) -> Iterator[Example]:
    """The examples with their lines."""
    for key, match in (("should_match", True), ("should_not_match", False)):
        for index, entry in enumerate(value[key]):
            line = document.line_of(("examples", key, index))
            given = {"text": entry} if isinstance(entry, str) else entry
            yield Example(title=given.get("title", ""), text=given["text"], match=match, line=line)
