"""What is known of an article before anything is decided. Pure."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from functools import cached_property
from itertools import compress
from operator import not_

from msgspec import Struct

from services.deduper.core import thresholds as limits
from services.deduper.core.facts import Facts, unpack
from services.deduper.core.fingerprint import MASK, Fingerprint
from services.deduper.core.records import Key, Kind, Owner, Record, StoredVector, Version
from services.deduper.core.similarity import EntityOverlap, TextMatch, compare_texts
from services.deduper.core.sketch import STORED_MASK, TOP_SHIFT, in_boilerplate
from services.deduper.core.terms import ASKED_TERMS, POSTED_TERMS, Term
from services.deduper.core.view import Postings, View


class TextOverlap(Struct, frozen=True):
    """What an article's text shares with one stored text.

    ``comparable`` are the hashes of the article below the lower of the two thresholds, without boilerplate; ``other``
    counts those of the stored text.
    """

    number: int
    record: Record
    stored: frozenset[int]
    comparable: tuple[int, ...]
    shared: int
    other: int
    same_outlet: bool

    @property
    def own(self) -> int:
        return len(self.comparable)

    @property
    def containment(self) -> float:
        return share(self.shared, (max if self.same_outlet else min)(self.own, self.other))

    @property
    def own_share(self) -> float:
        return share(self.shared, self.own)


class StorySimilarity(Struct, frozen=True):
    """How a story's live representatives score: their mean, and the best of them, with what it shares."""

    root: int
    number: int
    score: float
    best: float
    shared: tuple[Term, ...]
    entities: EntityOverlap


def share(part: int, whole: int) -> float:
    """``part`` of ``whole``, at most 1; 0 of nothing."""
    return min(1.0, part / whole) if whole else 0.0


def is_boilerplate(owners: Postings) -> bool:
    """Whether a hash is boilerplate: in too many texts, or in several of one outlet."""
    if len(owners) >= limits.MAX_OWNERS:
        return True
    if len(owners) < limits.MAX_OUTLET_OWNERS:
        return False
    outlets = [owner.outlet for owner in owners]
    return any(outlets.count(outlet) >= limits.MAX_OUTLET_OWNERS for outlet in outlets)


def common_count(hashes: int, threshold: int, other_threshold: int, last_shared: tuple[int, int]) -> int:
    """How many of a stored text's hashes lie below a lower threshold.

    The store keeps the lowest bits of each, in the order of the hashes. ``last_shared`` is how many of them there are
    up to the last that both have, and that one. What lies behind it is uniform, so it is the proportion.
    """
    if other_threshold >= threshold:
        return hashes
    known, last = last_shared
    return known + int((hashes - known) * (other_threshold - last) / (threshold - last) + 0.5)


class Query:
    """One article against what is stored at one moment. ``postings`` are what it is looked up in, and entered in."""

    def __init__(self, view: View, item: Fingerprint, postings: Set[Key] | None = None) -> None:
        self.view = view
        self.item = item
        self.postings = posting_keys(item) if postings is None else postings
        self._owners = {posting: view.owners(posting) for posting in self.postings}
        self._stories: dict[int, StorySimilarity | None] = {}
        addresses = self.text_owners(item.identity)
        self.previous_number = addresses[-1].number if addresses else 0
        blocking = [(key, self.owners("block", key)) for key in item.sketch.blocking_hashes(MASK)]
        boilerplate = [is_boilerplate(owners) for _, owners in blocking]
        self.blocking = [pair for pair, left_out in zip(blocking, boilerplate, strict=True) if not left_out]
        if any(boilerplate):
            self._own = list(compress(item.sketch.hashes, map(not_, in_boilerplate(item.sketch.places, boilerplate))))
        else:
            self._own = list(item.sketch.hashes)
        self._own_stored = [value & STORED_MASK for value in self._own]

    @property
    def is_outdated(self) -> bool:
        """Whether an article that shares a hash or a term with this one has been entered since."""
        return not self.view.changed.isdisjoint(self.postings)

    def again(self) -> "Query":
        """The same, put anew."""
        return Query(self.view, self.item, self.postings)

    def owners(self, kind: Kind, hash_: int) -> Postings:
        """Who was entered under one of :attr:`postings`."""
        return self._owners[kind, hash_]

    def text_owners(self, hash_: int | None) -> Postings:
        """The articles of an address, a text or a title."""
        return () if hash_ is None else self.owners("text", hash_)

    def previous_version(self) -> Record | None:
        """What is known of the article's address."""
        return self.view.live_record(self.previous_number)

    def live_owners(self, owners: Iterable[Owner]) -> Iterator[tuple[int, Record]]:
        """Those of ``owners`` that are inside the window."""
        for owner in owners:
            record = self.view.live_record(owner.number)
            if record:
                yield owner.number, record

    def claimed_before(self, previous: Record) -> Facts:
        """What the last version of an article claimed, under the title it had. A copy claims what it carries does."""
        packed = self.view.facts(self.previous_number)
        if not packed and self.view.live_record(previous.carries_text_of):
            packed = self.view.facts(previous.carries_text_of)
        member = self.view.member(self.view.story_id(previous), previous.article_id)
        return unpack(f"{packed or EMPTY_FACTS}\x1f{member.title if member else ''}")

    @cached_property
    def nearest_numbers(self) -> list[int]:
        """The texts that share most blocking hashes, most first; the one that came first among equals."""
        met = Counter([owner.number for _, owners in self.blocking for owner in owners if owner.number])
        most = sorted(met.items(), key=lambda pair: (-pair[1], pair[0]))[: limits.MOST_JUDGED]
        return [number for number, _ in most]

    def nearest_texts(self) -> list[TextOverlap]:
        """Stored texts by containment, highest first; the one that came first among equals."""
        found = (self.overlap(number) for number in self.nearest_numbers)
        enough = [near for near in found if near and near.shared >= limits.WEAK_SHARED]
        return sorted(enough, key=lambda near: (-near.containment, near.number))

    def overlap(self, number: int) -> TextOverlap | None:
        """What the article's text shares with the text of ``number``, if anything."""
        record = self.view.live_record(number)
        if not record or not record.hashes or not self._own:
            return None
        sketch = self.view.sketch(number)
        stored = frozenset(sketch)
        below = bisect_left(self._own, record.top + 1 << TOP_SHIFT)
        shared = list(compress(self._own, map(stored.__contains__, self._own_stored[:below])))
        if not shared:
            return None
        rank = len(sketch) - sketch[::-1].index(shared[-1] & STORED_MASK)
        last = rank, shared[-1] >> TOP_SHIFT
        return TextOverlap(
            number=number,
            record=record,
            stored=stored,
            comparable=tuple(self._own[:below]),
            shared=len(shared),
            other=common_count(record.hashes, record.top, self.item.sketch.threshold >> TOP_SHIFT, last),
            same_outlet=record.outlet == self.item.outlet,
        )

    def shared_in_order(self, near: TextOverlap) -> list[bool]:
        """Of the article's hashes that can be compared, in the order of the text: whether the other text has each.
        Of shingles that have words in common only the first counts."""
        sketch, comparable, end = self.item.sketch, frozenset(near.comparable), 0
        found: list[bool] = []
        for place, value in sorted(zip(sketch.places, sketch.hashes, strict=True)):
            if place >= end and value in comparable:
                found.append(value & STORED_MASK in near.stored)
                end = place + sketch.length
        return found

    def own_words(self, near: TextOverlap) -> tuple[int, int, int]:
        """Of what the article does not quote: how many hashes, and how many of them the other text has; of its
        quotations, how many the other has."""
        quotations = self.item.sketch.quoted()
        plain = [value for value in near.comparable if value not in quotations]
        taken = sum(value & STORED_MASK in near.stored for value in plain)
        return len(plain), taken, near.shared - taken

    @cached_property
    def nearest_roots(self) -> list[int]:
        """The stories that share most of the rarest and weightiest terms, by their roots."""
        met: Counter[int] = Counter()
        for term in self.item.terms.terms[:ASKED_TERMS]:
            worth = term.weight * term.rarity
            for owner in self.owners("term", term.key) if worth else ():
                met[owner.number] += worth
        most = sorted(met.items(), key=lambda pair: (-pair[1], pair[0]))[: limits.MOST_STORIES]
        return [root for root, _ in most]

    def nearest_stories(self) -> list[StorySimilarity]:
        """Stories by similarity, highest first; the one that came first among equals."""
        found = [near for root in self.nearest_roots if (near := self.similarity(root))]
        return sorted(found, key=lambda near: (-near.score, near.root))

    def similarity(self, root: int) -> StorySimilarity | None:
        """How a story scores, if any of its representatives is still inside the window."""
        if root not in self._stories:
            self._stories[root] = self._similarity(root)
        return self._stories[root]

    def _similarity(self, root: int) -> StorySimilarity | None:
        scored: list[tuple[int, TextMatch]] = []
        for number in self.view.representatives(root):
            stored = self.view.vector(number)
            if stored.terms and self.view.now_s - stored.seen_s <= self.view.window_s:
                scored.append((number, self._score(stored)))
        if not scored:
            return None
        number, best = max(scored, key=lambda pair: pair[1].score)
        if self.view.record(number) is None:
            return None
        score = sum([match.score for _, match in scored]) / len(scored)
        if len(scored) > 1:
            score += limits.TOLD_TWICE  # on their mean
        return StorySimilarity(root, number, score, best.score, best.shared, best.entities)

    def _score(self, stored: StoredVector) -> TextMatch:
        """The words' score, and what days, hours apart and names of the headline add to it or take away."""
        match = compare_texts(self.item.terms, stored)
        score, mine = match.score, self.item.published_s
        if mine and stored.published_s:
            gap = abs(mine - stored.published_s)
            if gap > limits.FAR_S:
                return match._replace(score=0.0)
            score += limits.SAME_TIME - limits.HOUR_APART * min(gap / 3600, limits.MOST_HOURS_APART)
        if self.item.terms.days and stored.days:
            score += limits.SAME_DAY if self.item.terms.days & stored.days else -limits.OTHER_DAY
        if match.entities.none_shared:
            score -= limits.STATE_MISSING if match.entities.state_missing else limits.NONE_SHARED
        return match._replace(score=score)


EMPTY_FACTS = "\x1f\x1f\x1f"


def posting_keys(item: Fingerprint) -> set[Key]:
    """The postings an article is looked up in, and entered in."""
    keys: set[Key] = {("text", hash_) for hash_ in (item.identity, item.exact, item.title) if hash_ is not None}
    keys |= {("block", key) for key in item.sketch.blocking_hashes(MASK)}
    return keys | {("term", term.key) for term in item.terms.terms[: max(ASKED_TERMS, POSTED_TERMS)]}


def stages(query: Query) -> Iterator[set[Key]]:
    """What judging will read, in stages: each follows from the one before, which has been loaded by then."""
    view, item, nearest, roots = query.view, query.item, query.nearest_numbers, query.nearest_roots
    same = [owner.number for hash_ in (item.exact, item.title) for owner in query.text_owners(hash_) if owner.number]
    numbers = {*nearest, *same, query.previous_number} - {0}
    keys: set[Key] = {("record", number) for number in [*numbers, *roots]}
    yield keys | {("representatives", root) for root in roots}
    records = {number: view.record(number) for number in numbers}
    previous = records.get(query.previous_number)
    others = {record.root for record in records.values() if record}
    keys = {("vector", number) for root in roots for number in view.representatives(root)}
    keys |= {("sketch", number) for number in nearest} | {("record", root) for root in others}
    keys |= {("record", number) for root in roots for number in view.representatives(root)}
    keys |= {("representatives", root) for root in others}
    if previous:
        keys |= _keys_of_previous(query.previous_number, previous)
    yield keys
    keys = {("vector", number) for root in others for number in view.representatives(root)}
    keys |= {("record", number) for root in others for number in view.representatives(root)}
    if previous:
        keys.add(("member", (view.story_id(previous), previous.article_id)))
        versions = (previous.first, *view.history(query.previous_number))
        keys |= {("record", version.linked) for version in versions if version.linked}
        keys |= {("replaced", (query.previous_number, item.version))}
    yield keys


def _keys_of_previous(number: int, previous: Record) -> set[Key]:
    carried = previous.carries_text_of
    keys: set[Key] = {("sketch", number), ("history", number), ("facts", number)}
    return keys | ({("facts", carried), ("record", carried)} if carried else set())


def version_of(view: View, number: int, record: Record, hash_: int) -> Version | None:
    """The verdict given to this very version before."""
    further = view.history(number) if record.revised else ()
    return next((version for version in (record.first, *further) if version.hash == hash_), None)
