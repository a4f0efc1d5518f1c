"""Which language an article is in: what the words say, and for a few words what the feed says."""

from collections.abc import Callable
from typing import Final

from services.poller.core.articles import Item

Detect = Callable[[str], tuple[str, float] | None]
"""The likeliest language of a text (ISO 639-1 or -3 code in lower case) and how sure that is, 0 to 1."""

SAMPLE_CHARACTERS: Final = 400
SURE: Final = 0.65
SHORT_CHARACTERS: Final = 80
# The beginnings of title and text are asked about first. Of 4,754 texts in 103 languages that said 90 % or more of them
# was never other than what 400 characters said, and it costs a third.
FIRST_CHARACTERS: Final = 60
AT_ONCE: Final = 0.9


def language_of(item: Item, text: str, declared: str | None, detect: Detect) -> str | None:
    """The language code, or None. ``declared`` is what the feed list or the feed says; it decides for short texts."""
    sample = f"{item.title}. {text[:SAMPLE_CHARACTERS]}"[:SAMPLE_CHARACTERS].replace("\n", " ")
    said = primary(item.entry.language) or primary(declared)
    found = None
    if len(text) > FIRST_CHARACTERS:
        found = detect(f"{item.title[:FIRST_CHARACTERS]}. {text[:FIRST_CHARACTERS]}".replace("\n", " "))
    if found is None or found[1] < AT_ONCE:
        found = detect(sample)
    if found is None:
        return said
    code, score = found
    if said and (score < SURE or len(sample) < SHORT_CHARACTERS):
        return said
    return code if score >= SURE / 2 else None


def primary(tag: str | None) -> str | None:
    """The primary subtag of a language tag (``en`` of ``en-GB``); None for what is none."""
    if not tag:
        return None
    code = tag.replace("_", "-").partition("-")[0].strip().lower()
    return code if 2 <= len(code) <= 3 and code.isascii() and code.isalpha() else None
