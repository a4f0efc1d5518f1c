"""The verdicts on an article: what the index answers, and what the messages say."""

from dataclasses import dataclass
from typing import Literal, assert_never

from services.contracts.messages import Link
from services.deduper.core.facts import Facts


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
    """A text already seen, in another wrapper; ``link`` names the member whose text it is."""

    story_id: str
    link: Link


Verdict = New | Update | SameStory | Copy
VerdictStatus = Literal["new", "update", "same_story", "duplicate"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, and whether it is the one already given to this very version (``known``)."""

    verdict: Verdict
    known: bool

    @property
    def teaches(self) -> bool:
        """Whether a vocabulary learns from it (:mod:`services.deduper.core.vocabulary`)."""
        return not self.known and isinstance(self.verdict, New)


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


def copy_of(verdict: Verdict) -> str | None:
    """Whose text an article carries, by its verdict."""
    match verdict:
        case Copy():
            return verdict.link.article_id
        case SameStory():
            return verdict.copy_of
        case New() | Update():
            return None
