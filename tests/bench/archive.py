"""The archive at a size: how fast it takes articles, how large its file is, how long searches take.

    python -m tests.bench.archive --articles 1000000 --folder /a/large/disk

Articles are made of paragraphs of real texts (the evaluation texts beside the checkout; without them of invented ones),
one to seven in each, so that words are as frequent as they are in news; titles are real. A tenth belong to alerts.
Prints JSON; ``docs/measurements/archive.md`` holds the record.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.archive.core.rows import article_row, revision_row
from services.archive.edges.sqlite import _add_article, _add_revision, _set_severities
from services.archive_store.database import Writer, reading
from services.archive_store.search import Search, search, understood
from services.contracts import codec
from services.contracts.messages import Actor, Event, Place, Tag, TaggedArticle
from tests.bench import corpus
from tests.bench.eval_dedupe import DATA
from tests.support.archive import an_alert_of
from tests.support.articles import an_article

BATCH = 256
START = datetime(2025, 12, 1, tzinfo=UTC)
_OUTLETS = [f"outlet-{number}.example" for number in range(200)]
_TOPICS = ("naval_moves", "alliances", "sanctions", "strikes")
_ACTS = ("seize", "sign", "attack", "deploy", "sanction", "board", "launch", "withdraw")
_STATES = ("RUS", "CHN", "IRN", "USA", "UKR", "GBR", "FRA", "DEU", "IND", "JPN", "KOR", "PRK", "TUR", "POL", "ISR")
_PLACES = ("black_sea", "hormuz", "taipei", "havana", "kyiv", "baltic_sea", "red_sea", "moscow")
SEARCHES = (
    "marinera",
    "russia",
    "the",
    "president government",
    '"united nations"',
    "sanction*",
    "missile NEAR/5 navy",
    "ukraine OR russia OR china",
    "china -trade",
    "title:navy",
    "制裁",
    "대통령",
)


def paragraphs() -> tuple[list[str], list[str]]:
    """(titles, paragraphs) of real texts, else of invented ones."""
    titles: list[str] = []
    found: list[str] = []
    for name in ("dedupe/texts.jsonl", "topics/dev.jsonl", "languages/ntrex_clusters.jsonl", "languages/pairs.jsonl"):
        file = DATA / name
        for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
            for text, title in _texts_of(json.loads(line)):
                titles.append(title)
                found += [part for part in re.split(r"\n+|(?<=[.!?。]) (?=[A-Z])", text) if len(part) > 40]
    if not found:
        for item in corpus.items(2_000, copies=0):
            titles.append(item.article.title)
            found.append(item.article.text)
    return titles, found


def _texts_of(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"], str(value.get("title") or value["text"][:80])
        for one in value.values():
            yield from _texts_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts_of(one)


def articles(count: int, paragraphs_at_most: int, seed: int = 1) -> Iterator[TaggedArticle]:
    """``count`` tagged articles over a year, in order of time."""
    draw = random.Random(seed)
    titles, found = paragraphs()
    step = timedelta(days=364) / count
    for number in range(count):
        seen = START + step * number
        url = f"https://outlet.example/{seed}/{number}"
        article = an_article(
            title=draw.choice(titles),
            text=" ".join(draw.choices(found, k=draw.randint(1, paragraphs_at_most))),
            url=url,
            outlet=draw.choice(_OUTLETS),
            seen=seen,
            language=draw.choice(("en", "en", "en", "ru", "zh", "ko")),
        )
        states = [Actor(id=one, name=one.title(), kind="state") for one in draw.sample(_STATES, 2)]
        place = draw.choice(_PLACES)
        where = Place(id=place, name=place.replace("_", " ").title(), kind="sea")
        act = draw.choice(_ACTS)
        event = Event(
            act=act, verb=act, mode="done", field="title", start=0, end=1, quote=article.title[:1] or "x", rule="bench",
            agents=(states[0],), objects=(states[1],), place=where,
        )  # fmt: skip
        tag = Tag(
            topic=draw.choice(_TOPICS), score=0.8, role="primary", pack="bench@1",
            actors=tuple(states), places=(where,), events=(event,),
        )  # fmt: skip
        yield TaggedArticle(
            article=article, story_id=article.id, verdict="new", deduped_at=seen, tagged_at=seen, tags=(tag,)
        )


def fill(writer: Writer, count: int, paragraphs_at_most: int) -> dict[str, float]:
    """Seconds spent in the archive's own work, from bytes to rows on disk, and how many rows a second that is."""
    spent = slowest = processor = 0.0
    alerts = 0
    batch: list[bytes] = []
    for tagged in articles(count, paragraphs_at_most):
        batch.append(codec.encode(tagged))
        if len(batch) == BATCH:
            began, used = time.perf_counter(), time.process_time()
            _take(writer, batch)
            slowest = max(slowest, time.perf_counter() - began)
            alerts += _alert(writer, batch)
            spent += time.perf_counter() - began
            processor += time.process_time() - used
            batch = []
    return {
        "articles": count,
        "alerts": alerts,
        "seconds": round(spent, 1),
        "processor_seconds": round(processor, 1),
        "articles_per_second": round(count / spent),
        "articles_per_processor_second": round(count / processor),
        "slowest_batch_ms": round(slowest * 1000),
    }


def _take(writer: Writer, batch: Sequence[bytes]) -> None:
    rows = sorted((article_row(codec.decode(value, TaggedArticle)) for value in batch), key=lambda row: row.number)
    with writer.transaction() as db:
        for row in rows:
            _add_article(db, row)


def _alert(writer: Writer, batch: Sequence[bytes]) -> int:
    """A tenth of a batch becomes alerts of five sources each."""
    some = [codec.decode(value, TaggedArticle) for value in batch[: BATCH // 10]]
    touched: set[str] = set()
    made = [some[at : at + 5] for at in range(0, len(some), 5)]
    with writer.transaction() as db:
        for sources in made:
            alert = an_alert_of(
                sources, severity=random.Random(sources[0].article.id).choice(("low", "medium", "high"))
            )
            _add_revision(db, revision_row(alert, codec.encode(alert)), touched)
        _set_severities(db, touched)
    return len(made)


def searches(path: Path, rounds: int = 10) -> dict[str, object]:
    """p50 and p95 of a request in milliseconds, opening the file included, by search and over all of them."""
    draw = random.Random(2)
    by_search: dict[str, list[float]] = {}
    processor: list[float] = []
    for _ in range(rounds):
        for text in (*SEARCHES, ""):
            for order in ("time", "rank") if text else ("time",):
                filters = draw.choice(_filters(draw))
                severity = draw.choice((None, None, None, "high"))
                words, chosen = understood(text, min_severity=severity, **filters)
                began, used = time.perf_counter(), time.process_time()
                with reading(path) as db:
                    search(db, Search(query=words, filters=chosen, order="rank" if order == "rank" else "time"))
                processor.append((time.process_time() - used) * 1000)
                by_search.setdefault(f"{text or '(no words)'} by {order}", []).append(
                    (time.perf_counter() - began) * 1000
                )
    every = sorted(took for times in by_search.values() for took in times)
    return {
        "requests": len(every),
        "p50_ms": round(statistics.median(every), 1),
        "p95_ms": round(every[int(len(every) * 0.95)], 1),
        "processor_p95_ms": round(sorted(processor)[int(len(processor) * 0.95)], 1),
        "slowest_ms": round(every[-1], 1),
        "by_search_p50_ms": {name: round(statistics.median(times), 1) for name, times in sorted(by_search.items())},
    }


def _filters(draw: random.Random) -> list[dict[str, list[str]]]:
    return [{}, {}, {"actor": [draw.choice(_STATES)]}, {"topic": [draw.choice(_TOPICS)]}]


def main() -> None:
    """Fill a file, or take the one that is there, and search it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument(
        "--paragraphs", type=int, default=7, help="of a text, at most; 7 make 850 characters, 24 make 2,900"
    )
    parser.add_argument("--rounds", type=int, default=10)
    chosen = parser.parse_args()
    path = chosen.folder / f"archive-{chosen.articles}.db"
    result: dict[str, object] = {}
    if not path.is_file():
        writer = Writer(path)
        result["ingestion"] = fill(writer, chosen.articles, chosen.paragraphs)
        writer.close()
    size = path.stat().st_size
    result["file"] = {"bytes": size, "bytes_per_article": round(size / chosen.articles)}
    result["search"] = searches(path, chosen.rounds)
    print(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
