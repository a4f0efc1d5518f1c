"""The rules in the order they speak: address, exact text, title, sketch, event. The script follows step by step."""

from __future__ import annotations

from services.contracts.messages import Link, LinkedBy
from services.deduper.core import verdict as rules
from services.deduper.core.facts import pack
from services.deduper.core.lookup import Lookup
from services.deduper.core.marks import conflict
from services.deduper.core.records import Finding, Record, Resemblance
from services.deduper.core.verdict import Copy, New, SameStory, Update


def by_address(look: Lookup, prior: Record) -> Finding:
    """The verdict on another version of a known address."""
    item = look.item
    near = look.resemblance(prior)
    if prior.copy_of is not None:
        found = by_text(look)
        if isinstance(found.verdict, Copy) and found.owner and found.owner.number == prior.carried:
            return found
    elif prior.facts and pack(prior.facts) == pack(item.facts):
        same = any(owner.number == prior.number for owner in look.posting(item.exact))
        share = 1.0 if same else near.own_share if near else 0.0
        if share >= rules.FLAP_CONTAINMENT:
            return Finding(Copy(prior.story_id, _link("url", prior, share)), prior)
    link = _link("url", prior, near.containment if near else 0.0)
    return Finding(Update(prior.story_id, link, look.said_by(prior)), prior)


def by_text(look: Lookup) -> Finding:
    """The verdict on what is said: the first rule that speaks."""
    return _exact(look) or _title(look) or _sketch(look) or _event(look) or Finding(New(look.item.article_id))


def _exact(look: Lookup) -> Finding | None:
    owner = look.first_live(look.posting(look.item.exact))
    return Finding(Copy(owner.story_id, _link("exact", owner, 1.0)), owner) if owner else None


def _title(look: Lookup) -> Finding | None:
    """Same title, where one of the two has too little text to be compared by it."""
    item = look.item
    if item.title is None or rules.is_boilerplate(look.posting(item.title)):
        return None
    for entry in look.posting(item.title):
        owner = look.live(entry.number)
        if owner is None or not (item.short or owner.short):
            continue
        link = _link("title", owner, 1.0)
        if item.empty:
            return Finding(Copy(owner.story_id, link), owner)
        if owner.depth <= rules.REPRESENTATIVE_DEPTH:
            return Finding(SameStory(owner.story_id, link, copy_of=owner.article_id), owner)
    return None


def _sketch(look: Lookup) -> Finding | None:
    for near in look.nearest_texts():
        found = _sketch_one(look, near)
        if found:
            return found
    return None


def _sketch_one(look: Lookup, near: Resemblance) -> Finding | None:
    owner = near.owner
    if not _means_something(look, near):
        return None
    differs = conflict(look.item.marks, owner.marks, home=near.home)
    if differs == "series":
        return None
    link = _link("sketch", owner, near.containment)
    copied = near.is_copy or _is_edited(look, near)
    own_words = differs is not None or _only_quotes(look, near)
    if _of_others(look, near, copied=copied):
        return None
    if copied and not near.brings_news and not own_words:
        return Finding(Copy(owner.story_id, link), owner, wrapper=near.may_be_wrapper)
    if owner.depth > rules.REPRESENTATIVE_DEPTH:
        return None
    if copied:
        carried = None if own_words or near.containment < rules.CARRIED else owner.article_id
        return Finding(SameStory(owner.story_id, link, copy_of=carried), owner)
    if near.is_story and _about_the_same(look, owner):
        return Finding(SameStory(owner.story_id, link, copy_of=None), owner)
    return None


def _means_something(look: Lookup, near: Resemblance) -> bool:
    """Whether more is shared than two texts may have in common by chance: many shingles; or some, and nearly all that
    can be compared; or few, and the words are of one event."""
    if near.shared >= rules.MIN_SHARED:
        return True
    if near.shared >= rules.SOME_SHARED and near.containment >= rules.SOME_CONTAINMENT:
        return True
    if near.containment < rules.WEAK_CONTAINMENT:
        return False
    story = look.likeness(near.owner.leader)
    return story is not None and story.best >= rules.WEAK_SCORE


def _is_edited(look: Lookup, near: Resemblance) -> bool:
    """Whether this is a heavily edited copy: too few shingles are left, but the words are the same."""
    if near.home or near.containment < rules.EDITED_CONTAINMENT:
        return False
    story = look.likeness(near.owner.leader)
    return story is not None and story.best >= rules.EDITED_SCORE


def _only_quotes(look: Lookup, near: Resemblance) -> bool:
    """Whether two reports share the words of a speech, but not their own."""
    if near.home:
        return False
    plain, taken, quoted = look.own_words(near.owner)
    if plain >= rules.MIN_PLAIN and quoted > taken and taken < rules.OWN_WORDS * plain:
        return True
    if near.containment >= rules.QUOTED_CONTAINMENT:
        return False
    story = look.likeness(near.owner.leader)
    return story is not None and story.best < rules.QUOTED_SCORE


def _of_others(look: Lookup, near: Resemblance, *, copied: bool) -> bool:
    """Whether the newcomer's headline names others than the story speaks of: one form, filled in for another event.

    Under the same headline it is the same: states that are in every second report are among nobody's telling words.
    What is copied may have a headline of its own: there it takes two states, neither of which is spoken of.
    """
    story = look.likeness(near.owner.leader)
    if story is None or _has_title(look, near.owner):
        return False
    if copied:
        return story.met.other_states
    return story.met.foreign or (story.met.strangers and story.best < rules.WEAK_SCORE)


def _has_title(look: Lookup, owner: Record) -> bool:
    """Whether the newcomer's headline is the owner's, too."""
    title = look.item.title
    return title is not None and any(one.number == owner.number for one in look.posting(title))


def _about_the_same(look: Lookup, owner: Record) -> bool:
    """Whether shared passages are background of one story, not links to other articles that both pages carry."""
    if not look.item.event.terms:
        return True
    story = look.likeness(owner.leader)
    return story is None or story.best >= rules.BACKGROUND_SCORE


def _event(look: Lookup) -> Finding | None:
    for story in look.nearest_stories():
        owner = story.owner
        home = owner.outlet == look.item.outlet
        if story.score < (rules.OWN_OUTLET_EVENT if home else rules.EVENT_SCORE):
            continue
        if (
            story.shared < rules.MIN_SHARED_TERMS
            or story.met.other_states
            or conflict(look.item.marks, owner.marks, home=home) == "series"
        ):
            continue
        link = _link("event", owner, min(1.0, story.score), story.words)
        return Finding(SameStory(owner.story_id, link, copy_of=None), owner)
    return None


def _link(linked_by: LinkedBy, owner: Record, score: float, words: tuple[str, ...] = ()) -> Link:
    return Link(linked_by=linked_by, article_id=owner.article_id, score=rules.rounded(score), shared_terms=words)
