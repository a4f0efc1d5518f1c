"""Every regular expression of the cores takes time in proportion to the text, whatever an article repeats.

A title of 10,000 spaces once took the deduper 0.7 s, and one of 40,000 took 10.6 s: four times the text, sixteen times
the time. Here each expression reads texts of one repeated piece, and the same texts twice as long.
"""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SERVICES = Path(__file__).resolve().parents[2] / "services"
CORES = sorted(path for path in SERVICES.glob("*/core/**/*.py") if path.name != "__init__.py")
_CHARACTERS = " \t\naA1.,-–'’\"“<&/:(é北\u00a0"
_RUNS = (
    *(
        "a ",
        "A ",
        "1 ",
        " -",
        " - ",
        "- a",
        "a-",
        "A.",
        "a.",
        ". ",
        "1,",
        "1.",
        "a'",
        "s's",
        "“a",
        '"a ',
        "Aa ",
        "the ",
    ),
    *("A. ", "a, ", "\n\n", " \n", "<a", "&a", "1st ", "http://a", "www.", "a@", "% ", "$1 "),
)
PIECES = (*_CHARACTERS, *_RUNS)
LENGTH = 2_000  # characters
TOO_SHORT_TO_MEASURE_S = 0.005
# What their callers hand to these is bounded: characters at most, or None where it ends with what they look for.
BOUNDED: dict[str, int | None] = {
    "poller/core/dates.py": 200,
    "poller/core/text.py:_TAG": None,  # searched up to the last ">" only
    "tagger/core/reading.py:_DATELINE": 160,
}
MOST_SECONDS = 0.5  # for what is bounded
MOST_TIMES = 3.0  # as long for twice the text: 2 where time is in proportion, 4 where it is its square


def expressions(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The compiled expressions for text among a module's variables, by name; those in tuples and mappings, too."""
    for name, value in vars(module).items():
        for at, found in enumerate(_patterns(value)):
            yield f"{name}[{at}]" if at else name, found


def _patterns(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif isinstance(value, tuple | list | frozenset):
        for one in value:
            yield from _patterns(one)
    elif isinstance(value, dict):
        yield from _patterns(tuple(value.values()))


def seconds(expression: re.Pattern[str], text: str) -> float:
    """The shortest of three times that it takes to find all in a text."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        for _match in expression.finditer(text):
            pass
        taken.append(time.process_time() - started)
        if taken[0] < TOO_SHORT_TO_MEASURE_S:
            break
    return min(taken)


def grows_too_fast(expression: re.Pattern[str]) -> list[str]:
    """The pieces that it takes more than in proportion for."""
    slow = []
    for piece in PIECES:
        once, twice = (piece * (length // len(piece)) for length in (LENGTH, 2 * LENGTH))
        longer = seconds(expression, twice)
        if longer >= TOO_SHORT_TO_MEASURE_S and longer > MOST_TIMES * seconds(expression, once):
            slow.append(piece)
    return slow


def problems(file: str, name: str, expression: re.Pattern[str]) -> list[str]:
    """The pieces that an expression of a module is too slow for."""
    for key in (file, f"{file}:{name}"):
        if key in BOUNDED:
            most = BOUNDED[key] or 0
            return [piece for piece in PIECES if seconds(expression, piece * (most // len(piece))) > MOST_SECONDS]
    return grows_too_fast(expression)


@pytest.mark.parametrize("path", CORES, ids=lambda path: path.relative_to(SERVICES).as_posix())
def test_expressions_take_time_in_proportion(path: Path) -> None:
    module = importlib.import_module(".".join(path.relative_to(SERVICES.parent).with_suffix("").parts))
    file = path.relative_to(SERVICES).as_posix()
    slow = {name: pieces for name, found in expressions(module) if (pieces := problems(file, name, found))}
    assert slow == {}


def test_an_expression_that_looks_from_every_space_is_seen() -> None:
    assert " " in grows_too_fast(re.compile(r"(?:\s+[-|]\s+[^-|]{2,40}){1,2}$"))
