"""What the in-process index remembers, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.contracts.messages import Link
from services.contracts.stories import StoryMember
from services.deduper.core import verdict as rules
from services.deduper.core.event import Met, Vector
from services.deduper.core.facts import Facts
from services.deduper.core.marks import Marks
from services.deduper.core.verdict import Owner, Verdict


@dataclass(slots=True)
class Record:
    """One article. ``leader`` is the number of its story's first member, ``depth`` counts links to it.

    ``sketch`` is what others are compared with: the lowest bits (:data:`~services.deduper.core.sketch.STORED_MASK`) of
    each of ``hashes`` to its rank among them, from 1; empty for a copy. ``carried`` is the number of the article whose
    text it carries, 0 for its own. ``facts`` are those of its last version that was no copy: a copy says what the text
    says that it carries.
    """

    number: int
    article_id: str
    story_id: str
    leader: int
    seen_s: int
    outlet: int
    short: bool
    depth: int
    top: int
    hashes: int
    sketch: dict[int, int]
    facts: Facts | None
    marks: Marks
    copy_of: str | None
    carried: int
    link: Link | None
    versions: dict[int, Verdict]


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What the newcomer shares with one stored text.

    ``own`` and ``other`` count the hashes of the newcomer and of the stored text below the lower of their two
    thresholds, the newcomer's without boilerplate. ``home`` is set where both are of one outlet.
    """

    owner: Record
    shared: int
    own: int
    other: int
    home: bool

    @property
    def containment(self) -> float:
        return rules.share(self.shared, (max if self.home else min)(self.own, self.other))

    @property
    def own_share(self) -> float:
        return rules.share(self.shared, self.own)

    @property
    def is_copy(self) -> bool:
        return self.containment >= (rules.OWN_OUTLET_COPY if self.home else rules.COPY_CONTAINMENT)

    @property
    def brings_news(self) -> bool:
        """Whether the newcomer has much that the stored text has not: mostly its own words, or far more of them."""
        return self.own_share < rules.NEW_TEXT_CONTAINMENT or self.own >= rules.FULLER * self.other

    @property
    def is_story(self) -> bool:
        return self.containment >= (rules.OWN_OUTLET_STORY if self.home else rules.STORY_CONTAINMENT)

    @property
    def may_be_wrapper(self) -> bool:
        return self.home and self.containment < rules.WRAPPER_BELOW


@dataclass(frozen=True, slots=True)
class Representative:
    """One of the first members of a story, by which newcomers are judged."""

    number: int
    seen_s: int
    published_s: int
    vector: Vector


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a story's live representatives score: their mean, and the best of them, with whom it speaks of."""

    score: float
    best: float
    shared: int
    owner: Record
    words: tuple[str, ...]
    met: Met


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and the record it links to; ``wrapper`` where what they share may be their outlet's wrapper."""

    verdict: Verdict
    owner: Record | None = None
    wrapper: bool = False


@dataclass(slots=True)
class Bucket:
    """One language: owners by hash, records by number, representatives by leader, members by story."""

    postings: dict[int, list[Owner]] = field(default_factory=dict)
    records: dict[int, Record] = field(default_factory=dict)
    representatives: dict[int, list[Representative]] = field(default_factory=dict)
    stories: dict[str, dict[str, StoryMember]] = field(default_factory=dict)
    owners: int = 0
    copies: int = 0
