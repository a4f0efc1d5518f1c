"""How well reports of one event in two languages are joined, and reports of two events that look alike kept apart.

    python -m tests.bench.link_languages [--errors]

The pairs (``data/languages/pairs.jsonl``) name sentences that were written for this test, by one writer, so this shows
what the reading of events gives, not how it does on a day of news. Both are tagged, their events compared as the
alerter compares those of two stories within two hours of each other; a pair with an untagged text is never joined.
Beside it what words alone give: words and numbers that both titles share, whatever their script.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.alerter.core.event_key import keys_of
from services.alerter.core.same_event import same
from services.contracts.messages import TaggedArticle
from services.tagger import library
from services.tagger.core.languages import Languages
from services.tagger.core.tag import Fields, tag
from services.text.normalise import normalise
from tests.bench.eval_topics import items
from tests.support.alerts import a_tagged, shipped_rules
from tests.support.clock import START

DATA = Path(__file__).parent / "data" / "languages"
_WORD = re.compile(r"[^\W_]{3,}|\d+")


def sentences() -> dict[str, dict[str, Any]]:
    """Every labelled sentence by its id."""
    rows = (row for path in DATA.glob("??.jsonl") for row in items(path))
    return {row["id"]: row for row in rows}


def joined(one: TaggedArticle, other: TaggedArticle) -> bool:
    """Whether the alerter holds an event of one for one of the other."""
    titles = shipped_rules().titles
    return any(same(a, b) for a in keys_of(one, titles) for b in keys_of(other, titles))


def tagged(row: dict[str, Any], languages: Languages, *, hours: float = 0) -> TaggedArticle:
    """The sentence as the tagger hands it on, in a story of its own."""
    tags = tag(Fields(row["title"], "", row["text"], row["language"]), languages).tags
    at = START + timedelta(hours=hours)
    outlet = f"{row['id']}.example"
    return a_tagged(
        story=hashlib.sha256(row["id"].encode()).hexdigest()[:24],
        url=f"https://{outlet}/1",
        outlet=outlet,
        family=outlet,
        title=row["title"],
        language=row["language"],
        seen=at,
        published_at=at,
        tags=tags,
    )


def alike(one: str, other: str) -> bool:
    """Whether a quarter of the words of the shorter title stand in both."""
    words = [set(_WORD.findall(normalise(title))) for title in (one, other)]
    return 4 * len(words[0] & words[1]) >= max(1, min(map(len, words)))


def main() -> None:
    """Print precision and recall of both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", action="store_true")
    arguments = parser.parse_args()
    rows, languages = sentences(), library.load(library.default_folder()).compiled
    pairs = items(DATA / "pairs.jsonl")
    found: dict[str, list[tuple[bool, bool]]] = {"events": [], "words alone": []}
    for pair in pairs:
        one, other = rows[pair["a"]], rows[pair["b"]]
        is_joined = joined(tagged(one, languages), tagged(other, languages, hours=2))
        found["events"].append((is_joined, pair["same"]))
        found["words alone"].append((alike(one["title"], other["title"]), pair["same"]))
        if arguments.errors and is_joined != pair["same"]:
            print(f"{'WRONG' if is_joined else 'MISSED'} {pair['event']}: {one['title']} | {other['title']}")
    for name, told in found.items():
        hits = sum(both for both in (said and true for said, true in told))
        said, true = sum(said for said, _ in told), sum(true for _, true in told)
        precision, recall = hits / max(1, said), hits / true
        print(f"{name}: {len(told)} pairs, {true} the same; joined {said}: P {precision:.2f} R {recall:.2f}")


if __name__ == "__main__":
    main()
