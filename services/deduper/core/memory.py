"""The index in this process. ``store/check_and_insert.lua`` takes the same steps in the same order on Redis.

Used by ``wirewatch dedupe`` and by tests; one suite holds both to the same verdicts on the same histories.
Every article has a number, its rank of arrival. A posting lists the owners of one hash in order of arrival, each with
the epoch it was entered in: time is cut into sixteenths of a window, and the last seventeen are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from services.contracts.stories import StoryMember
from services.deduper.core import verdict as rules
from services.deduper.core.candidate import MASK, Candidate
from services.deduper.core.event import POSTED_TERMS, vector
from services.deduper.core.judging import by_address, by_text
from services.deduper.core.lookup import Lookup
from services.deduper.core.records import Bucket, Finding, Record, Representative
from services.deduper.core.sketch import STORED_MASK, TOP_SHIFT
from services.deduper.core.verdict import Copy, Decision, New, Owner, Update, Verdict


class MemoryIndex:
    """Check-and-insert in process. ``window_s`` is how long an article is remembered, in seconds."""

    def __init__(self, window_s: int) -> None:
        self._window_s = window_s
        self._buckets: dict[str, Bucket] = {}

    def members(self, bucket: str, story_id: str) -> tuple[StoryMember, ...]:
        """The members of a story, in order of arrival; empty where there is no such story."""
        held = self._buckets.get(bucket)
        return tuple(held.stories.get(story_id, {}).values()) if held else ()

    def check_and_insert(self, item: Candidate, now_s: int) -> Decision:
        """The verdict on ``item`` at ``now_s`` (Unix seconds), remembered."""
        look = Lookup(self._buckets.setdefault(item.bucket, Bucket()), item, now_s, self._window_s)
        addresses = look.posting(item.identity)
        prior = look.live(addresses[-1].number) if addresses else None
        again = prior if prior and prior.article_id == item.article_id else None
        if again and item.version in again.versions:
            return Decision(again.versions[item.version], known=True)
        finding = by_address(look, prior) if prior else by_text(look)
        _Memory(look).remember(finding, again)
        return Decision(finding.verdict, known=False)


class _Memory:
    """Writes down what was found about one candidate."""

    def __init__(self, look: Lookup) -> None:
        self._look = look
        self._bucket = look.bucket
        self._item = look.item

    def remember(self, finding: Finding, again: Record | None) -> None:
        verdict = finding.verdict
        if again and finding.owner is again and isinstance(verdict, Copy):
            self._add_version(again, verdict)  # a flap: nothing else has changed
            return
        record = self._record(finding, again)
        self._add_version(record, verdict)
        self._bucket.records[record.number] = record
        member = rules.linked(self._item.member, record.link, record.copy_of)
        self._bucket.stories.setdefault(record.story_id, {})[record.article_id] = member
        for key in self._keys(verdict):
            self._post(key, record.number)
        if finding.wrapper and finding.owner:
            self._note_wrapper(finding.owner.number)
        if not isinstance(verdict, Copy | Update):
            self._represent(record)

    def _record(self, finding: Finding, again: Record | None) -> Record:
        item, verdict, owner = self._item, finding.verdict, finding.owner
        number = again.number if again else self._next_number(verdict)
        kept = () if isinstance(verdict, Copy) else item.sketch.hashes
        link = None if isinstance(verdict, New) else verdict.link
        return Record(
            number=number,
            article_id=item.article_id,
            story_id=again.story_id if again else verdict.story_id,
            leader=again.leader if again else owner.leader if owner else number,
            seen_s=self._look.now_s,
            outlet=item.outlet,
            short=item.short,
            depth=again.depth if again else min(255, owner.depth + 1) if owner else 0,
            top=item.sketch.threshold >> TOP_SHIFT,
            hashes=len(kept),
            sketch={value & STORED_MASK: rank for rank, value in reversed(list(enumerate(kept, 1)))},
            facts=item.facts if not isinstance(verdict, Copy) else again.facts if again else None,
            marks=item.marks,
            copy_of=rules.copy_of(verdict),
            carried=owner.number if owner and rules.copy_of(verdict) is not None else 0,
            link=again.link if again else link,
            versions=again.versions if again else {},
        )

    def _next_number(self, verdict: Verdict) -> int:
        """Copies are numbered apart, behind all owners of a text."""
        if isinstance(verdict, Copy):
            self._bucket.copies += 1
            return rules.FIRST_COPY + self._bucket.copies
        self._bucket.owners += 1
        return self._bucket.owners

    def _add_version(self, record: Record, verdict: Verdict) -> None:
        if len(record.versions) >= rules.MOST_VERSIONS:
            del record.versions[list(record.versions)[1]]
        record.versions[self._item.version] = verdict

    def _keys(self, verdict: Verdict) -> Iterator[int]:
        """The hashes under which the candidate will be found. A copy is found by its address only, and a flap not at
        all: others of its kind are copies of the same owner."""
        item = self._item
        if isinstance(verdict, Copy):
            if verdict.link.linked_by != "url":
                yield item.identity
            return
        yield item.identity
        yield item.exact
        if item.title is not None:
            yield item.title
        for value in item.sketch.hashes[: item.sketch.anchors]:
            yield value & MASK

    def _post(self, key: int, number: int) -> None:
        posting = self._look.posting(key)
        if len(posting) < rules.MAX_OWNERS and all(owner.number != number for owner in posting):
            self._bucket.postings.setdefault(key, posting).append(
                Owner(self._look.epoch, number, self._item.outlet & 0xFF)
            )

    def _note_wrapper(self, number: int) -> None:
        """Count the anchors shared with ``number`` once more for the outlet, under a number that is never live."""
        for key in self._look.anchors:
            posting = self._look.posting(key)
            if len(posting) < rules.MAX_OWNERS and any(owner.number == number for owner in posting):
                posting.append(Owner(self._look.epoch, 0, self._item.outlet & 0xFF))

    def _represent(self, record: Record) -> None:
        """Add the article to its story's representatives while there is service, and its rarest terms to the index."""
        event = self._item.event
        held = self._bucket.representatives.setdefault(record.leader, [])
        if not event.terms or len(held) >= rules.MOST_REPRESENTATIVES:
            return
        held.append(Representative(record.number, self._look.now_s, self._item.published_s, vector(event)))
        for term in event.terms[:POSTED_TERMS]:
            self._post_term(term.key, record.leader)

    def _post_term(self, key: int, leader: int) -> None:
        """Postings of terms keep the latest stories: the oldest makes service."""
        posting = self._look.posting(key)
        if any(owner.number == leader for owner in posting):
            return
        if len(posting) >= rules.MOST_STORIES_A_TERM:
            posting.remove(min(posting, key=attrgetter("number")))
        self._bucket.postings.setdefault(key, posting).append(Owner(self._look.epoch, leader, 0))
