"""A topic pack as a value: what the YAML says, checked, with the line of everything that can fail later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Position = Literal["title", "lead", "body"]
POSITIONS: tuple[Position, ...] = ("title", "lead", "body")

Names = tuple[str, ...]
"""Names of concepts of which one is enough: ``join|leave`` in a pack."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of a concept, as written, and where it stands."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """Concepts that stand together. ``ordered``: in this order; ``within``: at most so many words between two."""

    items: tuple[Names, ...]
    within: int
    ordered: bool


@dataclass(frozen=True, slots=True)
class ActorNeed:
    """So many different actors of each kind in the sentence: ``{"state": 2}``."""

    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a sentence has to hold to prove the topic, and how much that weighs (0 to 1)."""

    id: str
    about: str
    line: int
    weight: float
    trigger: Names
    all: tuple[Names, ...]
    any: Names
    none: Names
    patterns: tuple[Pattern, ...]
    never: tuple[Pattern, ...]
    actors: tuple[ActorNeed, ...]
    where: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Damping:
    """What makes a sentence, or the whole article, count less: shown with its name, never a silent drop."""

    id: str
    about: str
    line: int
    concepts: Names
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
    """One topic. ``version`` is the pack's own with a digest of all that decides the result."""

    topic: str
    version: str
    title: str
    language: str
    threshold: float
    weights: dict[Position, float]
    concepts: dict[str, tuple[Phrase, ...]]
    masks: tuple[Phrase, ...]
    rules: tuple[Rule, ...]
    damping: tuple[Damping, ...]
    examples: tuple[Example, ...]
    file: str

    @property
    def id(self) -> str:
        """``<topic>@<version>``, as it stands on every tag."""
        return f"{self.topic}@{self.version}"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Concepts and masks that every pack may use."""

    concepts: dict[str, tuple[Phrase, ...]]
    masks: tuple[Phrase, ...]
