"""From the bytes of a YAML file to a checked pack: every problem is named with file, line and what is allowed."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from services.tagger.core import phrases
from services.tagger.core.documents import Document, Path
from services.tagger.core.model import (
    ActorNeed,
    Damping,
    Example,
    Names,
    Pack,
    Pattern,
    Phrase,
    Position,
    Rule,
    Vocabulary,
)
from services.tagger.core.names import BUILT_IN
from services.tagger.errors import PackError

_DEFAULT_WEIGHTS: dict[Position, float] = {"title": 1.0, "lead": 1.0, "body": 0.8}
POSITIONS: tuple[Position, ...] = get_args(Position)


def read_pack(content: bytes, file: str, *, schema: Mapping[str, Any], vocabulary: Vocabulary, digest: str) -> Pack:
    """The pack in ``content``. ``digest`` covers the data files that packs share. Raises :class:`PackError`."""
    document = Document(content, file)
    problems = list(_schema_problems(document, schema))
    if not problems:
        problems = list(_meaning_problems(document, vocabulary))
    if problems:
        raise PackError(tuple(problems))
    mark = hashlib.sha256(content + digest.encode()).hexdigest()[:8]
    return _build(document, mark)


def read_vocabulary(content: bytes, file: str) -> Vocabulary:
    """The shared concepts and masks: ``{concepts: {name: [phrase]}, masks: [phrase]}``."""
    document = Document(content, file)
    value = document.value
    if not isinstance(value, dict) or set(value) - {"concepts", "masks"}:
        raise PackError((f"{file}: it holds `concepts` and `masks`, nothing else.",))
    problems = list(_phrase_problems(document, value))
    if problems:
        raise PackError(tuple(problems))
    return Vocabulary(concepts=_concepts(document, value), masks=_phrases(document, value, "masks"))


def _schema_problems(document: Document, schema: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(document.value, dict):
        yield f"{document.file}, line 1: a pack is a mapping that begins with `format: 1`."
        return
    errors = Draft202012Validator(schema).iter_errors(document.value)
    found = {(document.line(_path_of(error)), _sentence(error)) for error in errors}
    for line, sentence in sorted(found):
        yield f"{document.file}, line {line}: {sentence}"


def _path_of(error: ValidationError) -> Path:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        extra = _unknown_keys(error)
        return (*path, extra[0]) if extra else path
    if error.validator == "propertyNames" or (error.parent and error.parent.validator == "propertyNames"):
        return (*path, str(error.instance))
    return path


def _unknown_keys(error: ValidationError) -> list[str]:
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    instance: Any = error.instance
    return [key for key in instance if key not in known]


def _sentence(error: ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path) or "the pack"
    schema = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties":
        known = sorted(schema.get("properties", {}))
        key = _unknown_keys(error)[0]
        close = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return f"unknown key {key!r} in {where}: {hint}allowed are {', '.join(known)}."
    if error.validator == "required":
        return f"{where}: {error.message}."
    if error.validator == "type":
        quoted = (
            " (put it in quotes)" if schema.get("type") == "string" and not isinstance(error.instance, dict) else ""
        )
        return f"{where} is {error.instance!r}: it takes a {schema.get('type')}{quoted}."
    if error.validator == "enum":
        return f"{where} is {error.instance!r}: use one of {', '.join(map(str, schema['enum']))}."
    if error.validator == "oneOf":
        return f"{where}: give either `near` or `order`, not both and not neither."
    if error.validator == "pattern":
        return f"{where} is {error.instance!r}: {schema.get('description') or 'allowed is ' + str(schema['pattern'])}"
    limits = ("minimum", "maximum", "exclusiveMinimum", "minItems", "maxItems", "minLength", "maxLength", "const")
    if error.validator in limits:
        return f"{where}: {error.message} ({error.validator} is {error.validator_value})."
    return f"{where}: {error.message}."


def _meaning_problems(document: Document, vocabulary: Vocabulary) -> Iterator[str]:
    value = document.value
    yield from _phrase_problems(document, value)
    own = set(value["concepts"])
    known = own | set(vocabulary.concepts) | BUILT_IN
    for path, names in _references(value):
        for name in names.split("|"):
            if name not in known:
                close = difflib.get_close_matches(name, sorted(known), n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"defined are {', '.join(sorted(own))}."
                yield f"{document.at(path)}: no concept is called {name!r}: {hint}"
    for kind in ("rules", "damping"):
        seen: dict[str, int] = {}
        for index, entry in enumerate(value.get(kind, [])):
            line = document.line((kind, index))
            if entry["id"] in seen:
                yield f"{document.file}, line {line}: id {entry['id']!r} is taken by line {seen[entry['id']]}."
            seen.setdefault(entry["id"], line)
    for index, rule in enumerate(value["rules"]):
        for name in rule["trigger"].split("|"):
            if name in BUILT_IN:
                yield f"{document.at(('rules', index, 'trigger'))}: a trigger is a concept of the pack, not {name}."


def _phrase_problems(document: Document, value: dict[str, Any]) -> Iterator[str]:
    lists: list[tuple[tuple[str, ...], Any]] = [
        (("concepts", name), entries) for name, entries in (value.get("concepts") or {}).items()
    ]
    lists.append((("masks",), value.get("masks") or []))
    for path, entries in lists:
        if not isinstance(entries, list):
            yield f"{document.at(path)}: {'.'.join(path)} takes a list of phrases."
            continue
        for index, phrase in enumerate(entries):
            if not isinstance(phrase, str):
                yield f"{document.at((*path, index))}: {phrase!r} is not text; put it in quotes."
                continue
            try:
                phrases.needles(phrase)
            except ValueError as error:
                yield f"{document.at((*path, index))}: {phrase!r} cannot be used: {error}. Allowed: {phrases.SYNTAX}."


def _references(value: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Every mention of concepts in rules and damping, and where it stands."""
    for index, rule in enumerate(value["rules"]):
        base: Path = ("rules", index)
        yield (*base, "trigger"), rule["trigger"]
        for key in ("all", "any", "none"):
            yield from (((*base, key, n), names) for n, names in enumerate(rule.get(key, [])))
        for key in ("patterns", "not"):
            for number, pattern in enumerate(rule.get(key, [])):
                kind = "near" if "near" in pattern else "order"
                path = (*base, key, number, kind)
                yield from (((*path, n), names) for n, names in enumerate(pattern[kind]))
    for index, damping in enumerate(value.get("damping", [])):
        for key in ("concepts", "unless"):
            yield from ((("damping", index, key, n), names) for n, names in enumerate(damping.get(key, [])))


def _build(document: Document, mark: str) -> Pack:
    value = document.value
    return Pack(
        topic=value["topic"],
        version=f"{value['version']}-{mark}",
        title=value["title"],
        language=value.get("language", "en"),
        threshold=float(value["threshold"]),
        weights=_DEFAULT_WEIGHTS | value.get("weights", {}),
        concepts=_concepts(document, value),
        masks=_phrases(document, value, "masks"),
        rules=tuple(_rule(document, index, entry) for index, entry in enumerate(value["rules"])),
        damping=tuple(_damping(document, index, entry) for index, entry in enumerate(value.get("damping", []))),
        examples=tuple(_examples(document, value["examples"])),
        file=document.file,
    )


def _concepts(document: Document, value: dict[str, Any]) -> dict[str, tuple[Phrase, ...]]:
    return {
        name: tuple(Phrase(text, document.line(("concepts", name, n))) for n, text in enumerate(entries))
        for name, entries in (value.get("concepts") or {}).items()
    }


def _phrases(document: Document, value: dict[str, Any], key: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(text, document.line((key, n))) for n, text in enumerate(value.get(key) or []))


def _names(text: str) -> Names:
    return tuple(text.split("|"))


def _joined(entries: list[str]) -> Names:
    return tuple(name for text in entries for name in text.split("|"))


def _rule(document: Document, index: int, entry: dict[str, Any]) -> Rule:
    return Rule(
        id=entry["id"],
        about=entry.get("about", ""),
        line=document.line(("rules", index)),
        weight=float(entry["weight"]),
        trigger=_names(entry["trigger"]),
        all=tuple(_names(text) for text in entry.get("all", [])),
        any=_joined(entry.get("any", [])),
        none=_joined(entry.get("none", [])),
        patterns=tuple(_pattern(item) for item in entry.get("patterns", [])),
        never=tuple(_pattern(item) for item in entry.get("not", [])),
        actors=tuple(ActorNeed(tuple(item.items())) for item in entry.get("actors", [])),
        where=tuple(entry.get("in", POSITIONS)),
    )


def _pattern(entry: dict[str, Any]) -> Pattern:
    ordered = "order" in entry
    items = entry["order" if ordered else "near"]
    return Pattern(items=tuple(_names(text) for text in items), within=entry["within"], ordered=ordered)


def _damping(document: Document, index: int, entry: dict[str, Any]) -> Damping:
    return Damping(
        id=entry["id"],
        about=entry.get("about", ""),
        line=document.line(("damping", index)),
        concepts=_joined(entry["concepts"]),
        whole_article=entry.get("within", "sentence") == "article",
        at_least=entry.get("at_least", 1),
        factor=float(entry["factor"]),
        unless=_joined(entry.get("unless", [])),
        where=tuple(entry.get("in", POSITIONS)),
    )


def _examples(document: Document, value: dict[str, Any]) -> Iterator[Example]:
    for key, match in (("should_match", True), ("should_not_match", False)):
        for index, entry in enumerate(value[key]):
            line = document.line(("examples", key, index))
            given = {"text": entry} if isinstance(entry, str) else entry
            yield Example(title=given.get("title", ""), text=given["text"], match=match, line=line)
