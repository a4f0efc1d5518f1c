"""The inflected forms of marked phrases, ``word~``: ``python -m deploy.languages.forms [LANGUAGE ...]``.

Writes ``seeds/languages/<language>/forms.txt`` from all packs and names that ship. Russian and Ukrainian: pymorphy3;
marked adjectives agree with the last marked noun. Spanish, French, German, Portuguese: the dictionaries of simplemma.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.tagger.core.phrases import choices

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
INFLECTED = ("ru", "uk")
LISTED = ("de", "es", "fr", "pt")
HEAD = "# Forms of the phrases marked with ~ in packs and names: made by `make language-forms`, not by hand."
_MOST = 400  # of one phrase
_VERB = 25  # forms from which on a word of a dictionary is a verb
# Forms of regular verbs: the dictionaries lack those that are words of another entry, too (French "coule", "envoyés").
_REGULAR = {
    "fr": {"er": "e es ent a ant ait aient é ée és ées èrent era eront erait eraient"},
    "es": {
        "ar": "a an ó aron ado ada ados adas ando aba aban ará arán aría arían e en",
        "er": "e en ió ieron ido ida idos idas iendo ía ían erá erán ería erían a an",
        "ir": "e en ió ieron ido ida idos idas iendo ía ían irá irán iría irían a an",
    },
    "pt": {
        "ar": "a am ou aram ado ada ados adas ando ava avam ará arão aria ariam e em",
        "er": "e em eu eram ido ida idos idas endo ia iam erá erão eria eriam a am",
        "ir": "e em iu iram ido ida idos idas indo ia iam irá irão iria iriam a am",
    },
}


def main() -> None:
    """Write the files."""
    for code in sys.argv[1:] or sorted(path.parent.name for path in SEEDS.glob("languages/*/grammar.yaml")):
        if code in (*INFLECTED, *LISTED):
            made = {phrase: _forms(phrase, code) for phrase in sorted(set(_marked_phrases(code)))}
            lines = [f"{phrase} = {', '.join(forms)}" for phrase, forms in made.items()]
            path = SEEDS / "languages" / code / "forms.txt"
            path.write_text("\n".join((HEAD, *lines)) + "\n", encoding="utf-8")
            print(f"{path}: {len(made)} phrases, {sum(map(len, made.values()))} forms")


def _marked_phrases(code: str) -> Iterator[str]:
    """Every phrase with a mark, its choices taken."""
    folder = SEEDS / "languages" / code
    paths = [
        *SEEDS.glob(f"topics/*/{code}.yaml"),
        *(folder / f"{name}.yaml" for name in ("names", "states", "vocabulary")),
    ]
    for path in paths:
        if path.is_file():
            value = yaml.safe_load(path.read_bytes())
            for text in _strings({key: found for key, found in value.items() if key != "examples"}):
                try:
                    yield from (chosen.strip() for chosen in choices(text) if "~" in chosen)
                except ValueError as error:
                    sys.exit(f"{path}: {text!r}: {error}")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _forms(phrase: str, code: str) -> list[str]:
    words = phrase.removeprefix("=").split()
    texts = _agreeing(words, code) if code in INFLECTED else _combined(words, code)
    found = list(dict.fromkeys((phrase.replace("~", ""), *texts)))
    if len(found) > _MOST:
        sys.exit(f"{code}: {phrase!r} has {len(found)} forms: mark fewer words of it")
    return found


@cache
def _dictionary(code: str) -> dict[str, tuple[str, ...]]:
    """Forms by lemma."""
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    found: dict[str, set[str]] = {}
    for form, lemma in DefaultDictionaryFactory().get_dictionary(code).items():
        found.setdefault(_text(lemma), set()).add(_text(form))
    return {lemma: tuple(sorted(forms)) for lemma, forms in found.items()}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _combined(words: list[str], code: str) -> Iterator[str]:
    """Every form of each marked word beside every form of the others."""
    options = [_of_word(word[:-1], code) if word.endswith("~") else (word,) for word in words]
    return (" ".join(chosen) for chosen in itertools.product(*options))


def _of_word(word: str, code: str) -> tuple[str, ...]:
    table = _dictionary(code)
    forms = table.get(word) or tuple(_as_written(word, form) for form in table.get(word.lower(), ()))
    endings = _REGULAR.get(code, {}).get(word[-2:], "") if len(forms) >= _VERB else ""
    return tuple(dict.fromkeys((word, *forms, *(word[:-2] + ending for ending in endings.split()))))


@cache
def _morphology(code: str) -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang=code)


def _agreeing(words: list[str], code: str) -> Iterator[str]:
    """The forms of the last marked noun, or of the one marked verb, and in each the adjectives that agree with it."""
    marked = [index for index, word in enumerate(words) if word.endswith("~")]
    parses = {index: _parse(words[index][:-1], code) for index in marked}
    nouns = [index for index in marked if "NOUN" in parses[index].tag]
    head = nouns[-1] if nouns else marked[-1]
    for form in _lexeme(parses[head]):
        chosen = [word.rstrip("~") for word in words]
        chosen[head] = _as_written(chosen[head], form.word)
        for index in marked:
            if index != head:
                other = _agree(parses[index], form.tag)
                if other is None:
                    break
                chosen[index] = _as_written(chosen[index], other)
        else:
            yield " ".join(chosen)


def _parse(word: str, code: str) -> Any:
    """The reading in which the word is its own plain form, else the likeliest."""
    found = _morphology(code).parse(word)
    plain = [one for one in found if one.normal_form.replace("ё", "е") == word.lower().replace("ё", "е")]
    plain = [one for one in plain if one.tag.POS != "ADVB"] or plain  # Ukrainian "судно" is a ship, too
    participles = [one for one in found if one.tag.POS in ("PRTF", "PRTS")]
    return (participles or plain or found)[0]


def _lexeme(parse: Any) -> Iterator[Any]:
    """Of a verb no passive participles, of a passive participle nothing else: they are words of another voice."""
    passive = parse.tag.POS in ("PRTF", "PRTS") and "pssv" in parse.tag
    for form in parse.lexeme:
        told = form.tag.POS in ("PRTF", "PRTS") and "pssv" in form.tag
        if told == passive and form.tag.POS != "GRND" and "impr" not in form.tag:
            yield form


def _agree(parse: Any, tag: Any) -> str | None:
    """The word in case and number of ``tag``, in the singular in its gender, in the accusative as living as it is."""
    wanted = {mark for mark in (tag.case, tag.number) if mark}
    if tag.number == "sing" and parse.tag.POS != "NOUN" and tag.gender:
        wanted.add(tag.gender)
    if tag.case == "accs" and parse.tag.POS != "NOUN" and tag.animacy and tag.gender != "femn":
        wanted.add(tag.animacy)
    found = parse.inflect(wanted) or parse.inflect(wanted - {tag.animacy}) or parse.inflect(wanted - {tag.gender})
    return found.word if found else None


def _as_written(word: str, form: str) -> str:
    """``form`` with capitals where ``word`` has them."""
    if word.isupper() and len(word) > 1:
        return form.upper()
    parts = [
        f[:1].upper() + f[1:] if w[:1].isupper() else f for w, f in zip(word.split("-"), form.split("-"), strict=False)
    ]
    return "-".join(parts) if len(parts) == form.count("-") + 1 else form


if __name__ == "__main__":
    main()
