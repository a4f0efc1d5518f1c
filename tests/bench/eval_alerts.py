"""What the whole product makes of a month of news that an analyst has read: ``make eval-alerts``.

    make eval-alerts                                  both months beside the repository that have judgements
    ... ARGS="--stream spring_2026 --show repeats"    one of them, with the alerts behind a figure
    ... ARGS="--alerts alerts.jsonl --stream X"       what `wirewatch alerts --json` printed after a replay

Articles go through the deduper's index, the shipped packs and the alerter's handler in this process, in the order in
which they were first seen, with the clock at that time: seconds instead of the minutes of a replay through Kafka.
Judgements are by article: the event it is about, how much it is wanted (0 no, 1 borderline, 2 yes) and what it is worth
(1 least to 4 most). Figures: repeats (alerts whose event another alert led with already), alerts that hold two events,
unwanted ones, counts of independent sources that take in articles about another event, and how severity agrees with the
analyst's order (Spearman, ties averaged). Where two have read a month, the figures of each and how far they agree.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import logging
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.table import Table

from services.alerter.handler import AlerterHandler
from services.alerter.metrics import AlerterMetrics
from services.alerter.status import STATUSES
from services.cli.send.sending import knowledge
from services.contracts import codec, redis_keys, topics
from services.contracts.messages import SEVERITIES, Alert, Duplicate, TaggedArticle, UniqueArticle
from services.deduper.core.fingerprint import fingerprint
from services.deduper.core.verdict import Copy, New, Update
from services.deduper.edges.memory import MemoryIndex
from services.deduper.handler import duplicate_of
from services.deduper.vocabularies import Vocabularies
from services.poller.core.imports import article_of
from services.tagger.core.tag import Fields, tag
from tests.bench.readers import Row, agreement, own, readers, spearman
from tests.support.alerts import FakeAlertStore, FakeStories, a_delivery, shipped_rules
from tests.support.clock import FakeClock
from tests.support.packs import shipped
from tests.support.publisher import FakePublisher

STREAMS = Path(__file__).resolve().parents[2].parent / "shared" / "eval" / "streams"
WINDOW_S = 96 * 3600
Message = TaggedArticle | UniqueArticle | Duplicate


def read(stream: str, folder: Path = STREAMS) -> list[bytes]:
    """The lines of a stream, in order of time."""
    with gzip.open(folder / f"{stream}.jsonl.gz") as lines:
        return list(lines)


def tagged(lines: Iterable[bytes]) -> Iterator[Message]:
    """The stream as the alerter receives it; what no topic was found in is only a member of its story."""
    index, vocabularies, compiled = MemoryIndex(WINDOW_S), Vocabularies(), shipped().compiled
    for line in lines:
        now = datetime.fromisoformat(json.loads(line)["first_seen_at"])
        article, _ = article_of(line, now=now, backfill=False, known=knowledge)
        vocabulary = vocabularies.of(redis_keys.bucket(article.language))
        item = fingerprint(article, vocabulary)
        decision = index.check_and_insert(item, int(now.timestamp()))
        verdict = decision.verdict
        if decision.teaches:
            vocabulary.learn(item.word_counts)
        if isinstance(verdict, Copy):
            yield duplicate_of(article, verdict, deduped_at=article.fetched_at)
            continue
        tags = tag(Fields(article.title, article.summary or "", article.text, article.language), compiled).tags
        unique = UniqueArticle(
            article=article,
            story_id=verdict.story_id,
            verdict="new" if isinstance(verdict, New) else "update" if isinstance(verdict, Update) else "same_story",
            deduped_at=now,
            link=None if isinstance(verdict, New) else verdict.link,
        )
        fields = {name: getattr(unique, name) for name in ("article", "story_id", "verdict", "deduped_at", "link")}
        yield TaggedArticle(**fields, tagged_at=now, tags=tags) if tags else unique


async def replay(messages: Iterable[Message]) -> list[Alert]:
    """Every revision that the alerter sends, in order."""
    stories, publisher, clock = FakeStories(), FakePublisher(), FakeClock(datetime(2020, 1, 1, tzinfo=UTC))
    handler = AlerterHandler(
        store=FakeAlertStore(),
        stories=stories,
        publisher=publisher,
        rules=shipped_rules(),
        stale_after=timedelta(hours=48),
        clock=clock,
        metrics=AlerterMetrics(STATUSES, CollectorRegistry()),
    )
    for number, message in enumerate(messages):
        clock.advance(max(0.0, (message.deduped_at - clock.now()).total_seconds()))
        stories.add(message)
        if not isinstance(message, UniqueArticle):
            await handler.handle([a_delivery(message, offset=number)])
    return [codec.decode(message.value, Alert) for message in publisher.on(topics.ALERTS)]


def latest(revisions: Iterable[Alert]) -> list[Alert]:
    """The last revision of each alert, in the order in which they opened."""
    found: dict[str, Alert] = {}
    for alert in revisions:
        if alert.id not in found or alert.revision >= found[alert.id].revision:
            found[alert.id] = alert
    return list(found.values())


def score(alerts: Sequence[Alert], judged: dict[str, Row]) -> Row:
    """The figures, and the alerts behind them."""
    events: list[str] = []
    levels: list[tuple[int, int]] = []
    behind: dict[str, list[Alert]] = defaultdict(list)
    wanted: Counter[int] = Counter()
    several = 0
    for alert in alerts:
        known = [judged[source.article_id] for source in alert.sources if source.article_id in judged]
        several += len(alert.sources) > 1
        if not known:
            behind["unjudged"].append(alert)
            continue
        names = Counter(row["event"] for row in known)
        event = names.most_common(1)[0][0]
        want = max(row["want"] for row in known)
        wanted[want] += 1
        behind["repeats"] += [alert] if event in events else []
        behind["unwanted"] += [alert] if want == 0 else []
        behind["two"] += [alert] if len(names) > 1 else []
        behind["overcounted"] += [alert] if _reporting(alert, judged, event) < alert.independent_sources else []
        events.append(event)
        levels.append((SEVERITIES.index(alert.severity), max(row["rank"] for row in known)))
    told = {judged[s.article_id]["event"] for a in alerts for s in a.sources if s.article_id in judged}
    asked = {row["event"] for row in judged.values() if row["want"] == 2}
    return {
        "alerts": len(alerts),
        "several": several,
        "judged": len(events),
        "wanted": wanted[2],
        "borderline": wanted[1],
        "unwanted": wanted[0],
        "repeats": len(behind["repeats"]),
        "two": len(behind["two"]),
        "overcounted": len(behind["overcounted"]),
        "told": len(asked & told),
        "asked": len(asked),
        "missing": sorted(asked - told),
        "severity": dict(Counter(alert.severity for alert in alerts)),
        "spearman": spearman(levels),
        "merged": sum(alert.merged_into is not None for alert in alerts),
        "behind": behind,
    }


def _reporting(alert: Alert, judged: dict[str, Row], event: str) -> int:
    """The publishers that report the event; an article that nobody judged is taken to do so."""
    return len(
        {source.family for source in alert.sources if judged.get(source.article_id, {"event": event})["event"] == event}
    )


def show(alert: Alert, judged: dict[str, Row]) -> Iterator[str]:
    """An alert in a few lines, with the judgements."""
    from services.contracts.events import summary_of

    yield f"[{alert.severity}] {alert.headline}  ({alert.first_seen:%m-%d %H:%M}, {alert.independent_sources} sources)"
    yield f"    {summary_of(alert.events[0]) if alert.events else '-'}"
    for source in alert.sources:
        row = judged.get(source.article_id)
        said = f"{row['event']} want {row['want']} rank {row['rank']}" if row else "not judged"
        yield f"    {source.article_id} {source.first_seen_at:%m-%d %H:%M} {source.outlet}: {source.title}  <{said}>"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stream", action="append", choices=["spring_2026", "autumn_2025"])
    parser.add_argument("--alerts", type=Path, help="score what a replay printed")
    parser.add_argument("--show", choices=["repeats", "two", "overcounted", "unwanted", "unjudged", "all"])
    parser.add_argument("--folder", type=Path, default=STREAMS, help="where the months of news are")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    if not chosen.folder.is_dir():
        print(f"The months of news are not beside the repository ({chosen.folder}): nothing to measure.")
        return 0
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for stream in chosen.stream or ["spring_2026", "autumn_2025"]:
        judgements = readers(stream, chosen.folder)
        alerts = latest(
            _printed(chosen.alerts) if chosen.alerts else asyncio.run(replay(tagged(read(stream, chosen.folder))))
        )
        for reader, judged in judgements.items():
            figures = score(alerts, judged)
            behind = figures.pop("behind")
            if chosen.show:
                for alert in alerts if chosen.show == "all" else behind[chosen.show]:
                    sys.stdout.write("\n".join(show(alert, judged)) + "\n")
            _print(f"{stream}, {reader}", figures, as_json=chosen.json)
        if len(ours := own(stream)) == 2:
            _print(f"{stream}, how far our readers agree", agreement(*ours.values()), as_json=chosen.json)
    return 0


def _print(title: str, figures: Row, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"about": title, **figures}))
        return
    table = Table(title=title, show_header=False)
    for name, value in figures.items():
        table.add_row(name, f"{value:.2f}" if isinstance(value, float) else str(value))
    Console().print(table)


def _printed(path: Path) -> Iterator[Alert]:
    with path.open("rb") as lines:
        for line in lines:
            yield codec.decode(line, Alert)


if __name__ == "__main__":
    sys.exit(main())
