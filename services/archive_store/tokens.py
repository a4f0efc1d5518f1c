"""What the search index holds of a text: words, and pairs of characters where a script has no spaces. Pure.

SQLite's own tokenizer splits at spaces and punctuation. For Chinese, Japanese, Korean and Thai a run of characters is
written out as its overlapping pairs first (and its last character), so that a word of any length is a phrase of pairs.
Lucene's CJKBigramFilter does the same. The stored index depends on these functions: whoever changes what they return
raises ``database.VERSION`` and fills the index anew.
"""

import re
from hashlib import blake2b
from typing import Final, Literal, get_args

Kind = Literal["topic", "act", "actor", "place", "outlet", "language", "severity"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

# Thai, Lao, Burmese, Khmer; kana; Han with its extension A and compatibility forms; Hangul; half-width kana.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
)
_RUN = re.compile(f"[{_UNSPACED}]+")


def indexed(text: str) -> str:
    """``text`` as the index takes it."""
    return text if text.isascii() else _RUN.sub(_pairs, text)


def body(summary: str, text: str) -> str:
    """What is searched beside the title: the text, and the summary where the text does not hold it."""
    return indexed(text if not summary or summary in text else f"{summary}\n{text}")


def is_unspaced(text: str) -> bool:
    """Whether ``text`` begins with a script that has no spaces."""
    return _RUN.match(text) is not None


def facet(kind: Kind, value: str) -> str:
    """The word that stands in the index for one value of a filter."""
    return kind[:2] + blake2b(f"{kind}\x1f{value.casefold()}".encode("utf-8", "replace"), digest_size=6).hexdigest()


def _pairs(run: re.Match[str]) -> str:
    characters = run[0]
    pairs = [characters[at : at + 2] for at in range(len(characters))]  # the last one is a single character
    return f" {' '.join(pairs)} "
