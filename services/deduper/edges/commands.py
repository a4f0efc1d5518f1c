"""The commands that read the index in Redis and write it; which keys there are says ``edges/redis.py``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from services.contracts.stories import decode_member, encode_member
from services.deduper.core.records import FIRST_COPY, Key, Kind, Record
from services.deduper.core.sketch import USUAL_KEPT
from services.deduper.edges import packing
from services.deduper.edges.packing import LAYOUTS

_SLOTS = 34  # of a page: what the server sets aside for 32 holds two more
_SLOT_BYTES = packing.VECTOR_BYTES + 2 * USUAL_KEPT
_PART_HASHES = 32  # of a sketch: 64 bytes
_GROUP_BITS = 6  # of a number: so many articles lie in one hash

Command = list[bytes]
Reader = Callable[[Any], Mapping[Key, Any]]
_GROUPED: dict[Kind, tuple[str, Callable[[bytes], Any], Callable[[Any], bytes]]] = {
    "record": ("r", packing.unpack_record, packing.pack_record),
    "history": ("u", packing.unpack_versions, lambda versions: b"".join(map(packing.pack_version, versions))),
    "facts": ("f", bytes.decode, lambda facts: facts.encode("utf-8", "replace")),
    "representatives": ("p", lambda raw: packing.unpack_all("I", raw), lambda them: packing.pack_all("I", them)),
}


def posting(prefix: bytes, key: Key) -> tuple[bytes, bytes]:
    """The string that a posting lies in, and what of the hash lies in each of its entries."""
    layout = LAYOUTS[key[0]]
    name, field = packing.place_of(layout, key[1])
    return prefix + layout.infix + name, field


def reads(prefix: bytes, keys: Sequence[Key], known: Mapping[Key, Any]) -> list[tuple[Command, Reader]]:
    """Commands that read ``keys`` (no postings), each with what makes values of its reply.

    ``known`` holds the records whose sketches are asked for.
    """
    found: list[tuple[Command, Reader]] = []
    groups: dict[tuple[Kind, int], list[int]] = {}
    for key in keys:
        if key[0] in _GROUPED:
            groups.setdefault((key[0], key[1] >> _GROUP_BITS), []).append(key[1])
        elif key[0] == "sketch":
            found += _sketch(prefix, key[1], known.get(("record", key[1])))
        else:
            found.append(_single(prefix, key))
    for (kind, _), numbers in groups.items():
        found.append(_group(prefix, kind, numbers))
    return found


def _group(prefix: bytes, kind: Kind, numbers: Sequence[int]) -> tuple[Command, Reader]:
    letter, unpack, _ = _GROUPED[kind]

    def read(reply: Sequence[bytes | None]) -> Mapping[Key, Any]:
        pairs = zip(numbers, reply, strict=True)
        return {(kind, number): None if raw is None else unpack(raw) for number, raw in pairs}

    return [b"HMGET", _group_key(prefix, letter, numbers[0]), *map(_field, numbers)], read


def _single(prefix: bytes, key: Key) -> tuple[Command, Reader]:
    kind, of = key
    if kind == "vector":
        return _range(prefix, of, 0, packing.VECTOR_BYTES), lambda raw: {key: packing.unpack_vector(raw)}
    if kind == "replaced":
        number, version = of
        command = [b"HGET", _group_key(prefix, "b", number), _field(number) + version.to_bytes(6, "big")]
        return command, lambda raw: {key: None if raw is None else raw.decode("utf-8", "replace")}
    story_id, article_id = of
    return [b"HGET", _story(prefix, story_id), article_id.encode("utf-8", "replace")], lambda raw: {
        key: None if raw is None else decode_member(raw)
    }


def _sketch(prefix: bytes, number: int, record: Record | None) -> list[tuple[Command, Reader]]:
    """The part in the slot, and the parts beside it."""
    key: Key = ("sketch", number)
    hashes = record.hashes if record else 0
    fitting = min(hashes, _fitting(number))
    held: list[bytes] = []

    def read(raw: bytes | Sequence[bytes | None]) -> Mapping[Key, Any]:
        held.extend([raw] if isinstance(raw, bytes) else [part or b"" for part in raw])
        return {key: packing.unpack_all("H", b"".join(held)[: 2 * hashes])}

    found: list[tuple[Command, Reader]] = []
    if fitting or not hashes:
        found.append((_range(prefix, number, packing.VECTOR_BYTES, 2 * fitting), read))
    if hashes > fitting:
        parts = range(fitting // _PART_HASHES, -(-hashes // _PART_HASHES))
        fields = [_field(number) + bytes((part,)) for part in parts]
        found.append(([b"HMGET", _group_key(prefix, "w", number), *fields], read))
    return found


def writes(prefix: bytes, before: int, owners: int, changes: Mapping[Key, Any], life: int) -> list[Command]:
    """Commands that write ``changes`` (postings aside), and let what was touched live for ``life`` seconds.

    ``before`` and ``owners`` are the last numbers given to owners of a text before and now.
    """
    # A page is made in its full size at once: a string that grows is given twice the room it needs.
    whole = _SLOTS * _SLOT_BYTES - 1
    made = [number for number in range(before + 1, owners + 1) if number % _SLOTS == 0 or number == 1]
    pages: list[Command] = [[b"SETRANGE", _page(prefix, number), b"%d" % whole, b"\0"] for number in made]
    hashes: dict[bytes, list[bytes]] = {}
    for (kind, of), value in changes.items():
        if kind == "vector":
            pages.append(_set_range(prefix, of, 0, packing.pack_vector(value)))
        elif kind == "sketch" and value and _fitting(of):
            raw = packing.pack_all("H", value[: _fitting(of)])
            pages.append(_set_range(prefix, of, packing.VECTOR_BYTES, raw))
        for name, field, raw in _fields(prefix, kind, of, value):
            hashes.setdefault(name, []).extend((field, raw))
    touched = {*hashes, *(command[1] for command in pages)}
    written: list[Command] = [[b"HSET", name, *fields] for name, fields in hashes.items()]
    return [*pages, *written, *([b"EXPIRE", name, b"%d" % life] for name in touched)]


def _fields(prefix: bytes, kind: Kind, of: Any, value: Any) -> Iterator[tuple[bytes, bytes, bytes]]:
    """What of a value lies in hashes: key, field and bytes."""
    if kind in _GROUPED:
        letter, _, pack = _GROUPED[kind]
        yield _group_key(prefix, letter, of), _field(of), pack(value)
    elif kind == "sketch":
        for at in range(_fitting(of), len(value), _PART_HASHES):
            raw = packing.pack_all("H", value[at : at + _PART_HASHES])
            yield _group_key(prefix, "w", of), _field(of) + bytes((at // _PART_HASHES,)), raw
    elif kind == "replaced":
        number, version = of
        note = value.encode("utf-8", "replace")
        yield _group_key(prefix, "b", number), _field(number) + version.to_bytes(6, "big"), note
    elif kind == "member":
        story_id, article_id = of
        yield _story(prefix, story_id), article_id.encode("utf-8", "replace"), encode_member(value)


def _field(number: int) -> bytes:
    return bytes((number & (1 << _GROUP_BITS) - 1,))


def _group_key(prefix: bytes, letter: str, number: int) -> bytes:
    return b"%b:%b:%d" % (prefix, letter.encode(), number >> _GROUP_BITS)


def _story(prefix: bytes, story_id: str) -> bytes:
    return b"%b:story:%b" % (prefix, story_id.encode("utf-8", "replace"))


def _page(prefix: bytes, number: int) -> bytes:
    return b"%b:v:%d" % (prefix, number // _SLOTS)


def _range(prefix: bytes, number: int, at: int, size: int) -> Command:
    at += number % _SLOTS * _SLOT_BYTES
    return [b"GETRANGE", _page(prefix, number), b"%d" % at, b"%d" % (at + size - 1)]


def _set_range(prefix: bytes, number: int, at: int, raw: bytes) -> Command:
    return [b"SETRANGE", _page(prefix, number), b"%d" % (number % _SLOTS * _SLOT_BYTES + at), raw]


def _fitting(number: int) -> int:
    """Hashes of a sketch that a slot has room for. The rest lies in parts beside the records."""
    return USUAL_KEPT if number < FIRST_COPY else 0
