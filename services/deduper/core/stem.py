"""English inflections cut off: crude, but the same on both sides of a comparison. Pure."""

from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")
MOST_WORDS = 50_000  # are kept with what was made of them


class Made(dict[str, Value]):
    """Words to what is made of them when first asked for: a look-up takes half of the time of a call."""

    def __init__(self, make: Callable[[str], Value]) -> None:
        self._make = make

    def __missing__(self, word: str) -> Value:
        if len(self) >= MOST_WORDS:
            self.clear()
        made = self[word] = self._make(word)
        return made


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


stem = Made(_stem).__getitem__
