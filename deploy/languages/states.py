"""The names of states in a language, from Unicode CLDR: ``python -m deploy.languages.states [LANGUAGE ...]``.

Writes ``seeds/languages/<language>/states.yaml``. In languages whose forms are made words that bend are marked ``~``.
"""

from __future__ import annotations

import itertools
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pymorphy3
import yaml
from babel import Locale
from babel import __version__ as version
from babel.core import get_global

LANGUAGES = Path(__file__).resolve().parents[2] / "seeds" / "languages"
MADE_FORMS = ("ru", "uk")
_STAY = {"и", "та", "і", "о-ва", "о-в"}  # words of such names that have one form


def main() -> None:
    """Write the files."""
    codes = sys.argv[1:] or sorted(p.parent.name for p in LANGUAGES.glob("*/grammar.yaml") if p.parent.name != "en")
    states = yaml.safe_load((LANGUAGES.parent / "actors.yaml").read_bytes())["states"]
    for code in codes:
        path = LANGUAGES / code / "states.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(_file(code, list(states)), encoding="utf-8")
        print(path)


def _file(code: str, states: list[str]) -> str:
    territories = Locale(code).territories
    lines = [
        f"# Names of states from Unicode CLDR through Babel {version}: made by `make language-names`, not by hand.",
        "actors:",
    ]
    for state in states:
        short = get_global("territory_aliases").get(state, [state])[0]
        name = territories.get("XK" if state == "XKX" else short)
        if name:
            lines.append(f'  {state}: {{names: ["{_marked(re.split(" ?[(（]", name)[0], code)}"]}}')
    return "\n".join(lines) + "\n"


@cache
def _morphology(code: str) -> Any:
    return pymorphy3.MorphAnalyzer(lang=code)


def _parse(word: str, code: str) -> Any:
    return _morphology(code).parse(word)[0]


def _marked(name: str, code: str) -> str:
    """``name`` with ``~`` at words that bend, where forms are made: the first noun, with its adjective."""
    if code not in MADE_FORMS or any(word.lower() in _STAY for word in name.split()):
        return name
    words = name.split()
    bends = [_bends(words[0], code), len(words) > 1 and _bends(words[0], code) and "ADJF" in _parse(words[0], code).tag]
    return " ".join(f"{word}~" if bend else word for word, bend in itertools.zip_longest(words, bends[: len(words)]))


def _bends(word: str, code: str) -> bool:
    return (not word.isupper() and "NOUN" in _parse(word, code).tag) or "ADJF" in _parse(word, code).tag


if __name__ == "__main__":
    main()
