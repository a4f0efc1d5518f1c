"""Phrases of every language but English: forms from a list, and what may be written onto a word."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

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
        self._prefixes = {text: self._fold(text) for text in (*grammar.first_prefixes, *grammar.next_prefixes)}

    def needles(self, phrase: str) -> tuple[Needle, ...]:
        """Every string that ``phrase`` stands for."""
        return self._needles(phrase, self._grammar.first_prefixes)

    nouns = needles

    def check(self, phrase: str) -> None:
        """See :class:`services.tagger.core.phrases.Wording`: what stands before words is counted and not made."""
        exact, forms = self._forms_of(phrase)
        count = len(forms)
        for form in forms:
            plain = form.removesuffix("*")
            if not plain.replace(" ", "").isalpha():  # letters alone are in order: most forms, and folding takes long
                self._folded(plain)
            if not exact and self._grammar.first_prefixes:
                count += math.prod(map(len, self._options(form, self._grammar.first_prefixes))) - 1
        _refuse_many(count)

    def verbs(self, phrase: str) -> tuple[tuple[Needle, str], ...]:
        """The strings of an active verb; only "and" is written onto it. Its form says what ends it: "setzt … fest"."""
        prefixes = tuple(prefix for prefix in self._grammar.first_prefixes if prefix in self._grammar.conjunction)
        verb, apart, particle = phrase.partition(APART)
        form = f"active{apart}{self._fold(particle)}"
        return tuple((needle, form) for needle in self._needles(verb, prefixes))

    def _needles(self, phrase: str, prefixes: Sequence[str]) -> tuple[Needle, ...]:
        exact, forms = self._forms_of(phrase)
        found = [needle for form in forms for needle in self._written(form, () if exact else prefixes, exact=exact)]
        _refuse_many(len(found))
        return tuple({(n.folded, n.exact): n for n in found}.values())

    def _forms_of(self, phrase: str) -> tuple[bool, list[str]]:
        """Whether the phrase is exact, and its forms with nothing before them."""
        exact = phrase.startswith("=")
        body = (phrase[1:] if exact else phrase).strip()
        if not body:
            raise ValueError("it holds no words")
        return exact, [form for chosen in choices(body) for form in self._inflected(chosen.strip())]

    def _written(self, text: str, prefixes: Sequence[str], *, exact: bool) -> Iterator[Needle]:
        plain = self._needle(text, exact=exact)
        yield plain
        if prefixes:
            yield from self._prefixed(text, plain, prefixes)

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

    def _prefixed(self, text: str, plain: Needle, prefixes: Sequence[str]) -> Iterator[Needle]:
        """With what may be written onto its words. Each is folded once: they are some hundred thousand in Arabic."""
        options = self._options(text, prefixes)
        end = " " if plain.right == "border" else ""
        for words in islice(product(*options), 1, None):
            longer = len(words[0]) - len(options[0][0])
            capitals = tuple(offset + longer for offset in plain.capitals)
            yield Needle(f" {' '.join(words).rstrip()}{end}", capitals, None, plain.left, plain.right)

    def _options(self, text: str, prefixes: Sequence[str]) -> list[tuple[str, ...]]:
        """Each word of a text as it is, folded, and with what may be written onto it."""
        first, *others = text.split()
        options = [self._before(first, prefixes), *(self._before(word, self._grammar.next_prefixes) for word in others)]
        if math.prod(map(len, options)) > _MOST_FORMS:
            raise ValueError("it has too many words that something may be written onto; use a shorter phrase")
        return options

    def _before(self, word: str, prefixes: Sequence[str]) -> tuple[str, ...]:
        """A folded word and what it is with something written onto it: no second article onto one that has its own."""
        has_one = word.startswith(self._grammar.next_prefixes)
        folded = self._fold(word.removesuffix("*"))
        return (folded, *(self._prefixes[p] + folded for p in prefixes if not (has_one and self._is_article(p))))

    def _fold(self, text: str) -> str:
        return self._alphabet.fold(text).data.strip()

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
        folded = self._fold(text)
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
