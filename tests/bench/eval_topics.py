"""How right the tags are: precision, recall and F1 on labelled news, by topic and by source, with every error.

    make eval-topics                 both parts and the random news, with the errors of the tuned part, then what
                                     tests/bench/eval_events.py measures
    ... --errors held-out            the errors of the held-out part, too (it is no longer held out then)
    ... --labels FILE                other labels, such as those of analysts (wirewatch feedback export)

The labels are ``topics/dev.jsonl`` beside the repository. A third of it, chosen by a hash of the id, is held out: its
errors were not looked at while the packs were written. Items labelled borderline are set aside, counted apart.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from services.contracts.messages import Tag
from services.tagger import library
from services.tagger.core.languages import Languages
from services.tagger.core.tag import Fields, tag
from tests.bench import eval_events

DATA = Path(__file__).resolve().parents[3] / "shared" / "eval" / "topics"
TOPICS = ("alliances", "naval_moves")
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Judged:
    """One item, what the raters said of one topic, and the tag it got, if any."""

    id: str
    source: str
    title: str
    label: str
    found: Tag | None


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one topic on one set. Borderline items are not in them."""

    hits: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.wrong) if self.hits + self.wrong else float("nan")

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else float("nan")

    @property
    def f1(self) -> float:
        total = 2 * self.hits + self.wrong + self.missed
        return 2 * self.hits / total if total else float("nan")


def held_out(identifier: str) -> bool:
    """A fixed third of the items, whatever their order or number."""
    return hashlib.sha256(f"topics-held-out:{identifier}".encode()).digest()[0] % 3 == 0


def items(path: Path) -> list[dict[str, Any]]:
    """The lines of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def judge(rows: Iterable[dict[str, Any]], topic: str, languages: Languages) -> list[Judged]:
    """Every row beside its tag of ``topic``."""
    judged = []
    for row in rows:
        tags = tag(Fields(row["title"], "", row["text"], None), languages).tags
        found = next((t for t in tags if t.topic == topic), None)
        judged.append(
            Judged(
                row["id"],
                row["source"],
                row["title"] or row["text"][:90],
                row["labels"].get(topic, "borderline"),
                found,
            )
        )
    return judged


def score(judged: Sequence[Judged]) -> Score:
    """Counts over the items that are not borderline."""
    counts = Counter((j.label, j.found is not None) for j in judged)
    return Score(hits=counts["yes", True], wrong=counts["no", True], missed=counts["yes", False])


def interval(judged: Sequence[Judged], of: Callable[[Score], float]) -> tuple[float, float]:
    """The middle 95 % of a measure over resampled sets (seeded: the same every time)."""
    clear = [j for j in judged if j.label != "borderline"]
    draw = random.Random(20260823)
    values = []
    for _ in range(RESAMPLES):
        value = of(score(draw.choices(clear, k=len(clear))))
        if value == value:
            values.append(value)
    values.sort()
    return (values[int(0.025 * len(values))], values[int(0.975 * len(values))]) if values else (0.0, 1.0)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, default=None)
    parser.add_argument("--labels", type=Path, default=DATA / "dev.jsonl")  # or what `wirewatch feedback export` wrote
    parser.add_argument("--errors", choices=("tuned", "held-out", "none"), default="tuned")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not arguments.labels.is_file():
        print(f"{arguments.labels} is not there: nothing to measure with.")
        return
    languages = library.load(arguments.packs or library.default_folder()).compiled
    rows = items(arguments.labels)
    parts = {
        "tuned": [row for row in rows if not held_out(row["id"])],
        "held-out": [row for row in rows if held_out(row["id"])],
    }
    results = {(part, topic): judge(parts[part], topic, languages) for part in parts for topic in TOPICS}
    if arguments.json:
        json.dump(_as_json(results), sys.stdout, indent=1)
        return
    console = Console(width=170)
    _tables(console, results)
    for (part, topic), judged in results.items():
        if part == arguments.errors or arguments.errors == "held-out":
            _errors(console, part, topic, judged)
    _random(console, languages)
    eval_events.report(console, languages)


def _as_json(results: dict[tuple[str, str], list[Judged]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for (part, topic), judged in results.items():
        found = score(judged)
        made[f"{part}/{topic}"] = {
            "precision": found.precision,
            "recall": found.recall,
            "f1": found.f1,
            "f1_interval": interval(judged, lambda s: s.f1),
            "borderline_tagged": sum(j.label == "borderline" and j.found is not None for j in judged),
        }
    return made


def _tables(console: Console, results: dict[tuple[str, str], list[Judged]]) -> None:
    table = Table(title="Topics (95 % bootstrap intervals; borderline set aside)")
    for heading in ("part", "topic", "yes", "no", "precision", "recall", "F1", "borderline tagged"):
        table.add_column(heading)
    by_source = Table(title="By source: right / wrong / missed")
    for heading in ("source", *(f"{part} {topic}" for part, topic in results)):
        by_source.add_column(heading)
    for (part, topic), judged in results.items():
        labels = Counter(j.label for j in judged)
        found = score(judged)
        measures = [(found.precision, lambda s: s.precision), (found.recall, lambda s: s.recall)]
        cells = [_cell(value, interval(judged, of)) for value, of in [*measures, (found.f1, lambda s: s.f1)]]
        border = sum(j.label == "borderline" and j.found is not None for j in judged)
        table.add_row(part, topic, str(labels["yes"]), str(labels["no"]), *cells, f"{border} of {labels['borderline']}")
    for source in sorted({j.source for judged in results.values() for j in judged}):
        scores = [score([j for j in judged if j.source == source]) for judged in results.values()]
        by_source.add_row(source, *(f"{s.hits} / {s.wrong} / {s.missed}" for s in scores))
    console.print(table)
    console.print(by_source)


def _cell(value: float, between: tuple[float, float]) -> str:
    return f"{value:.3f} ({between[0]:.2f}-{between[1]:.2f})"


def _errors(console: Console, part: str, topic: str, judged: Sequence[Judged]) -> None:
    for kind, label, tagged in (("WRONG", "no", True), ("MISSED", "yes", False), ("borderline", "borderline", True)):
        for item in judged:
            if item.label == label and (item.found is not None) == tagged:
                console.print(f"{kind} {part} {topic} {item.id} {item.source}: {item.title}", markup=False)
                for evidence in item.found.evidence if item.found else ():
                    console.print(
                        f"    {item.found and item.found.score} [{evidence.rule}] {evidence.quote}", markup=False
                    )


def _random(console: Console, languages: Languages) -> None:
    path = DATA / "random_news.jsonl"
    if not path.is_file():
        return
    rows = items(path)
    counts: Counter[str] = Counter()
    for row in rows:
        for found in tag(Fields(row["title"], "", row["text"], None), languages).tags:
            counts[f"{found.topic} {found.role}"] += 1
    shares = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    console.print(f"{len(rows)} items of random news, tagged rightly or wrongly: {shares}")


if __name__ == "__main__":
    main()
