"""Articles as JSON Lines: one a line. A bad line is named with its number, and the rest goes on."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from services.cli.output import warn
from services.poller.core.imports import InputArticle

FORM = "Give one JSON object a line with id, title and text."


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not an article, and why, in a sentence that names the line."""

    number: int
    message: str


_decoder = msgspec.json.Decoder(InputArticle)


def read(lines: Iterable[bytes], *, name: str) -> Iterator[tuple[int, InputArticle | BadLine]]:
    """Number (from 1) and article of each line of ``name``; blank lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield number, BadLine(number, f"{name}, line {number}: {error}. {FORM}")


def on_standard_input() -> Iterator[InputArticle | None]:
    """Each article of standard input; None for a bad line, which has been named on standard error."""
    if sys.stdin.isatty():
        warn(f"Reading articles from the terminal; Ctrl-D ends. {FORM}")
    for _, article in read(sys.stdin.buffer, name="standard input"):
        if isinstance(article, BadLine):
            warn(article.message)
            yield None
        else:
            yield article
