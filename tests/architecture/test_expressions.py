"""Every regular expression of the cores takes time in proportion to the text, whatever an article repeats.

A title of 10,000 spaces once took the deduper 0.7 s, and one of 40,000 took 10.6 s: four times the text, sixteen times
the time. Here each expression reads texts of one repeated piece, and the same texts twice as long.
"""

from __future__ import annotations

import importlib
import math
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
# What their callers hand to these is bounded: characters at most.
BOUNDED: dict[str, int] = {
    "tagger/core/reading.py:_DATELINE": 160,
}
MOST_SECONDS = 0.5  # for what is bounded, and for the shorter text
TRIES = 3
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
    """How long it takes to find all in a text."""
    started = time.process_time()
    for _match in expression.finditer(text):
        pass
    return time.process_time() - started


def grows_too_fast(expression: re.Pattern[str]) -> list[str]:
    """The pieces that it takes more than in proportion for."""
    return [piece for piece in PIECES if _grows_too_fast(expression, piece)]


def _grows_too_fast(expression: re.Pattern[str], piece: str) -> bool:
    """Whether each of several tries says so, by the shortest times so far: on a loaded machine one may be wrong."""
    shorter, longer = (piece * (length // len(piece)) for length in (LENGTH, 2 * LENGTH))
    once = twice = math.inf
    for _ in range(TRIES):
        once = min(once, seconds(expression, shorter))
        if once > MOST_SECONDS:
            return True  # twice as long a text might take minutes
        twice = min(twice, seconds(expression, longer))
        if twice < TOO_SHORT_TO_MEASURE_S or twice <= MOST_TIMES * once:
            return False
    return True


def problems(file: str, name: str, expression: re.Pattern[str]) -> list[str]:
    """The pieces that an expression of a module is too slow for."""
    for key in (file, f"{file}:{name}"):
        if key in BOUNDED:
            most = BOUNDED[key]
            return [piece for piece in PIECES if seconds(expression, piece * (most // len(piece))) > MOST_SECONDS]
    return grows_too_fast(expression)


@pytest.mark.parametrize("path", CORES, ids=lambda path: path.relative_to(SERVICES).as_posix())
def test_expressions_take_time_in_proportion(path: Path) -> None:
    module = importlib.import_module(".".join(path.relative_to(SERVICES.parent).with_suffix("").parts))
    file = path.relative_to(SERVICES).as_posix()
    slow = {name: pieces for name, found in expressions(module) if (pieces := problems(file, name, found))}
    assert slow == {}


def test_an_expression_that_looks_from_every_space_is_seen() -> None:
    assert _grows_too_fast(re.compile(r"(?:\s+[-|]\s+[^-|]{2,40}){1,2}$"), " ")
