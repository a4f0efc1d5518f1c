"""Articles as JSON Lines: one a line. A bad line is named with its number, and the rest goes on."""

import sys
from collections.abc import Iterable, Iterator

import msgspec

from services.cli.output import warn
from services.poller.core.imports import InputArticle

FORM = "Give one JSON object a line with id, title and text."


_decoder = msgspec.json.Decoder(InputArticle)


def read(lines: Iterable[bytes], *, name: str) -> Iterator[InputArticle | str]:
    """Each article of ``name``, or a sentence that names a line that is none; blank lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield f"{name}, line {number}: {error}. {FORM}"


def on_standard_input() -> Iterator[InputArticle | None]:
    """Each article of standard input; None for a bad line, which has been named on standard error."""
    if sys.stdin.isatty():
        warn(f"Reading articles from the terminal; Ctrl-D ends. {FORM}")
    for article in read(sys.stdin.buffer, name="standard input"):
        if isinstance(article, str):
            warn(article)
            yield None
        else:
            yield article
