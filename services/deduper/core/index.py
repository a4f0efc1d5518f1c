"""Check and insert: the verdict on an article, and all that is written down about it, on one view. Pure."""

from msgspec.structs import replace

from services.contracts.messages import Link
from services.contracts.stories import StoryMember
from services.deduper.core import facts as facts_
from services.deduper.core import thresholds as limits
from services.deduper.core.fingerprint import MASK
from services.deduper.core.lookup import Query, version_of
from services.deduper.core.records import (
    MOST_VERSIONS,
    Kind,
    Outcome,
    Owner,
    Record,
    StoredVector,
    Version,
)
from services.deduper.core.rules import Finding, judge
from services.deduper.core.similarity import packed_terms
from services.deduper.core.sketch import STORED_MASK, TOP_SHIFT
from services.deduper.core.terms import POSTED_TERMS
from services.deduper.core.verdict import Copy, Decision, New, SameStory, Update, Verdict, copy_of
from services.deduper.core.view import View


def check_and_insert(query: Query) -> Decision:
    """The verdict on the article of ``query``, written to its view.

    The same version of the same article again gets the verdict it got. Raises
    :class:`~services.deduper.core.records.NotLoadedError`, and has written nothing then.
    """
    given = given_before(query)
    if given:
        return Decision(given, known=True)
    finding = judge(query)
    insert(query, finding)
    return Decision(finding.verdict, known=False)


def given_before(query: Query) -> Verdict | None:
    """The verdict that this very version of an article got before."""
    view, record = query.view, query.previous_version()
    if record is None or record.article_id != query.item.article_id:
        return None
    version = version_of(view, query.previous_number, record, query.item.version)
    if version is None:
        return None
    story_id = view.story_id(record)
    if version.outcome == "new" or version.linked_by is None:
        return New(story_id)
    note = view.replaced(query.previous_number, version.hash) if version.linked_by in ("url", "event") else ""
    linked = view.record(version.linked)
    words = tuple(note.split("\x1e")) if version.linked_by == "event" else ()
    link = Link(
        linked_by=version.linked_by,
        article_id=linked.article_id if linked else story_id,
        score=version.score,
        shared_terms=words,
    )
    match version.outcome:
        case "update":
            return Update(story_id, link, facts_.unpack(note))
        case "duplicate":
            return Copy(story_id, link)
        case "carries":
            return SameStory(story_id, link, copy_of=link.article_id)
        case _:
            return SameStory(story_id, link, copy_of=None)


def insert(query: Query, finding: Finding) -> int:
    """Write down what was found about an article. Returns its number."""
    draft = View(query.view, query.view.head, query.view.window_s, query.view.now_s)
    insertion = _Insertion(query, finding, draft)
    insertion.run()
    query.view.merge(draft)
    return insertion.number


def insert_root(view: View, story_id: str) -> int:
    """Write down a story's first member of which nothing is known but its id. It is never inside the window."""
    number = view.number(copy=False)
    view.put("record", number, Record(article_id=story_id, seen_s=0, root=number, outlet=0, first=Version(0, "new")))
    return number


class _Insertion:
    """Writes one article and the verdict on it to ``draft``."""

    def __init__(self, query: Query, finding: Finding, draft: View) -> None:
        self._query = query
        self._item = query.item
        self._draft = draft
        self._finding = finding
        self._verdict = finding.verdict
        self._is_copy = isinstance(finding.verdict, Copy)
        previous = query.previous_version()
        self._before = previous if previous and previous.article_id == query.item.article_id else None
        self.number = query.previous_number if self._before else draft.number(copy=self._is_copy)

    def run(self) -> None:
        version = self._version()
        if self._before:
            self._add_version(version)
        if self._is_copy and self._finding.matched == self.number:  # only trivially changed: nothing else to say
            self._draft.put("record", self.number, replace(self._record(version), revised=True))
            return
        record = self._record(version)
        self._draft.put("record", self.number, record)
        self._put_member(record)
        self._put_postings()
        if self._is_copy:
            return
        self._draft.put("facts", self.number, facts_.pack(self._item.facts))
        self._draft.put("sketch", self.number, tuple([value & STORED_MASK for value in self._item.sketch.hashes]))
        if not isinstance(self._verdict, Update):
            self._represent(record.root)

    def _version(self) -> Version:
        verdict, note = self._verdict, ""
        if isinstance(verdict, New):
            return Version(self._item.version, "new")
        if isinstance(verdict, Update):
            note = f"{facts_.pack(verdict.before)}\x1f{verdict.before.title}"
        elif verdict.link.linked_by == "event":
            note = "\x1e".join(verdict.link.shared_terms)
        if note:
            self._draft.put("replaced", (self.number, self._item.version), note)
        link = verdict.link
        return Version(self._item.version, _outcome(verdict), link.linked_by, link.score, self._finding.matched)

    def _add_version(self, version: Version) -> None:
        further = (*self._draft.history(self.number), version)
        self._draft.put("history", self.number, further[1:] if len(further) >= MOST_VERSIONS else further)

    def _record(self, version: Version) -> Record:
        """The record as it is from now on. Of an article that was known only what its text says is new."""
        item, before = self._item, self._before
        if before and self._is_copy and self._finding.matched == self.number:
            return before
        matched = self._draft.record(self._finding.matched) if self._finding.matched else None
        made = Record(
            article_id=item.article_id,
            seen_s=self._draft.now_s,
            root=matched.root if matched else self.number,
            outlet=item.outlet,
            depth=min(255, matched.depth + 1) if matched else 0,
            carries_text_of=self._finding.matched if copy_of(self._verdict) is not None else 0,
            first=version,
        )
        if not self._is_copy:  # nothing is compared with a copy
            made = replace(
                made,
                short=item.short,
                top=item.sketch.threshold >> TOP_SHIFT,
                hashes=len(item.sketch.hashes),
                discriminators=replace(item.discriminators, text_numbers=frozenset()),
            )
        if before is None:
            return made
        return replace(made, root=before.root, depth=before.depth, first=before.first, revised=True)

    def _put_member(self, record: Record) -> None:
        """The member as its story has it, and the root's record with it: that stays for as long as the story does."""
        view, story_id = self._query.view, self._verdict.story_id
        root = view.record(record.root) if record.root != self.number else None
        if root:
            self._draft.put("record", record.root, root)
        member = linked_member(self._item.member, record.first, copy_of(self._verdict))
        self._draft.put("member", (story_id, record.article_id), member)

    def _put_postings(self) -> None:
        """The hashes by which the article will be found. A copy is found by its address only, and another version that
        changes nothing not at all: others of its kind are copies of the same article."""
        item, verdict = self._item, self._verdict
        if isinstance(verdict, Copy):
            if verdict.link.linked_by != "url":
                self._post("text", item.identity)
            if self._finding.boilerplate:
                self._note_boilerplate()
            return
        self._post("text", item.identity)
        self._post("text", item.exact)
        if item.title is not None:
            self._post("text", item.title)
        for key in item.sketch.blocking_hashes(MASK):
            self._post("block", key)

    def _owner(self, number: int) -> Owner:
        return Owner(number, self._item.outlet & 0xFF, self._draft.slice)

    def _post(self, kind: Kind, key: int) -> None:
        owners = self._query.owners(kind, key)
        if len(owners) < limits.MAX_OWNERS and all(owner.number != self.number for owner in owners):
            self._draft.put(kind, key, (*owners, self._owner(self.number)))

    def _note_boilerplate(self) -> None:
        """Count the blocking hashes shared once more for the outlet, under a number that is never live."""
        for key, owners in self._query.blocking:
            if len(owners) < limits.MAX_OWNERS and any(owner.number == self._finding.matched for owner in owners):
                self._draft.put("block", key, (*owners, self._owner(0)))

    def _represent(self, root: int) -> None:
        """Add the article to its story's representatives while there is room, and its rarest terms to the index."""
        terms = self._item.terms
        held = self._draft.representatives(root) if root != self.number else ()
        if not terms.terms or len(held) >= limits.MOST_REPRESENTATIVES:
            return
        vector = StoredVector(
            self._item.published_s, self._draft.now_s, terms.title_norm, terms.days, packed_terms(terms)
        )
        self._draft.put("vector", self.number, vector)
        if held:
            self._draft.put("representatives", root, (*held[1:], self.number))
        for term in terms.terms[:POSTED_TERMS]:
            self._post_term(term.key, root)

    def _post_term(self, key: int, root: int) -> None:
        """Postings of terms keep the latest stories: the oldest makes room."""
        owners = self._query.owners("term", key)
        if any(owner.number == root for owner in owners):
            return
        if len(owners) >= limits.MOST_STORIES_A_TERM:
            oldest = min(owners)
            owners = tuple(owner for owner in owners if owner is not oldest)
        self._draft.put("term", key, (*owners, self._owner(root)._replace(outlet=0)))


def linked_member(member: StoryMember, first: Version, carried: str | None) -> StoryMember:
    """The member with the link of its first version."""
    if first.linked_by is None:
        return member
    return replace(member, linked_by=first.linked_by, score=first.score, copy_of=carried)


def _outcome(verdict: Verdict) -> Outcome:
    match verdict:
        case New():
            return "new"
        case Update():
            return "update"
        case Copy():
            return "duplicate"
        case SameStory(copy_of=None):
            return "same_story"
        case SameStory():
            return "carries"
