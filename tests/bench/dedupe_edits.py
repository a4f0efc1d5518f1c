"""What happens to a wire copy on its way: thirteen edits of a real text, each with its fixed seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Edit = Callable[[str, random.Random, "Wrapper"], str]

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


class Wrapper:
    """Words of other articles, for boilerplate and for replaced words: real words, but not of this text."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._words = [word for text in texts for word in text.split()]

    def run(self, draw: random.Random, words: int) -> str:
        """A run of real text."""
        start = draw.randrange(len(self._words) - words)
        return " ".join(self._words[start : start + words])

    def word(self, draw: random.Random) -> str:
        """One real word."""
        return draw.choice(self._words)


def keep(part: float) -> Edit:
    """The first ``part`` of the words."""

    def edit(text: str, draw: random.Random, wrapper: Wrapper) -> str:
        words = text.split()
        return " ".join(words[: int(len(words) * part)])

    return edit


def last_half(text: str, draw: random.Random, wrapper: Wrapper) -> str:
    """The second half, as where a site replaces the lead."""
    words = text.split()
    return " ".join(words[len(words) // 2 :])


def boilerplate(words: int) -> Edit:
    """``words`` words of wrapper, a third before and two thirds after."""

    def edit(text: str, draw: random.Random, wrapper: Wrapper) -> str:
        return f"{wrapper.run(draw, words // 3)}\n{text}\n{wrapper.run(draw, words - words // 3)}"

    return edit


def words_changed(part: float) -> Edit:
    """Each word replaced with probability ``part``, as an editor or a translator's second thoughts do."""

    def edit(text: str, draw: random.Random, wrapper: Wrapper) -> str:
        return " ".join(wrapper.word(draw) if draw.random() < part else word for word in text.split())

    return edit


def sentences_cut(part: float) -> Edit:
    """Each sentence left out with probability ``part``; the first always stays."""

    def edit(text: str, draw: random.Random, wrapper: Wrapper) -> str:
        first, *rest = _SENTENCE_END.split(text)
        return " ".join([first, *(sentence for sentence in rest if draw.random() >= part)])

    return edit


def shuffled(text: str, draw: random.Random, wrapper: Wrapper) -> str:
    """Sentences in another order."""
    sentences = _SENTENCE_END.split(text)
    draw.shuffle(sentences)
    return " ".join(sentences)


def typography(text: str, draw: random.Random, wrapper: Wrapper) -> str:
    """Other quotes, dashes, spaces and case of headings."""
    return text.replace('"', "“").replace("'", "’").replace(" - ", " — ").replace(" ", "\u00a0", 50).upper()


def combo(words: int) -> Edit:
    """First half, 5 % of the words changed, ``words`` words of wrapper around it."""

    def edit(text: str, draw: random.Random, wrapper: Wrapper) -> str:
        return boilerplate(words)(words_changed(0.05)(keep(0.5)(text, draw, wrapper), draw, wrapper), draw, wrapper)

    return edit


EDITS: dict[str, Edit] = {
    "typography": typography,
    "first half kept": keep(0.5),
    "first 30 % kept": keep(0.3),
    "last half kept": last_half,
    "+50 words of boilerplate": boilerplate(50),
    "+150 words of boilerplate": boilerplate(150),
    "5 % of words changed": words_changed(0.05),
    "10 % of words changed": words_changed(0.10),
    "20 % of words changed": words_changed(0.20),
    "20 % of sentences cut": sentences_cut(0.2),
    "40 % of sentences cut": sentences_cut(0.4),
    "sentences shuffled": shuffled,
    "combo": combo(60),
}
