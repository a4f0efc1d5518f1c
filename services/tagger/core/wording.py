"""Phrases of every language but English: forms from a list, and what may be written onto a word."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from services.tagger.core.alphabets import Alphabet
from services.tagger.core.grammar import Grammar
from services.tagger.core.phrases import Edge, Needle, capitals_of, choices
from services.text.words import has_word_borders

_MOST_FORMS = 3000
APART = " ... "  # between the two parts of a verb that others stand between
MAKE_FORMS = "run `make language-forms` and commit what it writes"


class MissingFormsError(ValueError):
    """A marked phrase whose forms were not made; of a file only the first is told, the remedy is one for all."""


Forms = Mapping[str, tuple[str, ...]]
"""By a phrase with ``~`` marks, choices taken: everything it stands for."""


def read_forms(text: str) -> dict[str, tuple[str, ...]]:
    """The forms in a file: one phrase a line, ``phrase~ = form, form``; lines with ``#`` are comments."""
    found = {}
    for line in text.splitlines():
        phrase, parted, forms = line.partition(" = ")
        if parted and not line.startswith("#"):
            found[phrase] = tuple(forms.split(", "))
    return found


class ListedWording:
    """See :class:`services.tagger.core.phrases.Wording`. Verbs are told by the list in which they stand."""

    def __init__(self, grammar: Grammar, alphabet: Alphabet, forms: Forms) -> None:
        self._grammar = grammar
        self._alphabet = alphabet
        self._forms = forms

    def needles(self, phrase: str) -> tuple[Needle, ...]:
        """Every string that ``phrase`` stands for."""
        return self._needles(phrase, self._grammar.first_prefixes)

    nouns = needles

    def check(self, phrase: str) -> None:
        """See :class:`services.tagger.core.phrases.Wording`: what stands before words is counted and not made."""
        exact, forms = self._forms_of(phrase)
        count = len(forms)
        for form in forms:
            self._folded(form.removesuffix("*"))
            count += 0 if exact or not self._grammar.first_prefixes else self._count_prefixed(form)
        _refuse_many(count)

    def verbs(self, phrase: str) -> tuple[tuple[Needle, str], ...]:
        """The strings of an active verb, which takes no article; its form says what closes it: "setzt ... fest"."""
        prefixes = tuple(prefix for prefix in self._grammar.first_prefixes if not self._is_article(prefix))
        verb, apart, particle = phrase.partition(APART)
        form = f"active{apart}{self._alphabet.fold(particle).data.strip()}"
        return tuple((needle, form) for needle in self._needles(verb, prefixes))

    def _needles(self, phrase: str, prefixes: Sequence[str]) -> tuple[Needle, ...]:
        exact, forms = self._forms_of(phrase)
        texts = list(forms)
        if prefixes and not exact:
            texts += [text for form in forms for text in self._prefixed(form, prefixes)]
        _refuse_many(len(texts))
        found = [self._needle(text, exact=exact) for text in texts]
        return tuple({(n.folded, n.exact): n for n in found}.values())

    def _forms_of(self, phrase: str) -> tuple[bool, list[str]]:
        """Whether the phrase is exact, and its forms with nothing before them."""
        exact = phrase.startswith("=")
        body = (phrase[1:] if exact else phrase).strip()
        if not body:
            raise ValueError("it holds no words")
        return exact, [form for chosen in choices(body) for form in self._inflected(chosen.strip())]

    def _inflected(self, phrase: str) -> Sequence[str]:
        if "~" not in phrase:
            return (phrase,)
        listed = self._forms.get(phrase)
        if listed is not None:
            return listed
        if not self._grammar.suffixes:
            raise MissingFormsError(f"forms.txt of {self._grammar.language} lacks it: {MAKE_FORMS}")
        words = [self._suffixed(word[:-1]) if word.endswith("~") else (word,) for word in phrase.split()]
        return [" ".join(chosen) for chosen in product(*words)]

    def _suffixed(self, word: str) -> tuple[str, ...]:
        return (word, *(word + suffix for suffix in self._grammar.suffixes))

    def _prefixed(self, text: str, prefixes: Sequence[str]) -> Iterator[str]:
        self._count_prefixed(text)
        words = text.split()
        for chosen in product(*self._options(words, prefixes)):
            yield " ".join(prefix + word for prefix, word in zip(chosen, words, strict=True))

    def _count_prefixed(self, text: str) -> int:
        count = math.prod(map(len, self._options(text.split(), self._grammar.first_prefixes)))
        if count > _MOST_FORMS:
            raise ValueError("it has too many words that something may be written onto; use a shorter phrase")
        return count

    def _options(self, words: Sequence[str], prefixes: Sequence[str]) -> list[tuple[str, ...]]:
        """What may be written onto each word."""
        return [self._before(word, self._grammar.next_prefixes if n else prefixes) for n, word in enumerate(words)]

    def _before(self, word: str, prefixes: Sequence[str]) -> tuple[str, ...]:
        """What may be written onto a word: no second article onto one that has its own."""
        has_one = word.startswith(self._grammar.next_prefixes)
        return ("", *(prefix for prefix in prefixes if not (has_one and self._is_article(prefix))))

    def _is_article(self, prefix: str) -> bool:
        return prefix.endswith(self._grammar.next_prefixes)

    def _needle(self, text: str, *, exact: bool) -> Needle:
        prefix, text = text.endswith("*"), text.removesuffix("*")
        folded = self._folded(text)
        left, right = self._edge(folded[0]), self._edge(folded[-1])
        if prefix and right == "border":
            right = "word_end"
        data = f"{' ' if left == 'border' else ''}{folded}{' ' if right == 'border' else ''}"
        return Needle(data, () if exact else capitals_of(text), text if exact else None, left, right)

    def _folded(self, text: str) -> str:
        if "*" in text or "~" in text or "=" in text:
            raise ValueError("* stands only at the end of the phrase, ~ at the end of a word, = at the beginning")
        folded = self._alphabet.fold(text).data.strip()
        if not folded:
            raise ValueError("it holds no letter or digit")
        return folded

    def _edge(self, character: str) -> Edge:
        if not self._grammar.unspaced:
            return "border"
        return "no_latin" if has_word_borders(character) else "open"


def _refuse_many(count: int) -> None:
    if count > _MOST_FORMS:
        raise ValueError(f"it stands for more than {_MOST_FORMS} strings; use fewer choices")
