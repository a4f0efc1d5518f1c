"""Two sets of packs over the same articles: what one gives and the other does not."""

from collections import Counter
from dataclasses import dataclass, field

from msgspec import Struct

from services.contracts.messages import Tag
from services.tagger.core.languages import Languages
from services.tagger.core.tag import Fields, tag


@dataclass(frozen=True, slots=True)
class Past:
    """An article of the past. ``day`` is the date it was first seen, ``story`` what would be one alert.

    ``alerts`` is false for what a feed's first fetch or an import brought: it is tagged, but opens no alert.
    """

    id: str
    story: str
    day: str
    title: str
    alerts: bool
    fields: Fields


class Change(Struct, frozen=True, kw_only=True):
    """A tag that only one side gives, with its best quote."""

    id: str
    day: str
    title: str
    score: float
    rule: str
    quote: str


class TopicChange(Struct, frozen=True, kw_only=True):
    """One topic on both sides. ``alerts`` are stories with the topic, over ``days`` days."""

    topic: str
    before: str | None
    after: str | None
    days: int
    tags_before: int
    tags_after: int
    alerts_before: int
    alerts_after: int
    gained_total: int
    lost_total: int
    gained: tuple[Change, ...]
    lost: tuple[Change, ...]


@dataclass(slots=True)
class _Side:
    """What one set of packs gave, by topic."""

    packs: dict[str, str]
    tags: Counter[str] = field(default_factory=Counter)
    stories: dict[str, set[str]] = field(default_factory=dict)

    def note(self, article: Past, given: dict[str, Tag]) -> None:
        for topic in given:
            self.tags[topic] += 1
            if article.alerts:
                self.stories.setdefault(topic, set()).add(article.story)


class Backtest:
    """Feed it articles one by one, then ask for the report. ``examples`` changes are kept for each topic and side."""

    def __init__(self, before: Languages, after: Languages, *, examples: int) -> None:
        self._compiled = (before, after)
        self._sides = tuple(_Side(languages.ids()) for languages in self._compiled)
        self._examples = examples
        self._changes: dict[tuple[str, str], list[Change]] = {}
        self._totals: Counter[tuple[str, str]] = Counter()
        self._days: set[str] = set()
        self.articles = 0

    def add(self, article: Past) -> None:
        """Tag ``article`` with both."""
        self.articles += 1
        self._days.add(article.day)
        given = []
        for side, compiled in zip(self._sides, self._compiled, strict=True):
            tags = {found.topic: found for found in tag(article.fields, compiled).tags}
            side.note(article, tags)
            given.append(tags)
        before, after = given
        for topic in after.keys() - before.keys():
            self._keep("gained", article, after[topic])
        for topic in before.keys() - after.keys():
            self._keep("lost", article, before[topic])

    def report(self) -> tuple[TopicChange, ...]:
        """Every topic of either side, by name."""
        before, after = self._sides
        return tuple(self._topic(topic) for topic in sorted(before.packs.keys() | after.packs.keys()))

    def _keep(self, kind: str, article: Past, found: Tag) -> None:
        self._totals[kind, found.topic] += 1
        kept = self._changes.setdefault((kind, found.topic), [])
        if len(kept) >= self._examples:
            return
        evidence = found.evidence[0]
        kept.append(
            Change(
                id=article.id,
                day=article.day,
                title=article.title,
                score=found.score,
                rule=evidence.rule,
                quote=evidence.quote,
            )
        )

    def _topic(self, topic: str) -> TopicChange:
        before, after = self._sides
        return TopicChange(
            topic=topic,
            before=before.packs.get(topic),
            after=after.packs.get(topic),
            days=len(self._days),
            tags_before=before.tags[topic],
            tags_after=after.tags[topic],
            alerts_before=len(before.stories.get(topic, ())),
            alerts_after=len(after.stories.get(topic, ())),
            gained_total=self._totals["gained", topic],
            lost_total=self._totals["lost", topic],
            gained=tuple(self._changes.get(("gained", topic), ())),
            lost=tuple(self._changes.get(("lost", topic), ())),
        )
