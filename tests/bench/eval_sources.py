"""How many independent sources a story has, against labels made by reading: ``tests/bench/data/sources.tsv``.

The labels are ids; the texts lie beside the repository. Each group is judged by itself, in the file's order. What did
not come onto the group's first story is not counted here (that is the stories' question): of what did, the number of
independent sources is compared with the number of labels.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from services.cli.dedupe import Judge
from services.contracts.stories import fold, independent_sources
from services.poller.core.imports import InputArticle
from services.poller.edges import publishers

LABELS = Path(__file__).parent / "data" / "sources.tsv"
KINDS = {
    "p": "overlapping pairs",
    "s": "own reports",
    "l": "leads",
    "h": "headlines",
    "u": "headlines, unseen",
    "v": "headlines, third",
    "w": "headlines, fourth",
    "x": "headlines, fifth",
}
Row = dict[str, Any]


class Label(NamedTuple):
    """One line: the article, which of the group's sources it is, and its publisher family if that is not the outlet."""

    article_id: str
    source: str
    family: str | None


def labels() -> dict[str, list[Label]]:
    """Group to its articles."""
    groups: defaultdict[str, list[Label]] = defaultdict(list)
    for line in LABELS.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            group, article_id, source, *family = line.split("\t")
            groups[group].append(Label(article_id, source, family[0] if family else None))
    return groups


def evaluate(texts: Mapping[str, Row], article: Callable[..., InputArticle]) -> Iterator[Row]:
    """A row for each kind of group, and one for all. ``texts`` by id; ``article`` makes an input line of one."""
    wire_of = publishers.load().wire_of
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for group, members in labels().items():
        judge, made = Judge(), {}
        for label in members:
            row = texts[label.article_id]
            wire = wire_of(row.get("text", ""), (), None) or _agency(row.get("outlet"))
            made[label.article_id] = article(row, url=None, family=label.family, wire=wire)
        stories = {name: judge(one).verdict.story_id for name, one in made.items()}
        first = next(iter(stories.values()))
        joined = [label for label in members if stories[label.article_id] == first]
        for kind in (KINDS[group[0]], "all"):
            found = totals[kind]
            found["groups"] += 1
            found["articles"] += len(members)
            if len(joined) < 2:
                continue
            counted = independent_sources(fold(judge.members(next(iter(made.values())), first)))
            off = counted - len({label.source for label in joined})
            found["on one story"] += len(joined)
            found["stories"] += 1
            found["wrong stories"] += off != 0
            found["too many"] += max(0, off)
            found["too few"] += max(0, -off)
    for kind in (*KINDS.values(), "all"):
        found = totals[kind]
        error = (found["too many"] + found["too few"]) / max(1, found["on one story"])
        yield {
            "kind": kind,
            **{name: found[name] for name in ("groups", "articles", "on one story", "stories", "wrong stories")},
            "too many": found["too many"],
            "too few": found["too few"],
            "error an article": error,
        }


def _agency(outlet: str | None) -> str | None:
    """The agency whose own label this is; the poller knows it by its host, the data has names only."""
    return publishers.load().wire_named(outlet) if outlet else None
