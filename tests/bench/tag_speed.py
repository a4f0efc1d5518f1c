"""How fast articles are tagged, on one core, beside the ways one would take first. Prints JSON.

    python -m tests.bench.tag_speed [--seconds S]

The articles are the full texts of the random news beside the repository; without them, texts made here. "re" is one
alternation of all the phrases, "spacy" a PhraseMatcher on a blank English pipeline (where spaCy is installed): both
only find phrases, so what they are compared with does more in its time.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from services.tagger import library
from services.tagger.core import phrases
from services.tagger.core.languages import Languages
from services.tagger.core.model import Pack
from services.tagger.core.tag import Fields, tag
from services.tagger.library import Library

NEWS = Path(__file__).resolve().parents[3] / "shared" / "eval" / "topics" / "random_news.jsonl"
FULL_TEXT_CHARACTERS = 2500
MADE = 400
MORE = {
    "format": 2,
    "topic": "more",
    "version": "1",
    "title": "More words",
    "threshold": 0.5,
    "acts": {"meet": {"verb": "meets", "verbs": ["meet"], "needs": [{"object": "more", "parties": 4}]}},
    "examples": {"should_match": ["x"], "should_not_match": ["y"]},
}


def articles() -> tuple[list[Fields], str]:
    """Full-text articles, and where they are from."""
    if NEWS.is_file():
        rows = [json.loads(line) for line in NEWS.read_text(encoding="utf-8").splitlines()]
        full = [row for row in rows if len(row["text"]) >= FULL_TEXT_CHARACTERS]
        return [Fields(row["title"], "", row["text"], "en") for row in full], "random news"
    plain = "The council met on Tuesday to talk about the budget, and a vote is expected next week, officials said. "
    told = "Russia and North Korea signed a defence pact on Wednesday, and two warships sailed for Havana. "
    return [Fields("A day in the news", "", plain * 25 + told * (n % 3), "en") for n in range(MADE)], "made here"


def rate(work: Callable[[Fields], object], texts: Sequence[Fields], seconds: float) -> float:
    """Articles a second of processor time: whole rounds over ``texts`` for ``seconds``, the best round."""
    best = 0.0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or best == 0.0:
        began = time.process_time()
        for article in texts:
            work(article)
        best = max(best, len(texts) / (time.process_time() - began))
    return best


def many_patterns(loaded: Library, wanted: int) -> Languages:
    """The shipped packs and one more with many words, so that there are ``wanted`` patterns in all."""
    have = loaded.compiled["en"].details.patterns
    words = sorted({word for phrase in _all_phrases(loaded.packs) for word in phrase.split() if word.isalpha()})
    more = [f"{a} {b}" for a in words for b in words[:200]][: max(1, wanted - have)]
    pack = MORE | {"things": {"more": more}}
    with tempfile.TemporaryDirectory() as folder:
        for path in library.default_folder().glob("*.yaml"):
            shutil.copy(path, folder)
        (Path(folder) / "more.yaml").write_text(json.dumps(pack), encoding="utf-8")
        return library.load(Path(folder)).compiled


def _all_phrases(packs: Sequence[Pack]) -> list[str]:
    found = []
    for pack in packs:
        for lines in pack.things.values():
            for line in lines:
                found += [needle.folded.strip() for needle in phrases.needles(line.text)]
    return sorted(set(found))


def regular_expression(packs: Sequence[Pack]) -> Callable[[Fields], object]:
    """One alternation of every phrase of the packs, case folded, whole words."""
    texts = sorted(_all_phrases(packs), key=len, reverse=True)
    pattern = re.compile(r"\b(?:" + "|".join(re.escape(text) for text in texts) + r")\b", re.IGNORECASE)
    return lambda article: [match.span() for match in pattern.finditer(article.text)]


def spacy_matcher(packs: Sequence[Pack]) -> Callable[[Fields], object] | None:
    """A PhraseMatcher over the same phrases, or None where spaCy is not installed."""
    if importlib.util.find_spec("spacy") is None:
        return None
    spacy: Any = importlib.import_module("spacy")
    matcher_module: Any = importlib.import_module("spacy.matcher")
    pipeline = spacy.blank("en")
    matcher = matcher_module.PhraseMatcher(pipeline.vocab, attr="LOWER")
    matcher.add("phrases", [pipeline.make_doc(text) for text in _all_phrases(packs)])
    return lambda article: matcher(pipeline.make_doc(article.text))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each measurement")
    seconds = parser.parse_args().seconds
    texts, origin = articles()
    began = time.process_time()
    loaded = library.load(library.default_folder())
    load_seconds = time.process_time() - began
    large = many_patterns(loaded, 20_000)
    shipped = rate(lambda article: tag(article, loaded.compiled), texts, seconds)
    result: dict[str, Any] = {
        "python": sys.version.split()[0],
        "yaml": "libyaml" if hasattr(yaml, "CSafeLoader") else "pure Python",
        "articles": len(texts),
        "articles_from": origin,
        "mean_characters": round(sum(len(article.text) for article in texts) / len(texts)),
        "patterns": loaded.compiled["en"].details.patterns,
        "load_and_compile_seconds": round(load_seconds, 3),
        "tagged_articles_per_second": round(shipped),
        "with_patterns": large["en"].details.patterns,
        "tagged_articles_per_second_with_many_patterns": round(
            rate(lambda article: tag(article, large), texts, seconds)
        ),
    }
    others = {"re_alternation": regular_expression(loaded.packs), "spacy_phrase_matcher": spacy_matcher(loaded.packs)}
    for name, work in others.items():
        found = rate(work, texts[:40], seconds) if work else None
        result[f"{name}_articles_per_second"] = round(found, 1) if found else None
        result[f"times_faster_than_{name}"] = round(shipped / found, 1) if found else None
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
