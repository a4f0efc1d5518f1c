"""An outside test of the classes of acts: gold sentences of PLOVER, coded by political scientists.

    make eval-plover ARGS=PLV_test.tsv         one of ``datasets/`` of https://github.com/snowood1/Zero-Shot-PLOVER
    ... ARGS="PLV_test.tsv --errors ASSAULT"   sentences that were read as that class and are not, and some missed

Hu et al., "Leveraging Codebook Knowledge with NLI and ChatGPT for Zero-Shot Political Relation Classification", 2024.
The texts are not ours and stay where they are. A sentence has the classes of all its pairs of source and target; read
are those of every act that any pack finds in it, whether or not an article of it would get a topic. What is threatened
is THREATEN, whatever the act, as in PLOVER. The file holds the published model's answers beside the gold ones
(``root_L2``); they are scored here in the same way. Packs know the acts of two topics, most of PLOVER is none of them:
recall says how much of a class they cover, precision whether a class that is told is right.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.tagger import library
from services.tagger.core.compiled import Compiled
from services.tagger.core.reading import read
from services.tagger.core.scoring import judge

CLASSES = ("AGREE", "SUPPORT", "COOPERATE", "THREATEN", "ASSAULT", "MOBILIZE")
MISSED_SHOWN = 20
Classes = Mapping[str, frozenset[str]]  # of PLOVER, by sentence


def told(text: str, compiled: Compiled) -> Iterator[str]:
    """The PLOVER class of every act that is read in a sentence."""
    reading = read("", "", text, compiled)
    if reading is None:
        return
    for pack in compiled.packs:
        for proof in judge(reading, pack, compiled).proofs:
            for event in proof.reading.events:
                if plover := event.frame.act.source.plover:
                    yield "THREATEN" if event.mode == "threatened" else plover


def _column(rows: Sequence[Mapping[str, str]], name: str) -> Classes:
    classes: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        classes[row["sentence"]].add(row[name])
    return {sentence: frozenset(found) for sentence, found in classes.items()}


def _scores(gold: Classes, found: Classes) -> dict[str, Counter[str]]:
    counts = {name: Counter[str]() for name in CLASSES}
    for sentence, right in gold.items():
        for name in CLASSES:
            counts[name]["right"] += name in right & found[sentence]
            counts[name]["wrong"] += name in found[sentence] - right
            counts[name]["missed"] += name in right - found[sentence]
    return counts


def _shown(counts: Counter[str]) -> tuple[str, str, str]:
    right, wrong, missed = (counts[name] for name in ("right", "wrong", "missed"))
    precision, recall = (f"{right / of:.2f}" if (of := right + other) else "-" for other in (wrong, missed))
    return f"{right}, {wrong}, {missed}", precision, recall


def main(arguments: Sequence[str] | None = None) -> int:
    """Print right, wrong and missed of each class, ours beside the published ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="a PLV_*.tsv of that repository")
    parser.add_argument("--errors", choices=CLASSES, help="show the errors of a class")
    chosen = parser.parse_args(arguments)
    with chosen.file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    compiled = library.load(library.default_folder()).compiled["en"]
    gold, published = _column(rows, "gold_root"), _column(rows, "root_L2")
    ours = {sentence: frozenset(told(sentence, compiled)) for sentence in gold}
    console = Console()
    table = Table(title=f"{chosen.file.name}: {len(gold)} sentences")
    for heading in ("class", "right, wrong, missed", "precision", "recall", "published", "precision", "recall"):
        table.add_column(heading)
    mine, theirs = _scores(gold, ours), _scores(gold, published)
    for name in CLASSES:
        table.add_row(name, *_shown(mine[name]), *_shown(theirs[name]))
    console.print(table)
    if name := chosen.errors:
        wrong = [sentence for sentence in gold if name in ours[sentence] - gold[sentence]]
        missed = [sentence for sentence in gold if name in gold[sentence] - ours[sentence]]
        for heading, sentences in (("wrong", wrong), ("missed", missed[:MISSED_SHOWN])):
            for sentence in sentences:
                said = ", ".join(sorted(gold[sentence]))
                console.print(f"{heading} ({said}): {sentence}", soft_wrap=True, markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
