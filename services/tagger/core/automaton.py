"""All phrases of all packs, actors and places in one automaton, and a smaller one of triggers that runs first.

Most articles hold no trigger and cost one pass at 100 MB/s; only their sentences with a trigger meet the large one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ahocorasick_rs import AhoCorasick
from msgspec import Struct

from services.tagger.core.phrases import Edge, Needle

Kind = Literal["thing", "act", "mask", "actor", "ship", "metonym", "place"]
Entry = tuple[Needle, Kind, int]
"""A string to look for, and what it stands for: see :class:`Meaning`."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a match stands for: ``index`` counts within its ``kind`` (things, acts and masks: see :class:`Compiled`)."""

    kind: Kind
    index: int
    capitals: tuple[int, ...]
    exact: str | None
    left: Edge = "border"
    right: Edge = "border"


class Hit(Struct, frozen=True, gc=False):
    """A match that was checked: characters ``start`` to ``end`` of the searched text."""

    meaning: Meaning
    start: int
    end: int


class Automaton:
    """Finds needles as whole words. Built once; safe to share between threads."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        meanings: dict[str, tuple[Meaning, ...]] = {}
        shared: dict[object, tuple[Meaning, ...]] = {}  # a hundred thousand forms have some thousand meanings
        for needle, kind, index in entries:
            known = meanings.get(needle.folded, ())
            meaning = Meaning(kind, index, needle.capitals, needle.exact, needle.left, needle.right)
            if meaning not in known:
                both = (*known, meaning)
                meanings[needle.folded] = shared.setdefault(both, both)
        self._meanings = list(meanings.values())
        self._engine = AhoCorasick(list(meanings)) if meanings else None
        self._exact = {
            index: tuple(meaning.exact for meaning in found if meaning.exact is not None)
            for index, found in enumerate(self._meanings)
            if all(meaning.exact is not None for meaning in found)
        }
        self.patterns = len(meanings)

    def positions(self, data: str, norm: str) -> list[int]:
        """Where needles begin in the text whose folded, bordered copy is ``data``.

        Case is looked at only where every meaning has exact letters: "ITS" is a ship, "its" is in every text.
        """
        if self._engine is None:
            return []
        found = self._engine.find_matches_as_indexes(data, overlapping=True)
        exact = self._exact
        return [
            start
            for index, start, _ in found
            if index not in exact or any(norm.startswith(letters, start) for letters in exact[index])
        ]

    def hits(self, data: str, norm: str, offset: int) -> list[Hit]:
        """Every checked match in ``data``, the bordered copy of ``norm[offset:]``, as spans of ``norm``."""
        found: list[Hit] = []
        if self._engine is None:
            return found
        meanings = self._meanings
        for index, begin, stop in self._engine.find_matches_as_indexes(data, overlapping=True):
            here = meanings[index]
            span = _span(here[0], data, begin, stop)
            if span is None:
                continue
            start, end = offset + span[0], offset + span[1]
            for meaning in here:
                if meaning.exact is not None:
                    if not norm.startswith(meaning.exact, start):
                        continue
                elif meaning.capitals and not all(norm[start + at].isupper() for at in meaning.capitals):
                    continue
                found.append(Hit(meaning, start, end))
        return found


def _span(meaning: Meaning, data: str, begin: int, stop: int) -> tuple[int, int] | None:
    """The characters of a match, counted without the border before the text; None inside of a Latin word."""
    start, end = begin, stop - 2
    if meaning.left != "border":
        start -= 1
        if meaning.left == "no_latin" and _latin(data[begin - 1]):
            return None
    if meaning.right == "word_end":  # a prefix: on to the end of the word
        border = data.find(" ", stop)
        end = (border if border >= 0 else len(data)) - 1
    elif meaning.right != "border":
        end += 1
        if meaning.right == "no_latin" and _latin(data[stop]):
            return None
    return start, end


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
