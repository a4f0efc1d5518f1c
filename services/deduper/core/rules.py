"""The rules in the order they apply: address, exact text, title, sketch, event. In words: ``docs/stories.md``."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from services.contracts.messages import Link, LinkedBy
from services.deduper.core import thresholds as limits
from services.deduper.core.discriminators import conflict
from services.deduper.core.facts import pack
from services.deduper.core.fingerprint import Fingerprint
from services.deduper.core.lookup import Query, TextOverlap, is_boilerplate
from services.deduper.core.passages import LEAST_HASHES, density, is_all_over
from services.deduper.core.records import Record
from services.deduper.core.similarity import MOST_SHARED_WORDS
from services.deduper.core.terms import Term, words_of
from services.deduper.core.verdict import Copy, New, SameStory, Update, Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and the number of the article it links to, 0 for none; ``boilerplate`` where what they share may be
    that of their outlet."""

    verdict: Verdict
    matched: int = 0
    boilerplate: bool = False


def judge(query: Query) -> Finding:
    """The verdict on an article that has not been judged in this version."""
    previous = query.previous_version()
    return _by_address(query, previous) if previous else _by_text(query)


def _by_address(query: Query, previous: Record) -> Finding:
    """The verdict on another version of a known address."""
    view, item, number = query.view, query.item, query.previous_number
    near = query.overlap(number)
    if previous.carries_text_of:
        found = _by_text(query)
        if isinstance(found.verdict, Copy) and found.matched == previous.carries_text_of:
            return found
    elif view.facts(number) == pack(item.facts):
        same = any(owner.number == number for owner in query.text_owners(item.exact))
        share = 1.0 if same else near.own_share if near else 0.0
        if share >= limits.REVERTED_CONTAINMENT:
            return Finding(Copy(view.story_id(previous), _link("url", previous, share)), number)
    link = _link("url", previous, near.containment if near else 0.0)
    return Finding(Update(view.story_id(previous), link, query.claimed_before(previous)), number)


def _by_text(query: Query) -> Finding:
    """The verdict on what is said: the first rule that speaks."""
    return _exact(query) or _title(query) or _sketch(query) or _event(query) or Finding(New(query.item.article_id))


def _exact(query: Query) -> Finding | None:
    for number, matched in query.live_owners(query.text_owners(query.item.exact)):
        return Finding(Copy(query.view.story_id(matched), _link("exact", matched, 1.0)), number)
    return None


def _title(query: Query) -> Finding | None:
    """Same title, where one of the two has too little text to be compared by it."""
    item, owners = query.item, query.text_owners(query.item.title)
    if is_boilerplate(owners):
        return None
    for number, matched in query.live_owners(owners):
        if not (item.short or matched.short):
            continue
        story_id, link = query.view.story_id(matched), _link("title", matched, 1.0)
        if item.empty:
            return Finding(Copy(story_id, link), number)
        if matched.depth <= limits.REPRESENTATIVE_DEPTH:
            return Finding(SameStory(story_id, link, copy_of=matched.article_id), number)
    return None


def _sketch(query: Query) -> Finding | None:
    """Shared shingles: the nearest text of which a rule says something."""
    for near in query.nearest_texts():
        found = _sketch_one(query, near)
        if found:
            return found
    return None


def _sketch_one(query: Query, near: TextOverlap) -> Finding | None:
    matched = near.record
    if not _means_something(query, near):
        return None
    differs = conflict(query.item.discriminators, matched.discriminators, same_outlet=near.same_outlet)
    if differs == "event":
        return None
    edited = _is_edited(query, near)
    copied = edited or _is_copy(near)
    own_words = differs is not None or _only_quotes(query, near) or (not edited and _in_passages(query, near))
    if _is_about_others(query, near, copied=copied):
        return None
    story_id, link = query.view.story_id(matched), _link("sketch", matched, near.containment)
    if copied and not own_words and not _brings_news(near, edited=edited):
        boilerplate = near.same_outlet and near.containment < limits.BOILERPLATE_BELOW
        return Finding(Copy(story_id, link), near.number, boilerplate=boilerplate)
    if matched.depth > limits.REPRESENTATIVE_DEPTH:
        return None
    if copied:
        carried = None if own_words or near.containment < limits.CARRIED else matched.article_id
        return Finding(SameStory(story_id, link, copy_of=carried), near.number)
    if _is_story(near) and _about_the_same(query, matched):
        return Finding(SameStory(story_id, link, copy_of=None), near.number)
    return None


def _means_something(query: Query, near: TextOverlap) -> bool:
    """Whether more is shared than two texts may have in common by chance: many shingles; or some, and nearly all that
    can be compared; or few, and the words are of one event."""
    if near.shared >= limits.MIN_SHARED:
        return True
    if near.shared >= limits.SOME_SHARED and near.containment >= limits.SOME_CONTAINMENT:
        return True
    if near.containment < limits.WEAK_CONTAINMENT:
        return False
    story = query.similarity(near.record.root)
    return story is not None and story.best >= limits.WEAK_SCORE


def _is_copy(near: TextOverlap) -> bool:
    return near.containment >= (limits.OWN_OUTLET_COPY if near.same_outlet else limits.COPY_CONTAINMENT)


def _is_edited(query: Query, near: TextOverlap) -> bool:
    """Whether this is a heavily edited copy: few shingles are left, but all over the text, or most words are."""
    if near.same_outlet or not limits.EDITED_CONTAINMENT <= near.containment < limits.QUOTED_CONTAINMENT:
        return False
    if near.shared >= limits.MIN_SHARED and is_all_over(query.shared_in_order(near)):
        return True
    story = query.similarity(near.record.root)
    return story is not None and story.best >= limits.EDITED_SCORE


def _brings_news(near: TextOverlap, *, edited: bool) -> bool:
    """Whether the article has much that the stored text has not: mostly its own words, or far more of them."""
    least = limits.EDITED_CONTAINMENT if edited else limits.NEW_TEXT_CONTAINMENT
    return near.own_share < least or near.own >= limits.FULLER * near.other


def _is_story(near: TextOverlap) -> bool:
    return near.containment >= (limits.OWN_OUTLET_STORY if near.same_outlet else limits.STORY_CONTAINMENT)


def _only_quotes(query: Query, near: TextOverlap) -> bool:
    """Whether two reports share the words of a speech, but not their own."""
    if near.same_outlet:
        return False
    plain, taken, quoted = query.own_words(near)
    return plain >= limits.MIN_PLAIN and quoted > taken and taken < limits.OWN_WORDS * plain


def _in_passages(query: Query, near: TextOverlap) -> bool:
    """Whether two reports share passages between words of their own."""
    if near.same_outlet or near.containment >= limits.QUOTED_CONTAINMENT:
        return False
    shared = query.shared_in_order(near)
    return len(shared) >= LEAST_HASHES and density(shared) < limits.STRETCH


def _is_about_others(query: Query, near: TextOverlap, *, copied: bool) -> bool:
    """Whether the article's headline names others than the story speaks of: one form, filled in for another event.

    Under the same headline it is the same: states that are in every second report are no characteristic words of any.
    What is copied may have a headline of its own: there it takes two states, neither of which is spoken of.
    """
    story = query.similarity(near.record.root)
    if story is None or any(owner.number == near.number for owner in query.text_owners(query.item.title)):
        return False
    if copied:
        return story.entities.states_disjoint
    return story.entities.state_missing or (story.entities.none_shared and story.best < limits.WEAK_SCORE)


def _about_the_same(query: Query, matched: Record) -> bool:
    """Whether shared passages are background of one story, not links to other articles that both pages carry."""
    if not query.item.terms.terms:
        return True
    story = query.similarity(matched.root)
    return story is None or story.best >= limits.BACKGROUND_SCORE


def _event(query: Query) -> Finding | None:
    """Other words about the same: the first of the nearest stories that is near enough."""
    item = query.item
    for story in query.nearest_stories():
        matched = query.view.record(story.number)
        if matched is None:
            continue
        same_outlet = matched.outlet == item.outlet
        if (
            story.score
            < (_least_score_of_one_outlet(item, story.shared) if same_outlet else _least_score(story.shared))
            or story.entities.states_disjoint
            or conflict(item.discriminators, matched.discriminators, same_outlet=same_outlet) == "event"
        ):
            continue
        words = tuple(term.word for term in story.shared[:MOST_SHARED_WORDS])
        link = _link("event", matched, min(1.0, story.score), words)
        return Finding(SameStory(query.view.story_id(matched), link, copy_of=None), story.number)
    return None


def _least_score(shared: Iterable[Term]) -> float:
    """How alike two reports must be: the fewer things they share, the more."""
    return limits.EVENT_SCORES[min(things(shared), len(limits.EVENT_SCORES) - 1)]


def _least_score_of_one_outlet(item: Fingerprint, shared: Iterable[Term]) -> float:
    """The same within one outlet, where the name of a column ("Selwyn Digest: ...") is nothing that two share."""
    name, colon, _ = item.member.title.partition(": ")
    words = len(words_of(name)) if colon else 0
    column = words if words <= limits.MOST_COLUMN_WORDS else 0
    return max(_least_score(term for term in shared if not 0 < term.place <= column), limits.OWN_OUTLET_EVENT)


def things(shared: Iterable[Term]) -> int:
    """How many things the words name. Two that stand side by side in the headline ("Ann Selwyn", "imminent threat") are
    one; ordinary words name nothing."""
    telling = [term for term in shared if not term.ordinary]
    found, last = sum(not term.titled for term in telling), 0
    for place in sorted(term.place for term in telling if term.titled):
        if last and place == last + 1:
            last = 0  # the second of a pair
            continue
        found, last = found + 1, place
    return found


def _link(linked_by: LinkedBy, matched: Record, score: float, words: tuple[str, ...] = ()) -> Link:
    return Link(linked_by=linked_by, article_id=matched.article_id, score=rounded(score), shared_terms=words)


def rounded(score: float) -> float:
    """Four decimals, rounded half up: as a store keeps a score, in ten-thousandths."""
    return math.floor(score * 10_000 + 0.5) / 10_000
