"""JSON Lines in: one article a line. A bad line is said with its number, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct


class InputArticle(Struct, kw_only=True, frozen=True):
    """What the in-process commands read: ``id``, ``title`` and ``text``, the rest where it is there.

    A line of ``wirewatch parse`` is one, too: unknown fields are ignored.
    """

    id: str
    title: str = ""
    text: str = ""
    summary: str | None = None
    url: str | None = None
    canonical_url: str | None = None
    outlet: str | None = None
    family: str | None = None
    wire: str | None = None
    language: str | None = None
    published_at: str | None = None
    first_seen_at: str | None = None


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
            yield (
                number,
                BadLine(
                    number, f"{name}, line {number}: {error}. Give one JSON object a line with id, title and text."
                ),
            )


def time_of(text: str | None) -> datetime | None:
    """An RFC 3339 time, else None: inputs are real data, and a wild date must not stop them."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None
