"""How well copies and stories are recognised, on the real texts beside the repository: ``make eval-dedupe``.

Prints one table a question. Skips with a sentence where the texts are absent; they are never committed. Everything
is drawn with fixed seeds, so two runs print the same. ``--json`` prints the figures for machines.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from services.cli.dedupe import Judge
from services.contracts.stories import fold, independent_sources
from services.deduper.core.verdict import New, status
from services.poller.core.imports import InputArticle
from tests.bench import eval_sources
from tests.bench.dedupe_edits import EDITS, Wrapper

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "eval"
DATA_HERE = Path(__file__).parent / "data"
LONG_WORDS = 600
KINDS = ("duplicate", "same_story", "new", "elsewhere")
BASE = 500  # texts that are edited; the others are the unseen ones
Row = dict[str, Any]
_WRITTEN_DAY = re.compile(r"[A-Z][a-z]+ \d{1,2}, \d{4}")


def load(name: str) -> list[Row]:
    """The lines of a data file."""
    path = DATA / name
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        return [json.loads(line) for line in lines]


def article(row: Row, **more: Any) -> InputArticle:
    """A row as ``wirewatch dedupe`` would read it."""
    known = {name: row.get(name) or None for name in ("url", "outlet")} | {"published_at": _day(row)}
    return InputArticle(id=row["id"], title=row["title"], text=row.get("text", ""), **(known | more))


def _day(row: Row) -> str | None:
    """When a row says it was published; some write it out ("November 3, 2016")."""
    given = str(row.get("published_at") or "")
    written = _WRITTEN_DAY.match(given)
    return f"{datetime.strptime(f'{written[0]} +0000', '%B %d, %Y %z'):%Y-%m-%d}" if written else given or None


def edits() -> list[Row]:
    """Recall of each edit: the edited text is a duplicate of its original, or at least on its story.

    The edit gets a title of other words in another order, so that the text alone decides, and no date.
    """
    texts, wrapper = (
        load("dedupe/texts.jsonl")[:BASE],
        Wrapper([row["text"] for row in load("topics/random_news.jsonl")]),
    )
    return [_edit(name, texts, wrapper) for name in EDITS]


def _edit(name: str, texts: list[Row], wrapper: Wrapper) -> Row:
    judge = Judge()
    stories = {row["id"]: judge(article(row)).verdict.story_id for row in texts}
    found: Counter[str] = Counter()
    for row in texts:
        draw = random.Random(zlib.crc32(f"{name}{row['id']}".encode()))
        title = "Site: " + " ".join(reversed(row["title"].split()))
        edited = {"id": f"edited-{row['id']}", "title": title, "text": EDITS[name](row["text"], draw, wrapper)}
        verdict = judge(article(edited)).verdict
        if isinstance(verdict, New):
            found["missed"] += 1
        elif verdict.story_id == stories[row["id"]]:
            found[status(verdict)] += 1
        else:
            found["wrong"] += 1
    total = len(texts)
    return {
        "edit": name,
        "duplicate": found["duplicate"] / total,
        "duplicate or same story": (found["duplicate"] + found["same_story"]) / total,
        "wrong": found["wrong"] / total,
    }


def excerpts() -> list[Row]:
    """The beginning of a long text under a title and at an outlet of its own, before the whole or after it."""
    rows = [row["a"] for row in load("dedupe/overlap_pairs.jsonl")]
    rows = [row for row in rows if len(row["text"].split()) >= LONG_WORDS]
    return [_excerpt(rows, words, after=after) for words in (60, 100, 150) for after in (False, True)]


def _excerpt(rows: list[Row], words: int, *, after: bool) -> Row:
    judge = Judge()
    found: Counter[str] = Counter()
    for row in rows:
        beginning = " ".join(row["text"].split()[:words])
        excerpt = article({"id": f"excerpt-{row['id']}", "title": f"Read: {row['title']}", "text": beginning})
        first, second = (article(row), excerpt) if after else (excerpt, article(row))
        story = judge(first).verdict.story_id
        verdict = judge(second).verdict
        found[status(verdict) if isinstance(verdict, New) or verdict.story_id == story else "elsewhere"] += 1
    name = f"first {words} words {'after' if after else 'before'} the whole"
    return {"excerpt": name, "articles": len(rows), **{kind: found[kind] for kind in KINDS}}


def unseen() -> list[Row]:
    """What is joined among articles that nobody drew as copies: each is to be read (``--show``)."""
    rows = load("dedupe/texts.jsonl") + load("topics/random_news.jsonl")
    rows = [row | {"id": row.get("id") or f"row{number}"} for number, row in enumerate(rows)]
    return [_stream("unseen, with the dates they have", rows), _stream("unseen, dates taken away", _undated(rows))]


def _undated(rows: Iterable[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if name != "published_at"} for row in rows]


def streams() -> list[Row]:
    """The two real streams in their order of arrival."""
    navy = load("dedupe/navy_release_stream.jsonl")
    headlines = load("dedupe/repolled_headlines.jsonl")
    polled = [
        {"id": f"h{number}", "title": row["title"], "url": row["link"], "first_seen": row["first_seen"]}
        for number, row in enumerate(sorted(headlines, key=lambda row: str(row["first_seen"])))
    ]
    return [
        _stream("navy releases", sorted(navy, key=lambda row: str(row["first_seen"]))),
        _stream("headlines polled again", polled),
    ]


def _stream(name: str, rows: list[Row]) -> Row:
    judge = Judge()
    found: Counter[str] = Counter()
    joined: list[str] = []
    known = {row["id"]: row for row in rows}
    for row in rows:
        verdict = judge(article(row, first_seen_at=row.get("first_seen"))).verdict
        kind = status(verdict) if isinstance(verdict, New) else f"{status(verdict)} by {verdict.link.linked_by}"
        found[kind] += 1
        if not isinstance(verdict, New):
            other = known[verdict.link.article_id]
            dated = bool(_day(row) and _day(other))
            found["of these both dated"] += dated
            joined.append(
                f"{kind} {verdict.link.score:.2f} {'' if dated else 'un'}dated | {row['title']} | {other['title']}"
            )
    return {"stream": name, "articles": len(rows), **dict(sorted(found.items())), "joined": joined}


def pairs() -> list[Row]:
    """Real pairs by their measured overlap (share of 8-word shingles of the smaller in the larger)."""
    bins: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in load("dedupe/overlap_pairs.jsonl"):
        judge = Judge()
        judge(article(row["a"], url=None))
        low = int(row["contain8"] * 5) / 5
        bins[f"{low:.1f} to {low + 0.2:.1f}" if low < 1 else "1.0"][
            status(judge(article(row["b"], url=None)).verdict)
        ] += 1
    return [
        {
            "overlap": name,
            "pairs": sum(found.values()),
            **{kind: found[kind] for kind in ("duplicate", "same_story", "new")},
        }
        for name, found in sorted(bins.items())
    ]


def stories() -> list[Row]:
    """BCubed precision, recall and F1 of the stories of three labelled sets; of the first, of each half by itself, too.

    The weights of weekdays, names and threshold were chosen on the first half.
    """
    rows = load("dedupe/same_event.jsonl")
    events = sorted({row["event"] for row in rows})
    random.Random(1).shuffle(events)
    first = set(events[: len(events) // 2])
    return [
        _bcubed("same_event", rows),
        _bcubed("its first half, to fit on", [row for row in rows if row["event"] in first]),
        _bcubed("its second half", [row for row in rows if row["event"] not in first]),
        _bcubed("event_leads", load("dedupe/event_leads.jsonl")),
        _bcubed("olympics_2021, English titles", _in_order("dedupe/olympics_2021.jsonl")),
    ]


def _in_order(name: str) -> list[Row]:
    rows = [row for row in load(name) if row["language"] == "en"]
    return sorted(rows, key=lambda row: str(row["first_seen_at"]))


def _bcubed(name: str, rows: list[Row]) -> Row:
    judge = Judge()
    predicted = {row["id"]: judge(article(row)).verdict.story_id for row in rows}
    gold = {row["id"]: row["event"] for row in rows}
    precision, recall = overlap(predicted, gold), overlap(gold, predicted)
    return {
        "set": name,
        "articles": len(rows),
        "precision": precision,
        "recall": recall,
        "F1": 2 * precision * recall / (precision + recall),
    }


def overlap(mine: Mapping[str, str], theirs: Mapping[str, str]) -> float:
    """The mean share of an item's group in ``mine`` that is with it in ``theirs``: BCubed precision, swapped recall."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    others: defaultdict[str, set[str]] = defaultdict(set)
    for item in mine:
        groups[mine[item]].add(item)
        others[theirs[item]].add(item)
    shares = [len(groups[mine[item]] & others[theirs[item]]) / len(groups[mine[item]]) for item in mine]
    return sum(shares) / len(shares)


def links() -> list[Row]:
    """Which of the links that were read (``data/links.tsv``) are on one story when their stream is judged."""
    lines = (DATA_HERE / "links.tsv").read_text("utf-8").splitlines()
    read = [line.split("\t") for line in lines if not line.startswith("#")]
    found: list[Row] = []
    for stream in sorted({line[0] for line in read}):
        judge, stories_of, linked = Judge(), {}, 0
        for row in load(f"streams/{stream}.jsonl.gz"):
            verdict = judge(article(row, first_seen_at=row["first_seen_at"], language=row["language"])).verdict
            stories_of[row["id"]] = verdict.story_id
            linked += not isinstance(verdict, New)
        for draw in sorted({line[1] for line in read if line[0] == stream}):
            drawn = [line[2:] for line in read if line[:2] == [stream, draw]]
            together = Counter(label for one, other, label in drawn if stories_of[one] == stories_of[other])
            row = {"draw": f"{stream}, {draw}", "read": len(drawn), "links in all": linked}
            found.append(row | {label: together[label] for label in ("right", "wrong")})
    return found


REPUBLISHED = (
    0.4  # of the 8-word shingles of the shorter text: from here on it was taken over, below it two quote alike
)


def sources() -> list[Row]:
    """Independent sources of real pairs that came onto one story, against labels by a written rule.

    One source where the text was republished, in part or whole (overlap of 8-word shingles, measured without our
    sketch), or where one outlet wrote both; two otherwise. Wire credits are not in this data.
    """
    found: Counter[str] = Counter()
    for row in load("dedupe/overlap_pairs.jsonl"):
        judge, second = Judge(), article(row["b"], url=None)
        judge(article(row["a"], url=None))
        verdict = judge(second).verdict
        if isinstance(verdict, New):
            found["not on one story"] += 1
            continue
        one = row["contain8"] >= REPUBLISHED or row["a"]["outlet"] == row["b"]["outlet"]
        counted = independent_sources(fold(judge.members(second, verdict.story_id)))
        found["right" if counted == (1 if one else 2) else "counted too many" if one else "counted too few"] += 1
    joined = sum(found.values()) - found["not on one story"]
    wrong = found["counted too many"] + found["counted too few"]
    return [{"pairs": sum(found.values()), **found, "error": wrong / joined}]


def read_sources() -> list[Row]:
    """Independent sources against labels made by reading (:mod:`tests.bench.eval_sources`)."""
    rows = load("dedupe/same_event.jsonl") + load("dedupe/event_leads.jsonl")
    rows += [row[side] for row in load("dedupe/overlap_pairs.jsonl") for side in ("a", "b")]
    headlines = [row for month in ("spring_2026", "autumn_2025") for row in load(f"streams/{month}.jsonl.gz")]
    rows += [row | {"outlet": urlsplit(row["url"]).hostname} for row in headlines]
    return list(eval_sources.evaluate({row["id"]: row for row in rows}, article))


QUESTIONS: dict[str, Callable[[], list[Row]]] = {
    "Edited copies: share found": edits,
    "Excerpts of long texts": excerpts,
    "Unseen articles: what was joined": unseen,
    "Real pairs": pairs,
    "Independent sources, labelled by reading": read_sources,
    "Independent sources of real pairs, labelled by overlap": sources,
    "Stories, BCubed": stories,
    "Links of headlines by event, read one by one": links,
    "Real streams": streams,
}


def main() -> None:
    """Print the tables, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--show", action="store_true", help="list what was joined, to be read")
    given = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"The texts to evaluate with are not at {DATA}: nothing was evaluated.")
    found = {question: ask() for question, ask in QUESTIONS.items()}
    if given.json:
        print(json.dumps({"at": datetime.now(UTC).isoformat(), **found}))
        return
    out = Console()
    for question, rows in found.items():
        out.print(_table(question, rows))
        for line in (line for row in rows if given.show for line in row.get("joined", ())):
            out.print(line, markup=False, highlight=False, soft_wrap=True)


def _table(question: str, rows: list[Row]) -> Table:
    table = Table(title=question, title_justify="left")
    columns = list(dict.fromkeys(name for row in rows for name in row if name != "joined"))
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right")
    for row in rows:
        cells = (row.get(column, 0) for column in columns)
        table.add_row(*(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells))
    return table


if __name__ == "__main__":
    main()
