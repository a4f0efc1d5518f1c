"""A topic as one fills it in: rows of who does what to whom. ``services.desk`` writes and reads it as a pack."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Words = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=400)], ...], Meta(max_length=200)]
Kinds = Annotated[tuple[str, ...], Meta(max_length=20)]
Role = Literal["object", "about", "with"]
Counts = Literal["alone", "headline", "together"]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who, whom or where: kinds that are found by themselves, such as ``state``, or words. One is enough."""

    kinds: Kinds = ()
    words: Words = ()


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked for: who does what to whom, where, and not beside which words.

    ``like`` is an act of the shipped packs whose way of reading it takes over; ``role`` is how ``what`` stands to the
    act; ``parties`` how many different states or blocs take part.
    """

    like: str | None = None
    verbs: Words = ()
    nouns: Words = ()
    phrases: Words = ()
    who: Part = Part()
    what: Part = Part()
    role: Role = "object"
    where: Part = Part()
    without: Words = ()
    parties: Annotated[int, Meta(ge=0, le=2)] = 0
    counts: Counts = "alone"


class TopicForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A topic as one fills it in."""

    topic: Annotated[str, Meta(max_length=40)]
    title: Annotated[str, Meta(max_length=120)]
    version: str = "0.1"
    rows: Annotated[tuple[Row, ...], Meta(max_length=50)] = ()
    masks: Words = ()
    should_match: Words = ()
    should_not_match: Words = ()
