"""How well edited copies are found in each language, on documents that were translated into all of them.

    python -m tests.bench.dedupe_languages [tuning|kept]

The same documents in every language, with the edits of :mod:`tests.bench.dedupe_edits`, each drawn :data:`DRAWS`
times. In scripts without spaces two characters are a word (three of Japanese); boilerplate is as much of a text as it
is in English, and from news that is not in the index. The vocabulary has learnt the documents several times, as it has
nothing to say of a language before 500 articles. ``letters`` writes what may be written in two ways in the other way.
``wrong merges`` counts other documents that were taken for copies, and ``quoting`` is an article of its own that
carries a third of another in three passages: none of these should be a duplicate. The documents are in two halves:
rules are chosen on ``tuning``. The texts lie beside the repository.
"""

from __future__ import annotations

import itertools
import random
import re
import sys
import unicodedata
import zlib
from collections import Counter

from rich.console import Console
from rich.table import Table

from services.cli.dedupe import Judge
from services.deduper.core.terms import count_words
from services.deduper.core.text import is_unspaced, tokens
from services.deduper.core.verdict import Copy
from services.poller.core.imports import InputArticle
from tests.bench.dedupe_edits import EDITS, Wrapper, boilerplate, combo
from tests.bench.eval_dedupe import DATA, load

LANGUAGES = "en ru uk zh ar fa ko tr fr de es ja".split()
HALVES = ("tuning", "kept")
LEAST_WORDS = 60
TIMES_LEARNT = 5
DRAWS = 2
PASSAGES = 3
UNCUT_CHARACTERS = 1400
_OTHER_LETTERS = {
    "ar": str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه"}),
    "fa": str.maketrans({"ی": "ي", "ک": "ك", "\u200c": " "}),
    "ru": str.maketrans({"ё": "е", "Ё": "Е"}),
    "uk": str.maketrans({"'": "’", "ʼ": "’"}),
    "tr": str.maketrans({"â": "a", "î": "i", "û": "u"}),
    "de": str.maketrans({"ß": "ss"}),
}


def letters(text: str, language: str) -> str:
    """The text as another outlet may write it: decomposed, and with the other of two ways to write a letter."""
    return unicodedata.normalize("NFD", text.translate(_OTHER_LETTERS.get(language, {})))


def documents(language: str, halves: tuple[str, ...]) -> dict[str, str]:
    """Texts by cluster, of those in the halves that are long enough to be sketched in English."""
    rows = load("languages/ntrex_clusters.jsonl")
    long = {row["cluster"] for row in rows if row["language"] == "en" and len(row["text"].split()) >= LEAST_WORDS}
    chosen = {name for name in long if HALVES[zlib.crc32(name.encode()) % 2] in halves}
    return {
        row["cluster"]: f"{row['title']} {row['text']}".replace("\r", " ")
        for row in rows
        if row["language"] == language and row["cluster"] in chosen
    }


def other_news(language: str, half: str) -> list[str]:
    """Texts to take boilerplate and other words from: the other half, and news."""
    news = [row["text"] for row in load("languages/labelled_dev.jsonl") if row["language"] == language]
    return [*news, *documents(language, tuple({*HALVES} - {half})).values()]


class Language:
    """The documents of a language, and what becomes of edited ones."""

    def __init__(self, name: str, half: str) -> None:
        self.name = name
        found = documents(name, (half,))
        self._unspaced = is_unspaced(tokens(" ".join(list(found.values())[:3])))
        self._texts = {document: self._spread(text) for document, text in found.items()}
        words = " ".join(self._spread(text) for text in other_news(name, half)).split()
        each = len(words) // len(self._texts)  # words for each document: no two have the same boilerplate
        self._wrappers = {
            document: Wrapper([" ".join(words[n * each : (n + 1) * each])]) for n, document in enumerate(self._texts)
        }
        part = self._words_of_one()
        wrapped = {f"+{words} words of boilerplate": boilerplate(round(part * words)) for words in (50, 150)}
        self._edits = EDITS | wrapped | {"combo": combo(round(part * 60))}

    def _words_of_one(self) -> float:
        """How many words say as much as one of English. Long texts are cut in the data, and not all at one place."""
        english = {name: text for name, text in documents("en", HALVES).items() if len(text) < UNCUT_CHARACTERS}
        here = documents(self.name, HALVES)
        words = sum(len(self._spread(here[name]).split()) for name in english)
        return words / sum(len(text.split()) for text in english.values())

    def measure(self) -> dict[str, str]:
        """For each edit the share of the documents whose edited text is a duplicate; what should be none, as counts."""
        found: Counter[str] = Counter()
        edits = self._edits | {"letters": lambda text, draw, wrapper: letters(text, self.name)}
        wrong = 0
        for name, edit in edits.items():
            judge = self._judge()
            wrong += sum(self._copied(judge, f"Original {each}", text) is not None for each, text in self._all())
            for each, text in self._texts.items():
                for n in range(DRAWS):
                    draw = random.Random(zlib.crc32(f"{each}{n or ''}".encode()))
                    copied = self._copied(
                        judge, f"Edited {each} {n}", self._joined(edit(text, draw, self._wrappers[each]))
                    )
                    found[name] += copied is not None and each in copied
                    wrong += copied is not None and each not in copied
        total = len(self._texts) * DRAWS
        shares = {name: f"{found[name] / total:.3f}" for name in edits}
        return shares | {"wrong merges": str(wrong), "quoting": str(self._quoting())}

    def _quoting(self) -> int:
        """How many of the articles that carry a third of another are taken for copies of it."""
        judge, copies = self._judge(), 0
        texts = list(self._all())
        for each, text in texts:
            self._copied(judge, f"Original {each}", text)
        for (_, own), (other, text) in itertools.pairwise(texts):
            frame, taken = own.split(), text.split()
            length = min(len(frame), len(taken)) // 3 // PASSAGES  # of each passage
            parts = []
            for n in range(PASSAGES):
                parts += frame[n * 2 * length : (n + 1) * 2 * length]
                parts += taken[n * 2 * length : n * 2 * length + length]
            copied = self._copied(judge, f"Quoting {other}", self._joined(" ".join(parts)))
            copies += copied == f"Original {other}"
        return copies

    def _judge(self) -> Judge:
        judge = Judge()
        vocabulary = judge.vocabulary(self.name)
        for text in TIMES_LEARNT * list(documents(self.name, HALVES).values()):
            vocabulary.learn(count_words("", self._joined(text)))
        return judge

    def _copied(self, judge: Judge, name: str, text: str) -> str | None:
        """Whose copy the text is, if it is one."""
        verdict = judge(InputArticle(id=name, title=name, text=text, language=self.name)).verdict
        return verdict.link.article_id if isinstance(verdict, Copy) else None

    def _all(self) -> list[tuple[str, str]]:
        return [(name, self._joined(text)) for name, text in self._texts.items()]

    def _spread(self, text: str) -> str:
        """A script without spaces as words of two characters, three of Japanese."""
        length = 3 if self.name == "ja" else 2
        return re.sub(rf"(\S{{{length}}})(?=\S)", r"\1 ", text.replace(" ", "")) if self._unspaced else text

    def _joined(self, text: str) -> str:
        return text.replace(" ", "") if self._unspaced else text


def main() -> None:
    """Print a table: an edit a row, a language a column."""
    if not DATA.is_dir():
        sys.exit(f"The texts to evaluate with are not at {DATA}: nothing was evaluated.")
    half = sys.argv[1] if len(sys.argv) > 1 else HALVES[0]
    count = len(documents("en", (half,)))
    found: dict[str, dict[str, str]] = {}
    for name in LANGUAGES:
        found[name] = Language(name, half).measure()
    table = Table("edit", *LANGUAGES, title=f"Duplicates found, {half}: {count} documents, {DRAWS} draws")
    for edit in found["en"]:
        table.add_row(edit, *(found[name][edit] for name in LANGUAGES))
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
