"""What the in-process index knows about a candidate, before anything is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import compress
from operator import not_

from services.deduper.core import verdict as rules
from services.deduper.core.candidate import MASK, Candidate
from services.deduper.core.event import ASKED_TERMS, Met, likeness, names_met, shared_words
from services.deduper.core.facts import Facts
from services.deduper.core.records import Bucket, Likeness, Record, Representative, Resemblance
from services.deduper.core.sketch import STORED_MASK, TOP_SHIFT, wrapped
from services.deduper.core.verdict import Owner


class Lookup:
    """One candidate against one bucket at one moment."""

    def __init__(self, bucket: Bucket, item: Candidate, now_s: int, window_s: int) -> None:
        self.bucket = bucket
        self.item = item
        self.now_s = now_s
        self.epoch = rules.epoch_of(now_s, window_s)
        self._window_s = window_s
        sketch = item.sketch
        keys = [value & MASK for value in sketch.hashes[: sketch.anchors]]
        of_wrapper = [rules.is_boilerplate(self.posting(key)) for key in keys]
        self.anchors = [key for key, left_out in zip(keys, of_wrapper, strict=True) if not left_out]
        self._own = list(compress(sketch.hashes, map(not_, wrapped(sketch.places, of_wrapper))))
        self._met = Counter(owner.number for key in self.anchors for owner in self.posting(key) if owner.number)

    def posting(self, key: int) -> list[Owner]:
        """The owners of a hash in the live epochs, in order of arrival."""
        posting = self.bucket.postings.get(key)
        if posting is None:
            return []
        oldest = self.epoch - rules.LIVE_EPOCHS + 1
        if posting and posting[0].epoch < oldest:
            posting[:] = [owner for owner in posting if owner.epoch >= oldest]
        return posting

    def live(self, number: int) -> Record | None:
        """The record of a number where it is inside the window."""
        record = self.bucket.records.get(number)
        return record if record and self.now_s - record.seen_s <= self._window_s else None

    def first_live(self, owners: Iterable[Owner]) -> Record | None:
        """The first of ``owners`` that is inside the window."""
        return next((record for owner in owners if (record := self.live(owner.number))), None)

    def said_by(self, prior: Record) -> Facts:
        """What the last version of an article claimed, under the title it had."""
        carried = self.live(prior.carried)
        said = prior.facts or (carried and carried.facts) or Facts("")
        return replace(said, title=self.bucket.stories[prior.story_id][prior.article_id].title)

    def resemblance(self, owner: Record) -> Resemblance | None:
        """What the candidate's text shares with ``owner``'s, if anything."""
        below = self._below(owner)
        shared = [value for value in below if value & STORED_MASK in owner.sketch]
        if not shared:
            return None
        last = owner.sketch[shared[-1] & STORED_MASK], shared[-1] >> TOP_SHIFT
        return Resemblance(
            owner=owner,
            shared=len(shared),
            own=len(below),
            other=rules.common_count(owner.hashes, owner.top, self.item.sketch.threshold >> TOP_SHIFT, last),
            home=owner.outlet == self.item.outlet,
        )

    def _below(self, owner: Record) -> list[int]:
        """Of the newcomer's hashes those that ``owner`` would have kept."""
        return [value for value in self._own if value >> TOP_SHIFT <= owner.top]

    def own_words(self, owner: Record) -> tuple[int, int, int]:
        """Of what the newcomer does not quote: how many hashes, and how many of them ``owner`` has; of its quotations,
        how many ``owner`` has."""
        plain = taken = quoted = 0
        for value in self._below(owner):
            has = value & STORED_MASK in owner.sketch
            if value in self.item.sketch.quoted:
                quoted += has
            else:
                plain += 1
                taken += has
        return plain, taken, quoted

    def nearest_texts(self) -> list[Resemblance]:
        """Stored texts by containment, highest first; the one that came first among equals."""
        most = sorted(self._met.items(), key=lambda pair: (-pair[1], pair[0]))[: rules.MOST_JUDGED]
        owners = (self.live(number) for number, _ in most)
        found = (self.resemblance(owner) for owner in owners if owner)
        enough = [near for near in found if near and near.shared >= rules.WEAK_SHARED]
        return sorted(enough, key=lambda near: (-near.containment, near.owner.number))

    def nearest_stories(self) -> list[Likeness]:
        """Stories by likeness, highest first; the one that came first among equals."""
        met: Counter[int] = Counter()
        for term in self.item.event.terms[:ASKED_TERMS]:
            for owner in self.posting(term.key):
                met[owner.number] += term.weight * term.rarity
        met = +met  # without what is worth nothing
        most = sorted(met.items(), key=lambda pair: (-pair[1], pair[0]))[: rules.MOST_STORIES]
        found = [near for leader, _ in most if (near := self.likeness(leader))]
        return sorted(found, key=lambda near: (-near.score, near.owner.leader))

    def likeness(self, leader: int) -> Likeness | None:
        """How the story of ``leader`` scores, if any of its representatives is still inside the window."""
        total, count, best = 0.0, 0, None
        for one in self.bucket.representatives.get(leader, ()):
            if self.now_s - one.seen_s > self._window_s:
                continue
            score, shared, met = self._score(one)
            total += score
            count += 1
            if best is None or score > best[0]:
                best = score, shared, met, one
        record = self.bucket.records.get(best[3].number) if best else None
        if best is None or record is None:
            return None
        score, shared, met, one = best
        return Likeness(total / count, score, shared, record, shared_words(self.item.event, one.vector), met)

    def _score(self, one: Representative) -> tuple[float, int, Met]:
        event = self.item.event
        score, shared = likeness(event, one.vector)
        met = names_met(event, one.vector)
        mine = self.item.published_s
        if mine and one.published_s:
            gap = abs(mine - one.published_s)
            if gap > rules.FAR_S:
                return 0.0, shared, met
            if gap <= rules.NEAR_S:
                score += rules.NEAR_BONUS
        if event.days and one.vector.days:
            score += rules.SAME_DAY if event.days & one.vector.days else -rules.OTHER_DAY
        if met.strangers:
            score -= rules.OTHER_STATES if met.foreign else rules.STRANGERS
        return score, shared, met
