"""How well natural news is read: topics weighted up to the stream, a sample of two months, and events coded by hand.

    make eval-topics                 after the labelled sets, these three tables

Labels and texts lie beside the repository (``topics/natural_dev.jsonl``, ``streams/``, ``events/``). Two thirds of the
natural labels, chosen by a hash of the id, were read while the packs were written ("tuned"); of the rest only the
figures were looked at ("unseen"). The labels of the sample are ours, by id, in ``data/stream_topics.tsv``. A draw was
judged before looking at what the tagger said, scored once, and then what was found wrong was mended. The third draw is
of naval headlines alone, whether tagged or not ("net"); some had been quoted before they were labelled.
``data/unseen_topics.tsv`` holds items with both topics, each labelled before it was tagged; items whose text is not
there are left out. Their errors were read since; docs/measurements/topics.md has the figures from before.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from services.contracts.messages import Event, Tag
from services.tagger.core.languages import Languages
from services.tagger.core.tag import Fields, tag

EVAL = Path(__file__).resolve().parents[3] / "shared" / "eval"
SAMPLE = Path(__file__).parent / "data" / "stream_topics.tsv"
FRESH = Path(__file__).parent / "data" / "unseen_topics.tsv"
LEAD_CHARACTERS = 600  # of a text, as far as it was read for its label
TOPICS = ("alliances", "naval_moves")
MONTHS = ("autumn_2025", "spring_2026")
# How many items of the stream each stratum of the labels stands for: as in topics/score_natural.py.
STRATA = {
    "alliances": {
        "headline": {"river-tagged": 475, "H-untagged-strong": 1362, "H-untagged-weak": 5709},
        "with lead": {"lead-tagged": 124, "L-untagged-strong": 516, "L-untagged-weak": 1079},
    },
    "naval_moves": {
        "headline": {"river-tagged": 867, "H-untagged-strong": 2361, "H-untagged-weak": 4281},
        "with lead": {"lead-tagged": 70, "L-untagged-strong": 181, "L-untagged-weak": 392},
    },
}
Rows = Sequence[dict[str, Any]]


def unseen(identifier: str) -> bool:
    """A fixed third of the natural labels: never read, only scored."""
    return int(hashlib.sha256(identifier.encode()).hexdigest()[:8], 16) % 3 == 0


def weighted(rows: Rows, sizes: dict[str, int], languages: Languages) -> tuple[float, float, Counter[tuple[str, bool]]]:
    """Precision and recall, every label counting for the items of its stratum, and the plain counts."""
    counts = Counter(row["drawn_from"] for row in rows)
    told: Counter[tuple[str, bool]] = Counter()
    sums: dict[tuple[str, bool], float] = defaultdict(float)
    for row in rows:
        given = _tag(row["title"], row.get("text") or "", row["topic"], languages) is not None
        told[row["label"], given] += 1
        sums[row["label"], given] += sizes[row["drawn_from"]] / counts[row["drawn_from"]]
    right, wrong, missed = sums["yes", True], sums["no", True], sums["yes", False]
    return right / ((right + wrong) or 1), right / ((right + missed) or 1), told


def report(console: Console, languages: Languages) -> None:
    """Print what can be measured; what is not there is named."""
    for path, show in (
        (EVAL / "topics" / "natural_dev.jsonl", _natural),
        (EVAL / "streams", _sample),
        (EVAL / "dedupe", _fresh),
        (EVAL / "events", coded),
    ):
        if path.exists():
            show(console, languages)
        else:
            console.print(f"{path} is not there: nothing to measure with.", soft_wrap=True)


def _natural(console: Console, languages: Languages) -> None:
    rows = _lines(EVAL / "topics" / "natural_dev.jsonl")
    table = Table(title="Natural news, weighted up to the stream (borderline set aside)")
    for heading in ("part", "topic", "kind", "precision", "recall", "yes", "wrong", "borderline tagged"):
        table.add_column(heading)
    for part, wanted in (("tuned", False), ("unseen", True)):
        for topic, kinds in STRATA.items():
            for kind, sizes in kinds.items():
                chosen = [r for r in rows if r["topic"] == topic and r["drawn_from"] in sizes]
                chosen = [r for r in chosen if unseen(r["id"]) == wanted]
                precision, recall, told = weighted(chosen, sizes, languages)
                table.add_row(*(part, topic, kind, f"{precision:.3f}", f"{recall:.3f}"), *_shares(told))
    console.print(table)
    _by_act(console, rows, languages)


def _shares(told: Counter[tuple[str, bool]]) -> Iterable[str]:
    return (f"{told[label, True]} of {told[label, True] + told[label, False]}" for label in ("yes", "no", "borderline"))


def _by_act(console: Console, rows: Rows, languages: Languages) -> None:
    """Which rules gave the tags, and how many of each were right."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        found = _tag(row["title"], row.get("text") or "", row["topic"], languages)
        if found is not None:
            counts[row["topic"], found.events[0].rule, row["label"]] += 1
    table = Table(title="By the rule of the best event: yes / borderline / wrong")
    for heading in ("topic", "rule", "counts"):
        table.add_column(heading)
    for topic, rule in sorted({(topic, rule) for topic, rule, _ in counts}):
        shown = " / ".join(str(counts[topic, rule, label]) for label in ("yes", "borderline", "no"))
        table.add_row(topic, rule, shown)
    console.print(table)


def _sample(console: Console, languages: Languages) -> None:
    texts = {row["id"]: row for month in MONTHS for row in _zipped(EVAL / "streams" / f"{month}.jsonl.gz")}
    counts: Counter[tuple[str, str, str, bool]] = Counter()
    with SAMPLE.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            item = texts[row["id"]]
            given = _tag(item["title"], item.get("text") or "", row["topic"], languages) is not None
            counts[row["draw"], row["topic"], row["label"], given] += 1
    table = Table(title="Sample of two months, judged before looking at why: tagged / not tagged")
    for heading in ("draw", "topic", "yes", "borderline", "no"):
        table.add_column(heading)
    for part, topic in sorted({(part, topic) for part, topic, _, _ in counts}):
        cells = (
            f"{counts[part, topic, label, True]} / {counts[part, topic, label, False]}"
            for label in ("yes", "borderline", "no")
        )
        table.add_row(part, topic, *cells)
    console.print(table)


def _texts() -> dict[str, dict[str, Any]]:
    """The items by id, as far as they are there; those without an id by a hash of their words."""
    texts = {row["id"]: row for month in MONTHS for row in _zipped(EVAL / "streams" / f"{month}.jsonl.gz")}
    named = ("navy_release_stream", "same_event", "texts", "event_leads")
    for name in (*(f"dedupe/{one}" for one in named), "topics/random_news", "topics/drawn_2026"):
        if (EVAL / f"{name}.jsonl").exists():
            texts.update({row["id"]: row for row in _lines(EVAL / f"{name}.jsonl")})
    for row in _lines(EVAL / "dedupe" / "overlap_pairs.jsonl"):
        texts.update({row[side]["id"]: row[side] for side in ("a", "b") if row[side]["id"] not in texts})
    for row in _lines(EVAL / "dedupe" / "repolled_headlines.jsonl"):  # polled again and again: no ids
        texts[hashlib.sha256(row["title"].encode()).hexdigest()[:16]] = row
    for row in _lines(EVAL / "languages" / "parallel_headlines.jsonl"):
        texts[hashlib.sha256(row["english"].encode()).hexdigest()[:16]] = {"title": row["english"]}
    return texts


def _fresh(console: Console, languages: Languages) -> None:
    """What no rule was written on: headlines of the two months and of defence news, standfirsts and leads."""
    texts = _texts()
    counts: Counter[tuple[str, str, str, bool]] = Counter()
    with FRESH.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            item = texts.get(row["id"])
            if item is None:
                continue
            for topic in TOPICS:
                lead = (item.get("text") or "")[:LEAD_CHARACTERS]
                given = _tag(item["title"], lead, topic, languages) is not None
                for draw in (row["draw"], "all"):
                    counts[draw, topic, row[topic], given] += 1
    table = Table(title="Labelled before any was tagged: tagged / not tagged")
    for heading in ("draw", "topic", "yes", "borderline", "no", "precision", "recall"):
        table.add_column(heading)
    for draw, topic in sorted({(draw, topic) for draw, topic, _, _ in counts}):
        hits, missed, wrong = (
            counts[draw, topic, label, given] for label, given in (("yes", True), ("yes", False), ("no", True))
        )
        cells = (
            f"{counts[draw, topic, label, True]} / {counts[draw, topic, label, False]}"
            for label in ("yes", "borderline", "no")
        )
        shares = (f"{hits / total:.2f}" if (total := hits + other) else "" for other in (wrong, missed))
        table.add_row(draw, topic, *cells, *shares)
    console.print(table)


def coded(console: Console, languages: Languages) -> None:
    """Events of tagged items against those coded by hand: the act, and of events with that act the rest."""
    texts = {row["id"]: row for row in _lines(EVAL / "topics" / "natural_dev.jsonl")}
    table = Table(title="Events coded by hand, in items that got the topic")
    for heading in ("part", "topic", "coded", "act", "agent", "object", "either party", "mode"):
        table.add_column(heading)
    for part, wanted in (("tuned", False), ("unseen", True)):
        for topic in TOPICS:
            counts: Counter[str] = Counter()
            for row in _lines(EVAL / "events" / f"{topic}.jsonl"):
                item = texts[row["id"]]
                found = _tag(item["title"], item.get("text") or "", topic, languages)
                if unseen(row["id"]) == wanted and found is not None:
                    for one in row["events"]:
                        counts.update(_agreement(one, found.events))
            names = ("act", "agent", "object", "party", "mode")
            of = {"act": counts["coded"]}
            shown = (f"{counts[name]} of {of.get(name, counts['act'])}" for name in names)
            table.add_row(part, topic, str(counts["coded"]), *shown)
    console.print(table)


def _agreement(coded: dict[str, Any], read: Sequence[Event]) -> Iterable[str]:
    yield "coded"
    same = next((event for event in read if event.act == coded["act"]), None)
    if same is None:
        return
    yield "act"
    agents, objects = {actor.id for actor in same.agents}, {actor.id for actor in same.objects}
    if agents & set(coded["agent"]) or not (agents or coded["agent"]):
        yield "agent"
    if objects & set(coded["object"]) or not (objects or coded["object"]):
        yield "object"
    if (agents | objects) & {*coded["agent"], *coded["object"]} or not (coded["agent"] or coded["object"]):
        yield "party"
    if same.mode == coded["mode"]:
        yield "mode"


def _tag(title: str, text: str, topic: str, languages: Languages) -> Tag | None:
    tags = tag(Fields(title, "", text, "en"), languages).tags
    return next((found for found in tags if found.topic == topic), None)


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _zipped(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
