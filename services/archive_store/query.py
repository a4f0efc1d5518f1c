"""What a person types into the search field: read here, written as SQLite's FTS5 understands it. Pure.

    words            all of them, in any order; upper and lower case and accents do not matter
    "a phrase"       words in this order
    sanction*        every word that begins so
    a OR b           either; AND is what stands between words anyway
    NOT a, -a        not this
    a NEAR/5 b       with at most five words between
    title:a          in the title
    ( ... )          brackets

Every word reaches FTS5 in quotes, so nothing that is typed is ever its syntax.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.archive_store import tokens
from services.archive_store.errors import SearchError

MAX_CHARACTERS: Final = 500
MAX_DEPTH: Final = 10
_PIECE = re.compile(
    r"\s*(?:(?P<sign>[()])|(?P<minus>-)(?=[^\s()])|(?P<title>title:)"
    r"|\"(?P<phrase>[^\"]*)\"(?P<ends>\*?)|(?P<open>\")|(?P<word>[^\s()\"]+))",
    re.IGNORECASE,
)
_NEAR = re.compile(r"NEAR(?:/(\d{1,3}))?")
_NEAR_WORDS: Final = 10
_LETTERS = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase. ``begins`` is whether the last word may go on."""

    text: str
    begins: bool = False
    title: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A search that is understood: ``match`` is its FTS5 expression.

    ``terms`` are what is to be found; ``every``, ``any`` and ``none`` sort them for a watch, which knows no more: they
    are empty, and ``simple`` is false, where the search says something else.
    """

    match: str
    terms: tuple[Term, ...]
    every: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    simple: bool = True


def parse(text: str) -> Query | None:
    """The query of ``text``, None where nothing is asked. Raises :class:`SearchError` with the place of a mistake."""
    if len(text) > MAX_CHARACTERS:
        raise SearchError(f"A search has at most {MAX_CHARACTERS} characters, and this one has {len(text)}.")
    pieces = list(_pieces(text))
    if not pieces:
        return None
    parser = _Parser(pieces, len(text) + 1)
    match = parser.either(0)
    if parser.next is not None:
        raise SearchError("there is no bracket that this one closes.", parser.next.at)
    return Query(match, tuple(parser.found), *_sorted(parser))


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str  # term, minus, title, "(", ")", OR, AND, NOT, NEAR
    at: int
    term: Term | None = None
    distance: int = 0


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    while at < len(text.rstrip()):
        found = _PIECE.match(text, at)
        if found is None:  # pragma: no cover - every character begins a piece
            raise SearchError("this is not understood.", at + 1)
        kind = found.lastgroup or ""
        start = found.start("phrase") - 1 if found["phrase"] is not None else found.start(kind)
        at = found.end()
        if kind == "open":
            raise SearchError("this quotation mark has no second one.", start + 1)
        if kind in ("sign", "minus", "title"):
            yield _Piece(found[kind].casefold() if kind == "sign" else kind, start + 1)
        elif found["phrase"] is not None:
            yield _Piece("term", start + 1, _term(found["phrase"], bool(found["ends"]), start + 1))
        else:
            yield _word(found["word"], start + 1)


def _word(word: str, at: int) -> _Piece:
    if word in ("OR", "AND", "NOT"):
        return _Piece(word, at)
    if near := _NEAR.fullmatch(word):
        return _Piece("NEAR", at, distance=int(near[1] or _NEAR_WORDS))
    return _Piece("term", at, _term(word.removesuffix("*"), word.endswith("*"), at))


def _term(text: str, begins: bool, at: int) -> Term:
    if not _LETTERS.search(text):
        raise SearchError("there is no letter or digit to look for.", at)
    return Term(text.replace("\0", " "), begins)


class _Parser:
    """Recursive descent: either (OR) of all (AND, NOT) of near (NEAR) of one (term, brackets)."""

    def __init__(self, pieces: list[_Piece], end: int) -> None:
        self._pieces = pieces
        self._end = end
        self._at = 0
        self.found: list[Term] = []
        self.unwanted: list[Term] = []
        self.plain: bool = True  # only words and phrases, all wanted or not, or one list of OR
        self.ors = 0

    @property
    def next(self) -> _Piece | None:
        return self._pieces[self._at] if self._at < len(self._pieces) else None

    def either(self, depth: int, *, unwanted: bool = False) -> str:
        if depth > MAX_DEPTH:
            raise SearchError(f"brackets go at most {MAX_DEPTH} deep.", self.next.at if self.next else self._end)
        parts = [self._all(depth, unwanted=unwanted)]
        while self.next is not None and self.next.kind == "OR":
            self._at += 1
            self.ors += 1
            parts.append(self._all(depth, unwanted=unwanted))
        return f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0]

    def _all(self, depth: int, *, unwanted: bool) -> str:
        wanted: list[str] = []
        without: list[str] = []
        began = self.next.at if self.next else self._end
        while self.next is not None and self.next.kind not in ("OR", ")"):
            piece = self.next
            if piece.kind == "AND":
                if not wanted and not without:
                    raise SearchError("AND stands between two words.", piece.at)
                self._at += 1
            elif piece.kind in ("NOT", "minus"):
                self._at += 1
                without.append(self._near(depth, unwanted=not unwanted))
            else:
                wanted.append(self._near(depth, unwanted=unwanted))
        if not wanted:
            what = "a search needs a word that it looks for." if without else "a word is missing here."
            raise SearchError(what, began)
        both = " AND ".join(wanted)
        for part in without:
            both = f"({both}) NOT {part}"
        return f"({both})" if len(wanted) + len(without) > 1 else both

    def _near(self, depth: int, *, unwanted: bool) -> str:
        first = self._one(depth, unwanted=unwanted)
        near = self.next
        if near is None or near.kind != "NEAR":
            return first
        parts = [first]
        self.plain = False
        while (piece := self.next) is not None and piece.kind == "NEAR":
            self._at += 1
            parts.append(self._one(depth, unwanted=unwanted))
        if any(part.startswith(("(", "title")) for part in parts):
            raise SearchError("NEAR stands between two words or phrases.", near.at)
        return f"NEAR({' '.join(parts)}, {near.distance})"

    def _one(self, depth: int, *, unwanted: bool) -> str:
        piece = self.next
        if piece is None or piece.kind in (")", "OR", "AND", "NOT", "NEAR", "minus"):
            raise SearchError("a word is missing here.", piece.at if piece else self._end)
        self._at += 1
        if piece.kind == "title":
            self.plain = False
            return f"title : {self._one(depth, unwanted=unwanted)}"
        if piece.kind == "(":
            inner = self.either(depth + 1, unwanted=unwanted)
            if self.next is None or self.next.kind != ")":
                raise SearchError("this bracket has no second one.", piece.at)
            self._at += 1
            return inner if inner.startswith("(") else f"({inner})"
        term = piece.term or Term("")
        (self.unwanted if unwanted else self.found).append(term)
        self.plain = self.plain and not term.begins
        return _written(term)


def _written(term: Term) -> str:
    """One term in quotes. In a script without spaces a single character is the beginning of a pair."""
    words = tokens.indexed(term.text).split()
    if tokens.is_unspaced(term.text[-1]) and len(words) > 1:
        words.pop()  # the last character alone: the pair before holds it
    text = " ".join(words).replace('"', " ")
    lone = len(term.text.strip()) == 1 and tokens.is_unspaced(term.text.strip())
    return f'"{text}"*' if term.begins or lone else f'"{text}"'


def _sorted(parser: _Parser) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], bool]:
    """(every, any, none, simple): what a watch can ask for."""
    wanted = tuple(term.text for term in parser.found)
    unwanted = tuple(term.text for term in parser.unwanted)
    if parser.plain and parser.ors == 0:
        return wanted, (), unwanted, True
    if parser.plain and parser.ors == len(wanted) - 1 and not unwanted:
        return (), wanted, (), True
    return (), (), (), False
