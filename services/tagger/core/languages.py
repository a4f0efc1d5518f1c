"""The languages that are read, and which of them an article is in."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from services.tagger.core.alphabets import Alphabet
from services.tagger.core.compiled import Compiled, Writing
from services.tagger.core.fold import fold
from services.tagger.core.grammar import ENGLISH, Grammar
from services.tagger.core.phrases import EnglishWording, Wording
from services.tagger.core.wording import Forms, ListedWording
from services.text.words import HANGUL, UNSPACED

_UNKNOWN = ("", "xx", "un")  # what detectors say of a text they cannot tell
_GUESSED_FROM = 600  # characters
_SHARE = 0.3  # of the letters in a script other than Latin, from which on it is the text's
_WORD = r"['\u2019](?:s|t|ll|d|re|ve|m)?(?![^\W_])|\d+(?:[.,]\d+)+|[^\W_]+|[^\w\s]"
_HAN = f"[{UNSPACED}]"

# What tells languages of one script apart: letters that only the first has.
_SCRIPTS = (
    ("[\u3040-\u30ff]", None, "ja", "ja"),
    (f"[{HANGUL}]", None, "ko", "ko"),
    ("[\u3400-\u9fff]", None, "zh", "zh"),
    ("[\u0600-\u06ff]", "[\u067e\u0686\u0698\u06af]", "fa", "ar"),
    ("[\u0400-\u04ff]", "[\u0456\u0457\u0454\u0491]", "uk", "ru"),
)


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its words of grammar, how it is written, and how phrases in it are read."""

    grammar: Grammar
    writing: Writing
    wording: Wording


def language(grammar: Grammar, forms: Forms) -> Language:
    """The language of a grammar. ``forms`` are the inflected forms of its marked phrases."""
    if grammar.language == ENGLISH:
        return Language(grammar, Writing(fold, re.compile(_WORD), None, _again(grammar)), EnglishWording())
    alphabet = Alphabet(grammar)
    dateline = re.compile(grammar.dateline) if grammar.dateline else None
    writing = Writing(alphabet.fold, _token(grammar), dateline, _again(grammar))
    return Language(grammar, writing, ListedWording(grammar, alphabet, forms))


def _again(grammar: Grammar) -> tuple[tuple[str, re.Pattern[str]], ...]:
    border = "" if grammar.unspaced else " "
    return tuple(
        (kind, re.compile(f"{border}({'|'.join(map(re.escape, words))}){border}"))
        for kind, words in (("bloc", grammar.bloc_again), ("state", grammar.states_again))
        if words
    )


def _token(grammar: Grammar) -> re.Pattern[str]:
    """Words; without spaces the words of the grammar, and of the rest two characters at a time."""
    if not grammar.unspaced:
        return re.compile(_WORD)
    known = "|".join(re.escape(word) for word in sorted(_words_of(grammar), key=lambda word: (-len(word), word)))
    return re.compile(f"{known}|{_HAN}(?:(?!{known}){_HAN})?|[^\\W_{UNSPACED}]+|[^\\w\\s]")


def _words_of(grammar: Grammar) -> set[str]:
    lists = (getattr(grammar, name) for name in grammar.__struct_fields__)
    found = {word for words in lists if isinstance(words, frozenset) for word in words}
    found |= {*grammar.mode_words, *grammar.mode_heads, *(prefix for prefix, _ in grammar.mode_prefixes)}
    return {word for word in found if re.match(_HAN, word)} or {"\0"}


class Languages:
    """What packs say in every language. A language is compiled when its first article comes."""

    def __init__(self, compilers: Mapping[str, Callable[[], Compiled]], ids: Mapping[str, str]) -> None:
        self._ids = ids
        self._compilers = compilers
        self._compiled: dict[str, Compiled] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._compilers)

    def __getitem__(self, code: str) -> Compiled:
        found = self._compiled.get(code)
        if found is None:
            found = self._compiled[code] = self._compilers[code]()
        return found

    def ids(self) -> dict[str, str]:
        """The id of every pack by its topic."""
        return dict(self._ids)

    def of(self, code: str | None, *texts: str) -> str | None:
        """The language to read an article in, by its own word (``en``, ``pt-BR``) or else by its script.

        None where no pack has words of it.
        """
        known = (code or "")[:2].lower()
        if known in _UNKNOWN:
            known = guess(" ".join(texts)[:_GUESSED_FROM])
        return known if known in self._compilers else None


def guess(text: str) -> str:
    """The language that the script of ``text`` speaks for; what is in Latin letters is taken for English."""
    if text.isascii():
        return ENGLISH
    letters = sum(character.isalpha() for character in text)
    for script, telling, special, common in _SCRIPTS:
        if len(re.findall(script, text)) > _SHARE * letters:
            return special if telling and re.search(telling, text.lower()) else common
    return ENGLISH
