"""A story's members, as the deduper stores them and the alerter and the api read them, and who really said it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from services.contracts.messages import LinkedBy


class StoryMember(Struct, frozen=True, kw_only=True):
    """One article of a story. ``copy_of`` names the member whose text it carries, null where the text is its own.

    ``linked_by`` is null for the story's first member.
    """

    article_id: str
    outlet: str
    family: str
    title: str
    first_seen_at: datetime
    wire: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    linked_by: LinkedBy | None = None
    score: float | None = None
    copy_of: str | None = None


class Folded(Struct, frozen=True, kw_only=True):
    """A member with the verdict on it: an independent source, or folded into another and why."""

    member: StoryMember
    independent: bool
    because: str | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StoryMember)


def encode_member(member: StoryMember) -> bytes:
    """A member as it is stored."""
    return _encoder.encode(member)


def decode_member(value: bytes) -> StoryMember:
    """A stored member."""
    return _decoder.decode(value)


def fold(members: Iterable[StoryMember]) -> tuple[Folded, ...]:
    """Every member, in order of first sight, with whether it is a source of its own.

    Copies of one text are one source whoever prints them; labels of one publisher family are one source; a wire
    credit makes the wire the source. The order of the input does not matter.
    """
    ordered = sorted(members, key=lambda m: (m.first_seen_at, m.article_id))
    by_id = {member.article_id: member for member in ordered}
    seen: dict[str, StoryMember] = {}
    return tuple(_fold_one(member, by_id, seen) for member in ordered)


def independent_sources(folded: Sequence[Folded]) -> int:
    """How many independent sources a story has."""
    return sum(1 for item in folded if item.independent)


def _fold_one(member: StoryMember, by_id: dict[str, StoryMember], seen: dict[str, StoryMember]) -> Folded:
    origin = by_id.get(member.copy_of) if member.copy_of else None
    if member.copy_of and (origin is None or origin is not member):
        carrier = origin.outlet if origin else "an earlier member"
        seen.setdefault(_source_of(member), member)
        return Folded(member=member, independent=False, because=f"same text as {carrier}")
    source = _source_of(member)
    first = seen.setdefault(source, member)
    if first is member:
        return Folded(member=member, independent=True)
    if member.wire:
        return Folded(member=member, independent=False, because=f"carries the wire {member.wire}")
    return Folded(member=member, independent=False, because=f"same publisher family as {first.outlet}")


def _source_of(member: StoryMember) -> str:
    return f"wire:{member.wire}" if member.wire else f"family:{member.family}"
