"""What the index keeps of an article: values, whatever a store makes of them. Pure.

Every article has a number, its rank of arrival. Time is cut into slices, :data:`SLICES` to a window; what was entered
more than :data:`LIVE_SLICES` ago is not read.
"""

from typing import Any, Literal, NamedTuple

from msgspec import Struct

from services.contracts.messages import LinkedBy
from services.deduper.core.discriminators import NONE, Discriminators

SLICES = 16
LIVE_SLICES = SLICES + 1
FIRST_COPY = 2**31  # numbers from here on are of copies, which have no text of their own
MOST_VERSIONS = 16  # of one article that are remembered for redeliveries: the first and the latest

Kind = Literal[
    "text", "block", "term", "record", "vector", "sketch", "representatives", "facts", "history", "replaced", "member"
]
Key = tuple[Kind, Any]
"""What is kept, and of what:

- ``text``, ``block``, ``term``: tuple of :class:`Owner`, by a hash of an address, text or title; of a shingle; of a
  term
- ``record``: :class:`Record`; ``vector``: :class:`StoredVector`; ``sketch``: the lowest 16 bits of each hash, in the
  order of the hashes; by number
- ``representatives``: the numbers of a story's further representatives, by the number of its root
- ``facts``: what the latest version that was no copy claims, packed, by number
- ``history``: tuple of :class:`Version` after the first, by number
- ``replaced``: what an update replaced, or the words an event link rests on, by number and version
- ``member``: :class:`~services.contracts.stories.StoryMember`, by the ids of story and article
"""

Outcome = Literal["new", "update", "same_story", "carries", "duplicate"]


class NotLoadedError(LookupError):
    """Something was read before it was loaded. ``key`` says what."""

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.key = key


class Owner(NamedTuple):
    """One entry of a posting: the article ``number`` of an ``outlet`` (8 bits), entered in ``window_slice``."""

    number: int
    outlet: int
    window_slice: int


class Version(NamedTuple):
    """The verdict on one version of an article. ``linked`` is the number of the article it is linked to, 0 for none."""

    hash: int
    outcome: Outcome
    linked_by: LinkedBy | None = None
    score: float = 0.0
    linked: int = 0


class Record(Struct, frozen=True, kw_only=True):
    """One article.

    ``root`` is the number of its story's first member, ``depth`` counts links to it. ``hashes`` is the size of its
    sketch, 0 for a copy, and ``top`` the 32 highest bits of the sketch's threshold. ``carries_text_of`` is the number
    of the article whose text it carries, 0 for its own. ``revised`` says whether it has versions after the ``first``.
    """

    article_id: str
    seen_s: int
    root: int
    outlet: int
    short: bool = False
    depth: int = 0
    top: int = 0
    hashes: int = 0
    carries_text_of: int = 0
    discriminators: Discriminators = NONE
    first: Version
    revised: bool = False


class StoredVector(NamedTuple):
    """A term vector as it is stored. ``terms``: see :func:`~services.deduper.core.similarity.packed_terms`."""

    published_s: int = 0
    seen_s: int = 0
    title_norm: int = 0
    days: int = 0
    terms: tuple[int, ...] = ()


class Head(NamedTuple):
    """Changes with every commit to a language. ``owners`` and ``copies`` are the last numbers given."""

    owners: int = 0
    copies: int = 0
    commit: str = ""


def slice_of(now_s: int, window_s: int) -> int:
    """The number of the slice of time that ``now_s`` lies in."""
    return now_s * SLICES // window_s
