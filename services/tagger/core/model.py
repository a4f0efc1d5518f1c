"""A topic pack as a value: what the YAML says, checked, with the line of everything that can fail later."""

from dataclasses import dataclass
from typing import Literal

from services.contracts.messages import EventMode

Position = Literal["title", "lead", "body"]
POSITIONS: tuple[Position, ...] = ("title", "lead", "body")
Slot = Literal["agent", "object", "about", "place", "with"]
SLOTS: tuple[Slot, ...] = ("agent", "object", "about", "place", "with")

Names = tuple[str, ...]
"""Names of things or kinds of which one is enough: ``warship|submarine`` in a pack."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase, as written, and where it stands."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Need:
    """What an act needs beside it to count: a filler for every slot, and so many different ``parties``.

    ``owner`` is whose the thing has to be that it is about: its flag, its state. ``not_agent`` does not do it,
    and it is not done to ``not_object``. ``weight`` replaces that of the act where it is given.
    ``name`` is the pack's, where several acts share it.
    """

    slots: tuple[tuple[Slot, Names], ...]
    owner: Names
    parties: int
    without: Names
    not_agent: Names
    not_object: Names
    weight: float | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Acts of one class: how they are said, what they need (one of ``needs``), and how much they weigh (0 to 1).

    ``kind`` is the class on the wire, the ``id`` unless the pack says another: one class may have several rules.
    ``mutual``: its parties do it together. ``lasting``: told in the present it is under way.
    ``own``: the thing is the doer's own, so that its owner is the doer.
    ``lent``: its subject only gets it; who owns the thing or lets it be used does it.
    ``practice``: its plural noun, where nothing says that it is new, is a practice and no act: "strikes on boats".
    ``modes`` are factors by mode that replace those of the pack. ``passive``: verbs that say it of what it is done to,
    in languages where the forms do not tell; in English phrases ("after US attack").
    """

    id: str
    kind: str
    verb: str
    line: int
    weight: float
    plover: str | None
    cameo: str | None
    verbs: tuple[Phrase, ...]
    passive: tuple[Phrase, ...]
    nouns: tuple[Phrase, ...]
    phrases: tuple[Phrase, ...]
    needs: tuple[Need, ...]
    mutual: bool
    lasting: bool
    own: bool
    lent: bool
    practice: bool
    modes: dict[EventMode, float]


@dataclass(frozen=True, slots=True)
class Discount:
    """What makes a sentence, or the whole article, count less: shown with its name, never a silent drop."""

    id: str
    line: int
    words: Names
    whole_article: bool
    at_least: int
    factor: float
    unless: Names
    where: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A text that must, or must not, get the topic."""

    title: str
    text: str
    match: bool
    line: int


@dataclass(frozen=True, slots=True)
class Pack:
    """One topic in one language. ``version`` is the pack's own with a digest of all that decides the result.

    ``modes`` says how much an act counts by how far it has come, ``weights`` by where it stands.
    """

    topic: str
    version: str
    title: str
    language: str
    threshold: float
    weights: dict[Position, float]
    modes: dict[EventMode, float]
    things: dict[str, tuple[Phrase, ...]]
    groups: dict[str, Names]
    masks: tuple[Phrase, ...]
    acts: tuple[Act, ...]
    discounts: tuple[Discount, ...]
    examples: tuple[Example, ...]
    file: str

    @property
    def id(self) -> str:
        """``<topic>@<version>``, as it stands on every tag."""
        return f"{self.topic}@{self.version}"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Things and masks that every pack may use."""

    things: dict[str, tuple[Phrase, ...]]
    masks: tuple[Phrase, ...]
