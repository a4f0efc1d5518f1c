"""The first sentences of an article, without the furniture around them."""

import re
from collections.abc import Iterator

SENTENCES = 2
MAX_SENTENCE = 400
MIN_SENTENCE = 40
_LONGEST_ABBREVIATION = 8  # characters, with the stop and what stands before it
_SEARCHED = 4_000  # characters: the lead stands at the beginning or nowhere

# Ends of sentences: a stop, its closing quotes or brackets, white space, then something a sentence begins with.
_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9À-ÖØ-Þ])")
# Not an end: an initial or a title before a name. Checked on what stands before the stop.
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Sgt|Adm|Capt|Cmdr|Gov|Sen|Rep|St|No|Jr|Sr|vs|Inc|Ltd|Co|Corp"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|approx|est|etc))\.$"
)
_FURNITURE = re.compile(
    r"^(?:by [A-Z]|photo\b|image\b|picture\b|file photo|credit:|source:|advertisement|sponsored|read more|read also"
    r"|related:|see also|watch:|listen:|follow us|share this|sign up|subscribe|log in|add comment|comments?\b"
    r"|click here|updated?:|last updated|published:|posted\b|copyright|©|all rights reserved"
    r"|this article (?:was|is|first)|the views expressed|about the author)"
    r"|cookie|newsletter|subscrib|all rights reserved|terms of (?:use|service)|privacy policy",
    re.IGNORECASE,
)


def lead_sentences(text: str, *, title: str = "") -> tuple[str, ...]:
    """The first sentences of ``text`` that are prose: ended by a stop, of some length, not a byline or an appeal.

    Gives none rather than furniture. A sentence over :data:`MAX_SENTENCE` characters is cut at a word.
    """
    found: list[str] = []
    shown = _folded(title)
    for line in text[:_SEARCHED].splitlines():
        for sentence in sentences(line.strip()):
            if _is_prose(sentence) and _folded(sentence) != shown:
                found.append(_clipped(sentence))
                if len(found) == SENTENCES:
                    return tuple(found)
    return tuple(found)


def sentences(line: str) -> Iterator[str]:
    """One line of text as its sentences."""
    begin = 0
    for match in _END.finditer(line):
        if _ABBREVIATION.search(line[max(begin, match.start() - _LONGEST_ABBREVIATION) : match.start()]):
            continue
        yield line[begin : match.end()].strip()
        begin = match.end()
    if rest := line[begin:].strip():
        yield rest


def _is_prose(sentence: str) -> bool:
    return (
        len(sentence) >= MIN_SENTENCE
        and sentence.rstrip("\"'”’)]")[-1:] in (".", "!", "?", "…", "。")
        and not _FURNITURE.search(sentence)
    )


def _clipped(sentence: str) -> str:
    if len(sentence) <= MAX_SENTENCE:
        return sentence
    return sentence[: MAX_SENTENCE - 1].rsplit(" ", 1)[0] + "…"


def _folded(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()
