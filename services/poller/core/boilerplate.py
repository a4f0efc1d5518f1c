"""Paragraphs that an outlet puts under many articles (membership lines, author notes, calls to subscribe).

What one outlet has printed in :data:`REPEATS` different articles is boilerplate, if it is short and stands at the
beginning or the end: the middle of a story is never touched. An article that would lose
half of itself keeps everything, because then it is the article that is repeated.
"""

from collections.abc import Collection
from typing import Final

from services.contracts.ids import digest

REPEATS: Final = 5
_FIRST: Final = 3
_LAST: Final = 8
_MAX_CHARACTERS: Final = 400
_MIN_PARAGRAPHS: Final = 4  # a short text has no edges
_MOST_SHARE: Final = 0.5


def candidates(text: str) -> dict[str, str]:
    """The paragraphs of ``text`` that may be boilerplate: paragraph to its digest."""
    lines = text.split("\n")
    if len(lines) < _MIN_PARAGRAPHS:
        return {}
    edges = lines if len(lines) <= _FIRST + _LAST else [*lines[:_FIRST], *lines[-_LAST:]]
    return {
        line: digest("paragraph", " ".join(line.split()))[:12] for line in edges if 0 < len(line) <= _MAX_CHARACTERS
    }


def without(text: str, repeated: Collection[str]) -> str:
    """``text`` without the candidates whose digests are in ``repeated``."""
    found = candidates(text)
    drop = {line for line, name in found.items() if name in repeated}
    kept = "\n".join(line for line in text.split("\n") if line not in drop)
    return kept if len(kept) > len(text) * _MOST_SHARE else text
