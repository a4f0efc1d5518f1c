"""What of a JSON Schema a value breaks: one sentence for each mistake, with what is allowed."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError

from services.runtime.files.paths import KeyPath

_TYPES = {
    "string": "text",
    "object": "keys and values",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_MAX_SHOWN = 60
MAX_VIOLATIONS = 100  # nobody reads on, and a list of a hundred thousand wrong entries takes seconds


def violations(
    value: Any, schema: Mapping[str, Any], *, written: Mapping[KeyPath, str]
) -> Iterator[tuple[KeyPath, str]]:
    """Where ``value`` breaks ``schema`` (draft 2020-12), and a sentence on it.

    What is allowed comes from the schema, for a ``pattern`` from the first sentence of its ``description``. ``written``
    is how the file spells scalars that are not text. Of formats ``iana-timezone`` is checked.
    """
    errors = _Validator(schema, format_checker=_FORMATS).iter_errors(value)
    leaves = list(islice((leaf for error in errors for leaf in _leaves(error)), MAX_VIOLATIONS))
    unknown = {tuple(leaf.absolute_path): _unknown(leaf) for leaf in leaves if leaf.validator == "additionalProperties"}
    for leaf in leaves:
        path = tuple(leaf.absolute_path)
        if leaf.validator == "additionalProperties":
            for key in unknown[path][:MAX_VIOLATIONS]:
                yield (*path, key), _unknown_key(key, list(_part(leaf, "properties")))
        elif leaf.validator == "required":
            given: Any = leaf.instance
            absent = [key for key in _rule(leaf) if key not in given]
            missing = [key for key in absent if not any(closest(word, [key]) for word in unknown.get(path, ()))]
            if missing:
                yield path, f"{' and '.join(map(repr, missing))} must be given{_in(path)}."
        elif "propertyNames" in leaf.absolute_schema_path:
            yield (*path, str(leaf.instance)), _sentence(leaf, _shown(leaf.instance))
        else:
            prefix = "" if isinstance(leaf.instance, dict) else _name(path)
            yield path, prefix + _sentence(leaf, written.get(path) or _shown(leaf.instance))


def closest(word: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that ``word`` may be a misspelling of."""
    return next(iter(difflib.get_close_matches(word[:_MAX_SHOWN], list(known), n=1)), None)


# ---------------------------------------------------------------- where jsonschema is not enough


def _unique(_: Any, wanted: bool, instance: Any, __: Any) -> Iterator[ValidationError]:
    """In linear time: jsonschema compares each with each where entries have no order."""
    seen: set[str] = set()
    for entry in instance if wanted and isinstance(instance, list) else ():
        if repr(entry) in seen:
            what = "the same entry" if isinstance(entry, (dict, list)) else _shown(entry)
            yield ValidationError(f"{what} is given twice")
            return
        seen.add(repr(entry))


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """``$`` is the end, as in ECMA 262; to Python it is also the place before a last line break."""
    expression = re.sub(r"\$$", r"\\Z", pattern)
    if isinstance(instance, str) and not re.search(expression, instance):
        yield ValidationError(f"{_shown(instance)} does not match {pattern}")


def _is_whole(_: object, value: object) -> bool:
    """What msgspec takes for an int: 3.0 is none."""
    return isinstance(value, int) and not isinstance(value, bool)


_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("iana-timezone", raises=(ValueError, OSError, LookupError))
def _is_timezone(name: object) -> bool:
    return not isinstance(name, str) or bool(ZoneInfo(name))


_extend: Any = validators.extend  # it has no types
_Validator = _extend(
    Draft202012Validator,
    {"uniqueItems": _unique, "pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole),
)

# ---------------------------------------------------------------- which errors to speak of


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Where alternatives were all refused: the errors of the one that was meant, by its constants and type."""
    branches: dict[Any, list[ValidationError]] = {}
    for cause in error.context or ():
        branches.setdefault(cause.schema_path[0], []).append(cause)
    if not branches or _all_required(error):
        yield error
        return
    meant = [branch for branch in branches.values() if not any(map(_rules_out, branch))]
    if meant:
        for cause in min(meant, key=len):
            yield from _leaves(cause)
        return
    constants = [cause for branch in branches.values() for cause in branch if cause.validator == "const"]
    if not constants:
        yield error
        return
    first = constants[0]
    options = [cause.validator_value for cause in constants]
    yield ValidationError(
        first.message, "enum", first.relative_path, None, (), options, first.instance, first.schema, parent=error
    )


def _all_required(error: ValidationError) -> bool:
    return all(isinstance(branch, dict) and set(branch) == {"required"} for branch in _rule(error))


def _rules_out(cause: ValidationError) -> bool:
    deep = len(cause.relative_path)
    return (cause.validator == "const" and deep == 1) or (cause.validator in ("type", "const", "enum") and deep == 0)


def _unknown(error: ValidationError) -> list[str]:
    known = _part(error, "properties")
    given: Any = error.instance
    return [key for key in given if key not in known]


def _part(error: ValidationError, name: str) -> Any:
    return error.schema.get(name, {}) if isinstance(error.schema, dict) else {}


def _rule(error: ValidationError) -> Any:
    """What the broken keyword of the schema says."""
    return error.validator_value


# ---------------------------------------------------------------- how to say them


def _unknown_key(key: str, known: list[str]) -> str:
    close = closest(key, known)
    hint = f"did you mean {close!r}?" if close else f"allowed are {', '.join(known)}."
    return f"unknown key {_shown(key)}: {hint}"


def _name(path: KeyPath) -> str:
    words = [part for part in path if isinstance(part, str)]
    return f"{words[-1]}: " if words else ""


def _in(path: KeyPath) -> str:
    return "" if not path else f" in {path[-1]}" if isinstance(path[-1], str) else " in this entry"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return _TYPES["object" if isinstance(value, dict) else "array"]
    shown = repr(value)
    return shown if len(shown) <= _MAX_SHOWN else f"{shown[:_MAX_SHOWN]}..."


def _sentence(error: ValidationError, shown: str) -> str:
    say = _SENTENCES.get(str(error.validator))
    return say(error, shown) if say is not None else f"{error.message}."


def _say_type(error: ValidationError, shown: str) -> str:
    return _expected(_rule(error) if isinstance(_rule(error), list) else [_rule(error)], error, shown)


def _expected(wanted: list[str], error: ValidationError, shown: str) -> str:
    is_scalar = error.instance is not None and not isinstance(error.instance, (dict, list))
    hint = ": put it in quotes" if "string" in wanted and is_scalar else ""
    return f"expected {' or '.join(_TYPES[kind] for kind in wanted)}{_bounds(error)}, not {shown}{hint}."


def _bounds(error: ValidationError) -> str:
    least, most = _part(error, "minimum"), _part(error, "maximum")
    return f" from {least:g} to {most:g}" if least != {} and most != {} else ""


def _say_number(error: ValidationError, shown: str) -> str:
    bound = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "over", "exclusiveMaximum": "under"}
    allowed = _bounds(error) or f" {bound[str(error.validator)]} {_rule(error):g}"
    return f"expected a number{allowed}, not {shown}."


def _say_options(error: ValidationError, shown: str) -> str:
    options = _rule(error) if error.validator == "enum" else [_rule(error)]
    close = closest(str(error.instance), map(str, options)) if len(options) > 5 else None
    if close:
        return f"{shown} is not known here: did you mean {close!r}?"
    return f"{shown} is not {'one of ' if len(options) > 1 else ''}{', '.join(map(str, options))}."


def _say_form(error: ValidationError, shown: str) -> str:
    form = str(_part(error, "description") or f"text of the form {_rule(error)}")
    form = re.split(r"(?<=\w\w)\. ", form.rstrip("."), maxsplit=1)[0]
    return f"{shown} is not {form[:1].lower()}{form[1:]}."


def _say_alternatives(error: ValidationError, shown: str) -> str:
    branches = [branch for branch in _rule(error) if isinstance(branch, dict)]
    if _all_required(error):
        return f"give one of {', '.join(key for branch in branches for key in branch['required'])}, and only one."
    return _expected([branch["type"] for branch in branches if "type" in branch], error, shown)


def _say_count(error: ValidationError, _: str) -> str:
    words = {"minLength": "characters", "maxLength": "characters", "minItems": "entries", "maxItems": "entries"}
    of, least = str(error.validator), int(_rule(error))
    if of == "minProperties":
        return f"give at least {least} of {', '.join(_part(error, 'properties')) or 'its keys'}, or leave it out."
    if least == 1:
        return "expected some text." if of == "minLength" else "give at least one entry, or leave the key out."
    return f"expected at {'least' if of.startswith('min') else 'most'} {least} {words.get(of, 'keys')}."


_SENTENCES: dict[str, Callable[[ValidationError, str], str]] = {
    "type": _say_type,
    "enum": _say_options,
    "const": _say_options,
    "pattern": _say_form,
    "format": _say_form,
    "oneOf": _say_alternatives,
    "anyOf": _say_alternatives,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _say_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties"), _say_count),
}
