"""How well edited copies are found in each language, on documents that were translated into all of them.

    python -m tests.bench.dedupe_languages

The same 123 documents in every language, with the edits of :mod:`tests.bench.dedupe_edits`. In scripts without spaces
two characters are a word; boilerplate is as much of a text as it is in English. The vocabulary has learnt the documents
several times, as it has nothing to say of a language before 500 articles. ``letters`` writes what may be written in two
ways in the other way. The texts lie beside the repository.
"""

from __future__ import annotations

import random
import re
import sys
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

from services.cli.dedupe import Judge
from services.deduper.core.terms import count_words
from services.deduper.core.text import is_unspaced, tokens
from services.deduper.core.verdict import New, status
from services.poller.core.imports import InputArticle
from tests.bench.dedupe_edits import EDITS, Edit, Wrapper, boilerplate
from tests.bench.eval_dedupe import DATA, load

LANGUAGES = "en ru uk zh ar fa ko tr fr de es".split()
LEAST_WORDS = 60
TIMES_LEARNT = 5
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


def documents(language: str) -> dict[str, str]:
    """Texts by cluster, of those that are long enough to be sketched in English."""
    rows = [row for row in load("languages/ntrex_clusters.jsonl") if row["language"] == language]
    return {row["cluster"]: f"{row['title']} {row['text']}".replace("\r", " ") for row in rows}


def measure(texts: Mapping[str, str], language: str, english_words: int) -> dict[str, float]:
    """For each edit the share of the documents whose edited text is a duplicate."""
    unspaced = is_unspaced(tokens(" ".join(list(texts.values())[:3])))

    def spread(text: str) -> str:
        return re.sub(r"(\S\S)(?=\S)", r"\1 ", text.replace(" ", "")) if unspaced else text

    def joined(text: str) -> str:
        return text.replace(" ", "") if unspaced else text

    spaced = {name: spread(text) for name, text in texts.items()}
    wrapper = Wrapper(list(spaced.values())[::3])
    part = sum(len(text.split()) for text in spaced.values()) / english_words
    of_edits = EDITS | {f"+{words} words of boilerplate": boilerplate(round(part * words)) for words in (50, 150)}

    def edited(edit: Edit) -> Callable[[str, random.Random], str]:
        return lambda text, draw: joined(edit(text, draw, wrapper))

    edits = {name: edited(edit) for name, edit in of_edits.items()}
    edits["letters"] = lambda text, _: letters(joined(text), language)
    return {name: _share(spaced, joined, edit, language) for name, edit in edits.items()}


def _share(
    texts: Mapping[str, str], joined: Callable[[str], str], edit: Callable[[str, random.Random], str], language: str
) -> float:
    judge, found = Judge(), Counter[str]()
    vocabulary = judge.vocabulary(language)
    for text in TIMES_LEARNT * list(texts.values()):
        vocabulary.learn(count_words("", joined(text)))
    stories = {}
    for name, text in texts.items():
        given = InputArticle(id=name, title=f"Original {name}", text=joined(text), language=language)
        stories[name] = judge(given).verdict.story_id
    for name, text in texts.items():
        draw = random.Random(zlib.crc32(name.encode()))
        given = InputArticle(id=f"{name} edited", title=f"Edited {name}", text=edit(text, draw), language=language)
        verdict = judge(given).verdict
        right = not isinstance(verdict, New) and verdict.story_id == stories[name]
        found[status(verdict) if right else "missed"] += 1
    return found["duplicate"] / len(texts)


def main() -> None:
    """Print a table: an edit a row, a language a column."""
    if not DATA.is_dir():
        sys.exit(f"The texts to evaluate with are not at {DATA}: nothing was evaluated.")
    long = {name for name, text in documents("en").items() if len(text.split()) >= LEAST_WORDS}
    english_words = sum(len(text.split()) for name, text in documents("en").items() if name in long)
    found: defaultdict[str, list[float]] = defaultdict(list)
    for language in LANGUAGES:
        texts = {name: text for name, text in documents(language).items() if name in long}
        for name, share in measure(texts, language, english_words).items():
            found[name].append(share)
    table = Table("edit", *LANGUAGES, title=f"Duplicates found, of {len(long)} documents")
    for name, shares in found.items():
        table.add_row(name, *(f"{share:.3f}" for share in shares))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
