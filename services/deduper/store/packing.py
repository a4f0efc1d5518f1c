"""How a candidate becomes the script's arguments, and the script's reply a decision."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import Any

from services.contracts.messages import Link, LinkedBy
from services.contracts.stories import MEMBER_NO_LINK, MEMBER_TITLE_AT, encode_member
from services.deduper.core import event as event_
from services.deduper.core import facts as facts_
from services.deduper.core import verdict as rules
from services.deduper.core.candidate import BITS, MASK, Candidate
from services.deduper.core.event import KEY_MASK, Term
from services.deduper.core.marks import Marks
from services.deduper.core.sketch import TOP_SHIFT
from services.deduper.core.verdict import Copy, Decision, New, SameStory, Update, Verdict

_HEX_ID = re.compile(r"[0-9a-f]{24}")
_LINKS: tuple[LinkedBy, ...] = ("url", "exact", "title", "sketch", "event")
_SHINGLE_KEY_BITS = 18  # of a shingle's 48 bits, and 24 more lie in the entry: at a million articles 80 to a string
_TERM_KEY_BITS = 14
_ENTRY_BITS = 24
_VECTOR_AT = 12  # where the terms begin in a slot, counted from 1 as Lua does
_PAGE_SLOTS = 32  # vectors in one string

_NEW, _UPDATE, _STORY, _CARRIES, _COPY = range(1, 6)

_RULES = (
    "MIN_SHARED",
    "WEAK_SHARED",
    "WEAK_CONTAINMENT",
    "WEAK_SCORE",
    "COPY_CONTAINMENT",
    "EDITED_CONTAINMENT",
    "EDITED_SCORE",
    "MIN_PLAIN",
    "OWN_WORDS",
    "CARRIED",
    "QUOTED_CONTAINMENT",
    "QUOTED_SCORE",
    "STORY_CONTAINMENT",
    "OWN_OUTLET_COPY",
    "OWN_OUTLET_STORY",
    "WRAPPER_BELOW",
    "FLAP_CONTAINMENT",
    "NEW_TEXT_CONTAINMENT",
    "FULLER",
    "MAX_OWNERS",
    "MAX_OUTLET_OWNERS",
    "MOST_JUDGED",
    "MOST_VERSIONS",
    "EPOCHS",
    "LIVE_EPOCHS",
    "REPRESENTATIVE_DEPTH",
    "EVENT_SCORE",
    "OWN_OUTLET_EVENT",
    "BACKGROUND_SCORE",
    "MIN_SHARED_TERMS",
    "SAME_DAY",
    "OTHER_DAY",
    "STRANGERS",
    "OTHER_STATES",
    "NEAR_S",
    "NEAR_BONUS",
    "FAR_S",
    "FIRST_COPY",
    "LEAST_MET",
    "MOST_STORIES",
    "MOST_STORIES_A_TERM",
    "MOST_REPRESENTATIVES",
)

Argument = bytes | int


def constants() -> str:
    """The thresholds of ``core`` as the Lua table the script reads them from."""
    table: dict[str, float] = {name.lower(): getattr(rules, name) for name in _RULES}
    table |= {
        "asked_terms": event_.ASKED_TERMS,
        "posted_terms": event_.POSTED_TERMS,
        "most_shared_words": event_.MOST_SHARED_WORDS,
        "product_one": event_.WEIGHT_ONE**2,
        "rarity_ten": 10 * event_.RARITY_ONE,
        "rarity_part": event_.RARITY_PART,
        "title_part": event_.TITLE_PART,
        "full_score": event_.FULL_SCORE,
        "page_slots": _PAGE_SLOTS,
        "slot_bytes": _VECTOR_AT - 1 + 4 * event_.MOST_TERMS,
        "vector_at": _VECTOR_AT,
        "title_at": MEMBER_TITLE_AT,
    }
    return "local C = {" + ", ".join(f"{name} = {value!r}" for name, value in table.items()) + "}"


def pack_id(article_id: str) -> bytes:
    """An article id as it is stored: a zero byte and 12 bytes for one of ``contracts.ids``, else the text itself."""
    if _HEX_ID.fullmatch(article_id):
        return b"\0" + bytes.fromhex(article_id)
    return article_id.encode("utf-8", "replace")[:255]


def unpack_id(stored: bytes) -> str:
    """The inverse of :func:`pack_id`."""
    return stored[1:].hex() if stored[:1] == b"\0" else stored.decode()


def arguments(item: Candidate, *, now_s: int, window_s: int) -> list[Argument]:
    """ARGV of the script."""
    return [
        now_s,
        window_s,
        rules.epoch_of(now_s, window_s),
        pack_id(item.article_id),
        item.article_id.encode("utf-8", "replace"),
        item.version.to_bytes(BITS // 8, "big"),
        item.outlet.to_bytes(2, "big"),
        item.identity.to_bytes(BITS // 8, "big"),
        item.exact.to_bytes(BITS // 8, "big"),
        b"" if item.title is None else item.title.to_bytes(BITS // 8, "big"),
        int(item.short),
        int(item.empty),
        item.sketch.threshold >> TOP_SHIFT,
        b"".join(map(_shingle, item.sketch.hashes)),
        facts_.pack(item.facts).encode("utf-8", "replace"),
        encode_member(item.member).removesuffix(MEMBER_NO_LINK),
        _marks(item.marks),
        item.published_s,
        b"".join(map(_term, item.event.terms)),
        item.event.title_norm,
        "\x1e".join(term.word for term in item.event.terms).encode(),
        b"".join(mark.to_bytes(2, "big") for mark in item.marks.stated),
        b"".join((t.key & KEY_MASK).to_bytes(3, "big") + bytes((t.weight | t.titled << 7,)) for t in item.event.terms),
        b"".join(
            bytes((len(keys) | state << 7,)) + b"".join(key.to_bytes(3, "big") for key in sorted(keys))
            for keys, state in item.event.names
        ),
        item.event.days,
        bytes(value in item.sketch.quoted for value in item.sketch.hashes),
    ]


def decision(reply: Sequence[Any]) -> Decision:
    """The script's reply as a decision."""
    status, known, story, linked, link, score, note = reply
    story_id = unpack_id(story)
    if status == _NEW:
        return Decision(New(story_id), known=bool(known))
    by = _LINKS[link - 1]
    shared = tuple(note.decode().split("\x1e")) if by == "event" else ()
    found = Link(linked_by=by, article_id=unpack_id(linked), score=score / 10_000, shared_terms=shared)
    return Decision(_verdict(status, story_id, found, note), known=bool(known))


def _verdict(status: int, story_id: str, link: Link, before: bytes) -> Verdict:
    if status == _UPDATE:
        return Update(story_id, link, facts_.unpack(before.decode("utf-8", "replace")))
    if status == _COPY:
        return Copy(story_id, link)
    return SameStory(story_id, link, copy_of=link.article_id if status == _CARRIES else None)


def _marks(marks: Marks) -> bytes:
    lists = (
        bytes((len(some),)) + b"".join(mark.to_bytes(2, "big") for mark in some)
        for some in (marks.series, marks.numbers)
    )
    return b"".join(lists) + marks.skeleton.to_bytes(2, "big") + marks.slots.to_bytes(2, "big")


def _shingle(value: int) -> bytes:
    """Four bytes to compare with thresholds, three of key, three of what lies in the entry."""
    low = value & MASK
    kept = low >> (BITS - _SHINGLE_KEY_BITS - _ENTRY_BITS)
    key, entry = kept >> _ENTRY_BITS, kept & (1 << _ENTRY_BITS) - 1
    return struct.pack(">IHI", value >> TOP_SHIFT, key >> 8, (key & 0xFF) << _ENTRY_BITS | entry)


def _term(term: Term) -> bytes:
    """Two bytes of key, three of what lies in the entry and in vectors, weight, rarity, whether it is in the title."""
    return struct.pack(
        ">HBHBBB",
        term.key >> (BITS - _TERM_KEY_BITS),
        (term.key & KEY_MASK) >> 16,
        term.key & 0xFFFF,
        term.weight,
        term.rarity,
        term.titled,
    )
