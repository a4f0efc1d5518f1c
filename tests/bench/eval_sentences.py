"""How well who does what to whom, where and how far is read: ``make eval-events``.

    make eval-events                         sentences of our own, then the events coded by hand beside the repository
    ... ARGS="--errors dev"                  what is wrong in one half

``data/events.tsv`` holds 235 sentences of both topics, written and coded before any was tagged. A hash halves it: "dev"
was read while the grammar was written, of "kept" only the figures.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.contracts.messages import Event, EvidenceField
from services.tagger import library
from services.tagger.core.events import event_of
from services.tagger.core.languages import Languages
from services.tagger.core.reading import read
from services.tagger.core.scoring import judge
from tests.bench import eval_events

SENTENCES = Path(__file__).parent / "data" / "events.tsv"
MUTUAL = ("sign", "restore", "deepen", "meet", "exercise")  # who is agent and who object is not coded apart
FIELDS = ("act", "agent", "object", "place", "mode")


def _sentences(console: Console, languages: Languages, errors: str = "") -> None:
    """The first event of each sentence against the one coded; the other fields where the act is right."""
    right: Counter[tuple[str, str, str]] = Counter()
    with SENTENCES.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            half = "kept" if int(hashlib.sha256(row["text"].encode()).hexdigest()[:8], 16) % 2 else "dev"
            found = first_event(row["text"], row["topic"], languages)
            same = set(_same(row, found))
            right[half, row["topic"], "coded"] += 1
            for name in same if "act" in same else ():
                right[half, row["topic"], name] += 1
            right[half, row["topic"], "all"] += len(same) == len(FIELDS)
            if half == errors and len(same) < len(FIELDS):
                coded = " ".join(f"{row[name]}" for name in FIELDS)
                console.print(f"{row['text']}\n    {coded} <> {_shown(found)}", soft_wrap=True, markup=False)
    table = Table(title="Sentences coded before they were tagged: the first event")
    for heading in ("half", "topic", "coded", *FIELDS, "all right"):
        table.add_column(heading)
    for half, topic in sorted({(half, topic) for half, topic, _ in right}):
        counts = {name: right[half, topic, name] for name in ("coded", *FIELDS, "all")}
        of = {"act": counts["coded"], "all": counts["coded"]}
        shown = (f"{counts[name]} of {of.get(name, counts['act'])}" for name in (*FIELDS, "all"))
        table.add_row(half, topic, str(counts["coded"]), *shown)
    console.print(table)


def first_event(text: str, topic: str, languages: Languages) -> Event | None:
    """The first event read in one sentence, whether its article would get the topic or not."""
    part: EvidenceField = "text" if text.endswith(".") else "title"
    compiled = languages["en"]
    reading = read(text if part == "title" else "", "", text if part == "text" else "", compiled)
    pack = next(pack for pack in compiled.packs if pack.pack.topic == topic)
    proofs = judge(reading, pack, compiled).proofs if reading is not None else ()
    if reading is None or not proofs:
        return None
    best = proofs[0]
    return event_of(best.reading.events[0], best.reading, best.sentence, text, reading, compiled)


def _same(row: dict[str, str], found: Event | None) -> Iterable[str]:
    """The fields that agree. ``|`` and ``,`` part what is right, too; ``-`` is nothing, ``?`` may be left out."""
    if found is None or row["act"] == "-":
        unlive = "-" if found is not None else row["act"] if row["mode"] == "background" else "-"
        if row["act"] == unlive and (found is None or found.mode == "background"):
            yield from FIELDS
        return
    acts, modes = row["act"].split("|"), row["mode"].split("|")
    agents, objects = {actor.id for actor in found.agents}, {actor.id for actor in found.objects}
    both = row["act"] in MUTUAL
    wanted = f"{row['agent']},{row['object'].lstrip('-')}".strip(",")
    if found.act in acts:
        yield "act"
    if _agree(wanted if both else row["agent"], agents | objects if both else agents):
        yield "agent"
    if both or _agree(row["object"], objects):
        yield "object"
    if row["place"] == (found.place.name if found.place else "-") or row["place"] == "-":
        yield "place"
    if found.mode in modes:
        yield "mode"


def _agree(coded: str, named: set[str]) -> bool:
    names = coded.lstrip("?").split(",")
    return (not named and (coded.startswith("?") or "-" in names)) or (bool(named) and named <= set(names))


def _shown(found: Event | None) -> str:
    if found is None:
        return "nothing"
    agents, objects = (",".join(actor.id for actor in actors) for actors in (found.agents, found.objects))
    place = found.place.name if found.place else "-"
    return f"{found.act} {agents or '-'} {objects or '-'} {place} {found.mode} ({found.rule})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables on events."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", choices=["dev", "kept"], default="", help="show what is wrong in one half")
    chosen = parser.parse_args(arguments)
    console, languages = Console(), library.load(library.default_folder()).compiled
    _sentences(console, languages, chosen.errors)
    if (eval_events.EVAL / "events").exists():
        eval_events.coded(console, languages)
    return 0


if __name__ == "__main__":
    sys.exit(main())
