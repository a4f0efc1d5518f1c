"""The index in this process. ``store/check_and_insert.lua`` takes the same steps in the same order on Redis.

Used by ``wirewatch dedupe`` and by tests; one suite holds both to the same verdicts on the same histories.
Every article has a number, its rank of arrival. A posting lists the owners of one hash, by epoch: time is cut into
epochs of half a window, and the last three are read, so what has left the window leaves by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.contracts.messages import Link, LinkedBy
from services.contracts.stories import StoryMember
from services.deduper.core import verdict as rules
from services.deduper.core.candidate import MASK, Candidate
from services.deduper.core.facts import Facts, pack
from services.deduper.core.sketch import TOP_SHIFT
from services.deduper.core.verdict import Copy, Decision, New, Owner, SameStory, Update, Verdict


@dataclass(slots=True)
class _Record:
    """What is remembered of one article. ``depth`` counts links to the story's first member."""

    number: int
    article_id: str
    story_id: str
    seen_s: int
    outlet: int
    short: bool
    depth: int
    top: int
    hashes: int
    facts: Facts
    copy_of: str | None
    link: Link | None
    versions: dict[int, Verdict]


@dataclass(frozen=True, slots=True)
class _Resemblance:
    """What the newcomer shares with one stored text.

    ``own`` and ``other`` count the hashes of the newcomer and of the stored text below the lower of their two
    thresholds, the newcomer's without boilerplate. ``home`` is set where both are of one outlet.
    """

    owner: _Record
    shared: int
    own: int
    other: int
    home: bool

    @property
    def containment(self) -> float:
        return rules.share(self.shared, (max if self.home else min)(self.own, self.other))

    @property
    def is_copy(self) -> bool:
        return self.containment >= (rules.OWN_OUTLET_COPY if self.home else rules.COPY_CONTAINMENT)

    @property
    def is_story(self) -> bool:
        return self.containment >= (rules.OWN_OUTLET_STORY if self.home else rules.STORY_CONTAINMENT)

    @property
    def may_be_wrapper(self) -> bool:
        return self.home and self.containment < rules.WRAPPER_BELOW

    @property
    def own_share(self) -> float:
        return rules.share(self.shared, self.own)


@dataclass(frozen=True, slots=True)
class _Finding:
    """A verdict and the record it links to; ``wrapper`` where what they share may be their outlet's wrapper."""

    verdict: Verdict
    owner: _Record | None = None
    wrapper: bool = False


@dataclass(slots=True)
class _Bucket:
    """One language: owners by hash, records by number, members by story."""

    postings: dict[int, list[Owner]] = field(default_factory=dict)
    records: dict[int, _Record] = field(default_factory=dict)
    stories: dict[str, dict[str, StoryMember]] = field(default_factory=dict)
    last: int = 0


class MemoryIndex:
    """Check-and-insert in process. ``window_s`` is how long an article is remembered, in seconds."""

    def __init__(self, window_s: int) -> None:
        self._window_s = window_s
        self._buckets: dict[str, _Bucket] = {}

    def members(self, bucket: str, story_id: str) -> tuple[StoryMember, ...]:
        """The members of a story, in order of arrival; empty where there is no such story."""
        held = self._buckets.get(bucket)
        return tuple(held.stories.get(story_id, {}).values()) if held else ()

    def check_and_insert(self, item: Candidate, now_s: int) -> Decision:
        """The verdict on ``item`` at ``now_s`` (Unix seconds), remembered."""
        return _Check(self._buckets.setdefault(item.bucket, _Bucket()), item, now_s, self._window_s).run()


class _Check:
    """One check-and-insert: look up, judge, remember."""

    def __init__(self, bucket: _Bucket, item: Candidate, now_s: int, window_s: int) -> None:
        self._bucket = bucket
        self._item = item
        self._now_s = now_s
        self._window_s = window_s
        self._epoch = rules.epoch_of(now_s, window_s)
        hashes = [(value >> TOP_SHIFT, value & MASK) for value in item.sketch.hashes]
        self._own = [(top, key) for top, key in hashes if not rules.is_boilerplate(self._posting(key))]
        self._shared = Counter(owner.number for _, key in self._own for owner in self._posting(key))

    def run(self) -> Decision:
        item = self._item
        prior = self._live(self._posting(item.identity)[-1:])
        again = prior if prior and prior.article_id == item.article_id else None
        if again and item.version in again.versions:
            return Decision(again.versions[item.version], known=True)
        finding = self._address(prior) if prior else self._text()
        self._remember(finding, again)
        return Decision(finding.verdict, known=False)

    # Judging

    def _address(self, prior: _Record) -> _Finding:
        """The verdict on another version of a known address."""
        item = self._item
        near = self._resemblance(prior)
        if prior.copy_of is not None:
            found = self._text()
            if isinstance(found.verdict, Copy) and found.verdict.link.article_id == prior.copy_of:
                return found
        elif pack(prior.facts) == pack(item.facts):
            same = any(owner.number == prior.number for owner in self._posting(item.exact))
            share = 1.0 if same else near.own_share if near else 0.0
            if share >= rules.FLAP_CONTAINMENT:
                return _Finding(Copy(prior.story_id, _link("url", prior, share)), prior)
        link = _link("url", prior, near.containment if near else 0.0)
        return _Finding(Update(prior.story_id, link, prior.facts), prior)

    def _text(self) -> _Finding:
        """The verdict on the text alone: the first rule that speaks."""
        return self._exact() or self._title() or self._sketch() or _Finding(New(self._item.article_id))

    def _exact(self) -> _Finding | None:
        owner = self._live(self._posting(self._item.exact))
        return _Finding(Copy(owner.story_id, _link("exact", owner, 1.0)), owner) if owner else None

    def _title(self) -> _Finding | None:
        """Same title, where one of the two has too little text to be compared by it."""
        item = self._item
        if item.title is None or rules.is_boilerplate(self._posting(item.title)):
            return None
        for entry in self._posting(item.title):
            owner = self._live([entry])
            if owner is None or not (item.short or owner.short):
                continue
            link = _link("title", owner, 1.0)
            if item.empty:
                return _Finding(Copy(owner.story_id, link), owner)
            if owner.depth <= rules.REPRESENTATIVE_DEPTH:
                return _Finding(SameStory(owner.story_id, link, copy_of=owner.article_id), owner)
        return None

    def _sketch(self) -> _Finding | None:
        for near in self._nearest():
            owner = near.owner
            link = _link("sketch", owner, near.containment)
            if near.is_copy and near.own_share >= rules.NEW_TEXT_CONTAINMENT:
                return _Finding(Copy(owner.story_id, link), owner, wrapper=near.may_be_wrapper)
            if owner.depth <= rules.REPRESENTATIVE_DEPTH and near.is_story:
                carried = owner.article_id if near.is_copy else None
                return _Finding(SameStory(owner.story_id, link, copy_of=carried), owner)
        return None

    def _nearest(self) -> list[_Resemblance]:
        """Stored texts by containment, highest first; the one that came first among equals."""
        enough = [(number, count) for number, count in self._shared.items() if count >= rules.MIN_SHARED]
        most = sorted(enough, key=lambda pair: (-pair[1], pair[0]))[: rules.MOST_JUDGED]
        owners = (self._live([Owner(self._epoch, number, 0)]) for number, _ in most)
        found = [near for owner in owners if owner and (near := self._resemblance(owner))]
        return sorted(found, key=lambda near: (-near.containment, near.owner.number))

    def _resemblance(self, owner: _Record) -> _Resemblance | None:
        shared = self._shared[owner.number]
        if not shared:
            return None
        sketch = self._item.sketch
        top = sketch.threshold >> TOP_SHIFT
        return _Resemblance(
            owner=owner,
            shared=shared,
            own=sum(1 for value, _ in self._own if value <= owner.top),
            other=rules.common_count(owner.hashes, owner.top, top),
            home=owner.outlet == self._item.outlet,
        )

    # Looking up

    def _posting(self, key: int) -> list[Owner]:
        """The owners of a hash in the live epochs, in order of arrival."""
        posting = self._bucket.postings.get(key)
        if posting is None:
            return []
        oldest = self._epoch - rules.LIVE_EPOCHS + 1
        if posting and posting[0].epoch < oldest:
            posting[:] = [owner for owner in posting if owner.epoch >= oldest]
        return posting

    def _live(self, owners: list[Owner]) -> _Record | None:
        """The first of ``owners`` that is inside the window."""
        for owner in owners:
            record = self._bucket.records.get(owner.number)
            if record and self._now_s - record.seen_s <= self._window_s:
                return record
        return None

    # Remembering

    def _remember(self, finding: _Finding, again: _Record | None) -> None:
        verdict = finding.verdict
        if again and finding.owner is again and isinstance(verdict, Copy):
            self._add_version(again, verdict)  # a flap: nothing else has changed
            return
        record = self._record(finding, again)
        self._add_version(record, verdict)
        self._bucket.records[record.number] = record
        self._bucket.stories.setdefault(record.story_id, {})[record.article_id] = rules.linked(
            self._item.member, record.link, record.copy_of
        )
        for key in self._keys(verdict):
            self._post(key, record.number)
        if finding.wrapper and finding.owner:
            self._note_wrapper(finding.owner.number)

    def _record(self, finding: _Finding, again: _Record | None) -> _Record:
        item, verdict, owner = self._item, finding.verdict, finding.owner
        if again is None:
            self._bucket.last += 1
        link = None if isinstance(verdict, New) else verdict.link
        return _Record(
            number=again.number if again else self._bucket.last,
            article_id=item.article_id,
            story_id=again.story_id if again else verdict.story_id,
            seen_s=self._now_s,
            outlet=item.outlet,
            short=item.short,
            depth=again.depth if again else owner.depth + 1 if owner else 0,
            top=item.sketch.threshold >> TOP_SHIFT,
            hashes=len(item.sketch.hashes),
            facts=item.facts,
            copy_of=rules.copy_of(verdict),
            link=again.link if again else link,
            versions=again.versions if again else {},
        )

    def _add_version(self, record: _Record, verdict: Verdict) -> None:
        if len(record.versions) >= rules.MOST_VERSIONS:
            del record.versions[next(iter(record.versions))]
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
        for value in item.sketch.hashes:
            yield value & MASK

    def _post(self, key: int, number: int) -> None:
        posting = self._posting(key)
        if len(posting) < rules.MAX_OWNERS and all(owner.number != number for owner in posting):
            self._bucket.postings.setdefault(key, posting).append(Owner(self._epoch, number, self._item.outlet))

    def _note_wrapper(self, number: int) -> None:
        """Count what is shared with ``number`` once more for the outlet, under a number that is never live."""
        for _, key in self._own:
            posting = self._posting(key)
            if len(posting) < rules.MAX_OWNERS and any(owner.number == number for owner in posting):
                posting.append(Owner(self._epoch, 0, self._item.outlet))


def _link(linked_by: LinkedBy, owner: _Record, score: float) -> Link:
    return Link(linked_by=linked_by, article_id=owner.article_id, score=rules.rounded(score))
