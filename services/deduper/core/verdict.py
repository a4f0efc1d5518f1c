"""The verdicts, and every threshold that leads to one. The Redis script is given these same numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, assert_never

import msgspec

from services.contracts.messages import Link
from services.contracts.stories import StoryMember
from services.deduper.core.facts import Facts

# Measured on 500 real articles and 13 edits of each (docs/measurements/dedupe.md).
MIN_SHARED = 8  # shingles two texts must share before their containment means anything
SOME_SHARED = 4  # are enough where they are nearly all that can be compared: an excerpt of a long text
SOME_CONTAINMENT = 0.80
WEAK_SHARED = 3  # are enough where they are most of a short text that is about the same event
WEAK_CONTAINMENT = 0.45
WEAK_SCORE = 0.40
COPY_CONTAINMENT = 0.45  # from here on it is the same article
EDITED_CONTAINMENT = 0.30  # and from here on where the words are this much alike: heavily edited copies score
EDITED_SCORE = 0.72  # .51 to .88, median .80; reports with as much of an agency's background .70 at most
QUOTED_CONTAINMENT = 0.62  # below it, and with words less alike than this, it is another report that quotes the same
QUOTED_SCORE = 0.52
MIN_PLAIN = 16  # shingles outside of quotations that say whether a text has words of its own
OWN_WORDS = 0.15  # less than this taken over of them, and more of the quotations: it quotes the same
CARRIED = 0.62  # of a text must stand in one with much else for it to be carried, and not cited, there
STORY_CONTAINMENT = 0.20  # from here on it is the same running story: follow-ups reuse background paragraphs
OWN_OUTLET_COPY = 0.90  # within one outlet the longer text counts, and its releases share a form: of it, this much
OWN_OUTLET_STORY = 0.30
WRAPPER_BELOW = 0.97  # a copy within one outlet below this may be its wrapper: what is shared is noted as such
FLAP_CONTAINMENT = 0.90  # two versions of one address that share this much differ by an advertisement or a comma
NEW_TEXT_CONTAINMENT = 0.34  # a newcomer that is mostly its own text is news even where it swallows an older text
FULLER = 1.8  # so is one this much longer than the text it contains: an excerpt may come before its article
MAX_OWNERS = 12  # a shingle in this many texts is boilerplate
MAX_OUTLET_OWNERS = 3  # a shingle in this many texts of one outlet is that outlet's wrapper
MOST_JUDGED = 8  # of the texts that share anchors, those that share most are looked at
EVENT_SCORE = 0.38  # of core.event: from here on two reports are of one event
OWN_OUTLET_EVENT = 0.50  # within one outlet, whose articles share its style and its subjects
BACKGROUND_SCORE = 0.20  # below this, shared passages are links to other articles
MIN_SHARED_TERMS = 4
SAME_DAY = 0.03  # both texts name a weekday, and the same: added
OTHER_DAY = 0.15  # they name others: taken away (measured on half of 700 events, checked on the other half)
STRANGERS = 0.04  # taken away where a text speaks of none of whom the newcomer's headline names
OTHER_STATES = 0.10  # or leaves out any of the states
NEAR_S = 2 * 86_400  # published this close to each other, reports of one event are likelier
NEAR_BONUS = 0.06
FAR_S = 4 * 86_400  # and this far apart they are of two events of one running story
MOST_STORIES = 4  # are looked at: those that share most of the rarest and weightiest terms
MOST_STORIES_A_TERM = 8  # the latest
MOST_REPRESENTATIVES = 4  # of a story: its first members
MOST_VERSIONS = 16  # of one article that are remembered for redeliveries: the first and the latest
FIRST_COPY = 2**31  # numbers from here on are of copies
EPOCHS = 16  # of a window; what was entered longer ago than a window and a sixteenth is not read
LIVE_EPOCHS = EPOCHS + 1
REPRESENTATIVE_DEPTH = 1  # links between a member and its story's first: deeper members attract copies only


@dataclass(frozen=True, slots=True)
class New:
    """Opens a story."""

    story_id: str


@dataclass(frozen=True, slots=True)
class Update:
    """Another version of a known address, with really new text. ``before`` is what the last version claimed."""

    story_id: str
    link: Link
    before: Facts


@dataclass(frozen=True, slots=True)
class SameStory:
    """New text on a known story. ``copy_of`` is set where it carries a member's text among new text."""

    story_id: str
    link: Link
    copy_of: str | None


@dataclass(frozen=True, slots=True)
class Copy:
    """A text already seen, in another wrapper; ``link`` names the member that owns it."""

    story_id: str
    link: Link


Verdict = New | Update | SameStory | Copy
VerdictStatus = Literal["new", "update", "same_story", "duplicate"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, and whether it is the one already given to this very version (``known``)."""

    verdict: Verdict
    known: bool


def status(verdict: Verdict) -> VerdictStatus:
    """The verdict in one word."""
    match verdict:
        case New():
            return "new"
        case Update():
            return "update"
        case SameStory():
            return "same_story"
        case Copy():
            return "duplicate"
        case _:
            assert_never(verdict)


def common_count(hashes: int, threshold: int, other_threshold: int, last_shared: tuple[int, int]) -> int:
    """How many of a stored text's hashes lie below a lower threshold.

    The store keeps the lowest bits of each, in the order of the hashes. ``last_shared`` is how many of them there are
    up to the last that both have, and that one. What lies behind it is uniform, so it is the proportion.
    """
    if other_threshold >= threshold:
        return hashes
    known, last = last_shared
    return known + int((hashes - known) * (other_threshold - last) / (threshold - last) + 0.5)


def share(part: int, whole: int) -> float:
    """``part`` of ``whole``, at most 1; 0 of nothing."""
    return min(1.0, part / whole) if whole else 0.0


def rounded(score: float) -> float:
    """Four decimals, rounded half up: as the store keeps a score, in ten-thousandths."""
    return math.floor(score * 10_000 + 0.5) / 10_000


def copy_of(verdict: Verdict) -> str | None:
    """Whose text an article carries, by its verdict."""
    match verdict:
        case Copy():
            return verdict.link.article_id
        case SameStory():
            return verdict.copy_of
        case New() | Update():
            return None


def linked(member: StoryMember, link: Link | None, carried: str | None) -> StoryMember:
    """The member with its link."""
    if link is None:
        return member
    return msgspec.structs.replace(member, linked_by=link.linked_by, score=link.score, copy_of=carried)


class Owner(NamedTuple):
    """One entry of a posting: the article ``number`` of an ``outlet`` (8 bits), entered in ``epoch``."""

    epoch: int
    number: int
    outlet: int


def is_boilerplate(owners: Sequence[Owner]) -> bool:
    """Whether a hash is a wrapper's: in too many texts, or in several of one outlet."""
    if len(owners) >= MAX_OWNERS:
        return True
    if len(owners) < MAX_OUTLET_OWNERS:
        return False
    outlets = [owner.outlet for owner in owners]
    return any(outlets.count(outlet) >= MAX_OUTLET_OWNERS for outlet in outlets)


def epoch_of(now_s: int, window_s: int) -> int:
    """The number of the epoch of ``now_s``: :data:`EPOCHS` of them make a window, :data:`LIVE_EPOCHS` are read."""
    return now_s * EPOCHS // window_s
