"""Bytes to values and back: how the index lies in Redis. Numbers are big-endian.

A posting string is entries of one size in order of arrival, each: part of the hash, the number of the owner (4), its
outlet (1, not with terms), its slice of time (1). A record is under 64 bytes, so that the server keeps it packed.
"""

import itertools
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from services.contracts.messages import LinkedBy
from services.deduper.core.discriminators import Discriminators
from services.deduper.core.fingerprint import BITS
from services.deduper.core.records import LIVE_SLICES, Kind, Outcome, Owner, Record, StoredVector, Version
from services.deduper.core.terms import MOST_TERMS

_HEX_ID = re.compile(r"[0-9a-f]{24}")
_LINKS: tuple[LinkedBy | None, ...] = (None, "url", "exact", "title", "sketch", "event")
_OUTCOMES: tuple[Outcome, ...] = ("new", "update", "same_story", "carries", "duplicate")
_SLICES = 255  # of time, before the number in an entry comes again; what is older than a window is dropped long before

_RECORD = struct.Struct(">IIIIHBBB6sBBHIB")
_VERSION = struct.Struct(">6sBBHI")
_VECTOR = struct.Struct(">IIBBB")
VECTOR_BYTES = _VECTOR.size + 4 * MOST_TERMS


@dataclass(frozen=True)
class Layout:
    """Where the postings of a kind lie: their key has ``infix`` and the first ``key_bits`` of a hash.

    Of the hash ``field_bytes`` lie in each entry: those behind the bits of the key, or the ``lowest``.
    """

    infix: bytes
    key_bits: int
    field_bytes: int
    has_outlet: bool
    lowest: bool = False

    @cached_property
    def owner(self) -> struct.Struct:
        """What lies behind the bytes of the hash in an entry."""
        return struct.Struct(">IBB" if self.has_outlet else ">IB")

    @cached_property
    def size(self) -> int:
        """Bytes of an entry."""
        return self.field_bytes + self.owner.size


# At a million articles in a window there are about 45 entries to a string of blocking hashes.
LAYOUTS: dict[Kind, Layout] = {
    "text": Layout(b":x:", 16, 4, has_outlet=True),
    "block": Layout(b":s:", 18, 2, has_outlet=True),
    "term": Layout(b":t:", 16, 3, has_outlet=False, lowest=True),
}


def place_of(layout: Layout, hash_: int) -> tuple[bytes, bytes]:
    """The last part of a posting's key, and what of the hash lies in each entry."""
    behind = BITS - layout.key_bits
    spare = 0 if layout.lowest else behind - 8 * layout.field_bytes
    field = (hash_ >> spare & (1 << 8 * layout.field_bytes) - 1).to_bytes(layout.field_bytes, "big")
    return (hash_ >> behind).to_bytes(3, "big"), field


def owners_in(layout: Layout, raw: bytes, field: bytes, now: int) -> tuple[Owner, ...]:
    """The owners of a hash that are read in slice ``now``."""
    found = []
    slices, size, width, unpacked = _slices_read(now), layout.size, layout.field_bytes, layout.owner.unpack_from
    at = raw.find(field)
    while at >= 0:
        if at % size:
            at = raw.find(field, at + 1)
            continue
        entry = unpacked(raw, at + width)
        entered = slices.get(entry[-1])
        if entered is not None:
            found.append(Owner(entry[0], entry[1] if layout.has_outlet else 0, entered))
        at = raw.find(field, at + size)
    return tuple(found)


def with_owners(
    layout: Layout, raw: bytes, field: bytes, before: Sequence[Owner], owners: Sequence[Owner], now: int
) -> bytes:
    """A string in which a hash has ``owners`` where it had ``before``; what is no longer read is dropped."""
    if owners[: len(before)] == before:
        added = owners[len(before) :]
        if raw and raw[layout.size - 1] not in _slices_read(now):
            raw = b"".join([entry for entry in _entries(layout, raw) if entry[-1] in _slices_read(now)])
    else:
        added = owners
        entries = (entry for entry in _entries(layout, raw) if not entry.startswith(field))
        raw = b"".join([entry for entry in entries if entry[-1] in _slices_read(now)])
    return raw + b"".join([_entry(layout, field, owner) for owner in added])


def _entries(layout: Layout, raw: bytes) -> list[bytes]:
    return [raw[at : at + layout.size] for at in range(0, len(raw), layout.size)]


def _entry(layout: Layout, field: bytes, owner: Owner) -> bytes:
    outlet = (owner.outlet,) if layout.has_outlet else ()
    return field + layout.owner.pack(owner.number, *outlet, owner.window_slice % _SLICES + 1)


@lru_cache(maxsize=4)
def _slices_read(now: int) -> Mapping[int, int]:
    """The slices that are read in slice ``now``, by what is stored of them; some lie a little ahead, where another
    worker's clock does."""
    return {one % _SLICES + 1: one for one in range(now - LIVE_SLICES + 1, now + _SLICES - _SLICES // 2 + 1)}


def pack_id(article_id: str) -> bytes:
    """An article id as it is stored: a zero byte and 12 bytes for one of ``contracts.ids``, else the text itself."""
    if _HEX_ID.fullmatch(article_id):
        return b"\0" + bytes.fromhex(article_id)
    return article_id.encode("utf-8", "replace")[:255]


def unpack_id(stored: bytes) -> str:
    """The inverse of :func:`pack_id`."""
    return stored[1:].hex() if stored[:1] == b"\0" else stored.decode("utf-8", "replace")


def pack_version(version: Version) -> bytes:
    """14 bytes."""
    return _VERSION.pack(*_packed_version(version))


def unpack_versions(raw: bytes) -> tuple[Version, ...]:
    """Versions behind each other."""
    return tuple(itertools.starmap(_version, _VERSION.iter_unpack(raw)))


def _packed_version(version: Version) -> tuple[bytes, int, int, int, int]:
    return (
        version.hash.to_bytes(6, "big"),
        _OUTCOMES.index(version.outcome),
        _LINKS.index(version.linked_by),
        round(version.score * 10_000),
        version.linked,
    )


def _version(hash_: bytes, outcome: int, by: int, score: int, linked: int) -> Version:
    return Version(int.from_bytes(hash_, "big"), _OUTCOMES[outcome], _LINKS[by], score / 10_000, linked)


def pack_record(record: Record) -> bytes:
    """A record as it is stored."""
    id_ = pack_id(record.article_id)
    head = _RECORD.pack(
        record.seen_s,
        record.top,
        record.root,
        record.carries_text_of,
        record.outlet,
        record.hashes,
        record.short | record.revised << 1,
        record.depth,
        *_packed_version(record.first),
        len(id_),
    )
    own = record.discriminators
    hashes = (*own.ordinals, *own.numbers, own.title_template, own.template_values)
    return head + id_ + bytes((len(own.ordinals) << 4 | len(own.numbers),)) + many("H", len(hashes)).pack(*hashes)


def unpack_record(raw: bytes) -> Record:
    """The inverse of :func:`pack_record`."""
    seen, top, root, carries, outlet, hashes, flags, depth, *first, id_bytes = _RECORD.unpack_from(raw)
    at = _RECORD.size + id_bytes
    ordinals, numbers = raw[at] >> 4, raw[at] & 15
    own = many("H", ordinals + numbers + 2).unpack_from(raw, at + 1)
    return Record(
        article_id=unpack_id(raw[_RECORD.size : at]),
        seen_s=seen,
        root=root,
        outlet=outlet,
        short=bool(flags & 1),
        depth=depth,
        top=top,
        hashes=hashes,
        carries_text_of=carries,
        discriminators=Discriminators(own[:ordinals], own[ordinals:-2], own[-2], own[-1]),
        first=_version(*first),
        revised=bool(flags & 2),
    )


def pack_vector(vector: StoredVector) -> bytes:
    """A vector, filled up to :data:`VECTOR_BYTES`."""
    head = _VECTOR.pack(vector.published_s, vector.seen_s, vector.title_norm, len(vector.terms), vector.days)
    return (head + many("I", len(vector.terms)).pack(*vector.terms)).ljust(VECTOR_BYTES, b"\0")


def unpack_vector(raw: bytes) -> StoredVector:
    """The inverse of :func:`pack_vector`; nothing where there is none."""
    if len(raw) < _VECTOR.size:
        return StoredVector()
    published, seen, norm, count, days = _VECTOR.unpack_from(raw)
    return StoredVector(published, seen, norm, days, many("I", count).unpack_from(raw, _VECTOR.size))


@lru_cache(maxsize=4096)
def many(letter: str, count: int) -> struct.Struct:
    """``count`` numbers of one kind."""
    return struct.Struct(f">{count}{letter}")


def pack_all(letter: str, numbers: Sequence[int]) -> bytes:
    """Numbers behind each other."""
    return many(letter, len(numbers)).pack(*numbers)


def unpack_all(letter: str, raw: bytes) -> tuple[Any, ...]:
    """The inverse of :func:`pack_all`."""
    return many(letter, len(raw) // struct.calcsize(f">{letter}")).unpack(raw)
