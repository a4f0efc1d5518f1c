"""Where words end: which scripts put no space between them."""

import re

# As the inside of a character class of a regular expression.
# Thai, Lao, Myanmar, Khmer, kana, bopomofo, Han and their extensions: no spaces between words.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003134f"
)
# Korean has spaces, but particles are written onto the words before them.
HANGUL = "\uac00-\ud7af"

_WITHOUT_BORDERS = re.compile(f"[{UNSPACED}{HANGUL}]")


def has_word_borders(text: str) -> bool:
    """Whether each word of ``text`` stands by itself; where not, a word has to be looked for anywhere."""
    return not _WITHOUT_BORDERS.search(text)
