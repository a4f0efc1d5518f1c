"""How right the tags are in every language: precision, recall and F1 by topic, on labelled news beside the repository.

    make eval-languages                          all languages, and all together
    make eval-languages ARGS="ru zh --errors"    these, with every wrong and missed item
    ... --file F                                 another file of the same form, say the kept half
    ... --speed                                  articles a second of processor time, too
    ... --lot "fifth lot"                        only sentences whose source names this lot
    ... --blind                                  texts alone, numbered and shuffled, for a reader who sees no label
    ... --readers                                how far the two readers agree (data/languages/readings.jsonl)

A line is ``{id, language, title, text, alliances, naval_moves}``, a label yes, no or borderline (set aside).
Every quote is compared with the text at its place: the last column counts those that differ.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from services.contracts.messages import Tag
from services.tagger import library
from services.tagger.core.languages import Languages
from services.tagger.core.tag import Fields, tag
from tests.bench.eval_topics import TOPICS, Judged, items, score
from tests.bench.readers import kappa

READINGS = Path(__file__).parent / "data" / "languages" / "readings.jsonl"
DATA = Path(__file__).resolve().parents[3] / "shared" / "eval" / "languages" / "labelled_dev.jsonl"


def judge(rows: Sequence[dict[str, Any]], languages: Languages) -> tuple[dict[str, list[Judged]], int]:
    """Every row by topic, and how many quotes are not what stands at their place."""
    judged: dict[str, list[Judged]] = {topic: [] for topic in TOPICS}
    inexact = 0
    for row in rows:
        tags = {found.topic: found for found in tag(_fields(row), languages).tags}
        inexact += sum(inexact_quotes(row, found) for found in tags.values())
        for topic in TOPICS:
            title = row["title"] or row["text"][:90]
            judged[topic].append(Judged(row["id"], row["language"], title, row[topic], tags.get(topic)))
    return judged, inexact


def inexact_quotes(row: dict[str, Any], found: Tag) -> int:
    """How many quotes of a tag differ from the text."""
    quoted = [(e.field, e.start, e.end, e.quote) for e in found.evidence]
    quoted += [(e.field, e.start, e.end, e.quote) for e in found.events]
    return sum(row.get(field, "")[start:end] != quote for field, start, end, quote in quoted)


def _fields(row: dict[str, Any]) -> Fields:
    return Fields(row["title"], "", row["text"], row["language"])


def rate(rows: Sequence[dict[str, Any]], languages: Languages) -> float:
    """Articles a second of processor time, the best of five rounds."""
    fields = [_fields(row) for row in rows]
    times = []
    for _ in range(5):
        began = time.process_time()
        for article in fields:
            tag(article, languages)
        times.append(time.process_time() - began)
    return len(rows) / min(times) if rows else 0.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages", nargs="*")
    parser.add_argument("--file", type=Path, default=DATA)
    parser.add_argument("--packs", type=Path, default=None)
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--lot", default="")
    parser.add_argument("--blind", action="store_true")
    parser.add_argument("--readers", action="store_true")
    arguments = parser.parse_args()
    console = Console(width=170)
    if arguments.readers:
        _agreement(console)
        return
    if not arguments.file.is_file():
        print(f"{arguments.file} is not there: nothing to measure with.")
        return
    languages = library.load(arguments.packs or library.default_folder()).compiled
    rows = [
        row for row in items(arguments.file) if row["language"] in languages and arguments.lot in row.get("source", "")
    ]
    codes = sorted({row["language"] for row in rows} & set(arguments.languages or languages))
    if arguments.blind:
        random.Random(0).shuffle(rows)
        for number, row in enumerate(rows):
            console.print(number, row["title"], row["text"], markup=False)
        return
    _report(console, [row for row in rows if row["language"] in codes], codes, languages, arguments)


def _report(
    console: Console, rows: list[dict[str, Any]], codes: list[str], languages: Languages, arguments: argparse.Namespace
) -> None:
    table = Table(title="Topics by language (borderline set aside)")
    for heading in ("language", "topic", "yes", "P", "R", "F1", "borderline tagged", "articles/s", "inexact quotes"):
        table.add_column(heading)
    for code in [*codes, "all"]:
        chosen = [row for row in rows if code in ("all", row["language"])]
        judged, inexact = judge(chosen, languages)
        speed = f"{rate(chosen, languages):,.0f}" if arguments.speed else ""
        for topic, found in judged.items():
            counts = score(found)
            border = [j.found is not None for j in found if j.label == "borderline"]
            measures = [f"{value:.2f}" for value in (counts.precision, counts.recall, counts.f1)]
            yes = str(counts.hits + counts.missed)
            table.add_row(code, topic, yes, *measures, f"{sum(border)} of {len(border)}", speed, str(inexact))
            if arguments.errors and code != "all":
                _errors(console, topic, found)
    console.print(table)


def _agreement(console: Console) -> None:
    """Cohen's kappa of the two readings, and of yes against all else, by set and language."""
    table = Table(title="Two readers")
    for heading in ("set", "language", "topic", "items", "same", "kappa", "kappa, yes or not"):
        table.add_column(heading)
    rows = items(READINGS)
    for which in ("own", "given"):
        chosen = [row for row in rows if row["set"] == which]
        for code in [*sorted({row["language"] for row in chosen}), "all"]:
            for topic in TOPICS:
                pairs = [row[topic] for row in chosen if code in ("all", row["language"])]
                yes = [(first == "yes", second == "yes") for first, second in pairs]
                same = sum(first == second for first, second in pairs)
                table.add_row(
                    which, code, topic, str(len(pairs)), str(same), f"{kappa(pairs):.2f}", f"{kappa(yes):.2f}"
                )
    console.print(table)


def _errors(console: Console, topic: str, judged: Sequence[Judged]) -> None:
    for item in judged:
        wrong = item.label == "no" and item.found is not None
        if wrong or (item.label == "yes" and item.found is None):
            console.print(
                f"{'WRONG' if wrong else 'MISSED'} {item.source} {topic} {item.id}: {item.title}", markup=False
            )
            for evidence in item.found.evidence if item.found else ():
                console.print(f"    {item.found and item.found.score} [{evidence.rule}] {evidence.quote}", markup=False)


if __name__ == "__main__":
    main()
