"""How a candidate becomes the script's arguments, and the script's reply a decision."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from services.contracts.messages import Link, LinkedBy
from services.contracts.stories import MEMBER_NO_LINK, MEMBER_TITLE_AT, encode_member
from services.deduper.core import event as event_
from services.deduper.core import facts as facts_
from services.deduper.core import verdict as rules
from services.deduper.core.candidate import BITS, MASK, Candidate
from services.deduper.core.event import KEY_MASK, Term
from services.deduper.core.marks import Marks
from services.deduper.core.sketch import STORED_MASK, TOP_SHIFT, USUAL_KEPT
from services.deduper.core.verdict import Copy, Decision, New, SameStory, Update, Verdict

_HEX_ID = re.compile(r"[0-9a-f]{24}")
_LINKS: tuple[LinkedBy, ...] = ("url", "exact", "title", "sketch", "event")
_ANCHOR_KEY_BITS = 18  # of an anchor's 48 bits, and 16 more lie in the entry: at a million articles 45 to a string
_TEXT_KEY_BITS = 16
_TERM_KEY_BITS = 16
_PART_BYTES = 64  # the server keeps a hash packed whose values are no longer
_VECTOR_AT = 12  # where the terms begin in a slot, counted from 1 as Lua does
_SKETCH_AT = _VECTOR_AT - 1 + 4 * event_.MOST_TERMS  # where the sketch begins, counted from 0 as commands do
_RENEWED_EPOCHS = 6  # after so many the life of a string of postings is set again
_OLD_EPOCHS = 64  # nothing that old stays in one
_PAGE_SLOTS = 34  # in one string: what the server sets aside for 32 holds two more

_NEW, _UPDATE, _STORY, _CARRIES, _COPY = range(1, 6)

_RULES = (
    "MIN_SHARED",
    "SOME_SHARED",
    "SOME_CONTAINMENT",
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
    "MOST_STORIES",
    "MOST_STORIES_A_TERM",
    "MOST_REPRESENTATIVES",
)

_CONSTANT = re.compile(r"\bC\.([a-z_]+)")
_HEAD = struct.Struct(">6s6s6s6sHBIIBBB")
_LENGTH = struct.Struct(">I")

Argument = bytes | int


def constants() -> dict[str, float]:
    """The thresholds of ``core`` by the names the script has for them."""
    table: dict[str, float] = {name.lower(): getattr(rules, name) for name in _RULES}
    return table | {
        "asked_terms": event_.ASKED_TERMS,
        "posted_terms": event_.POSTED_TERMS,
        "most_shared_words": event_.MOST_SHARED_WORDS,
        "product_one": event_.WEIGHT_ONE**2,
        "rarity_ten": 10 * event_.RARITY_ONE,
        "rarity_part": event_.RARITY_PART,
        "title_part": event_.TITLE_PART,
        "full_score": event_.FULL_SCORE,
        "renewed_epochs": _RENEWED_EPOCHS,
        "old_epochs": _OLD_EPOCHS,
        "page_slots": _PAGE_SLOTS,
        "slot_bytes": _SKETCH_AT + 2 * USUAL_KEPT,
        "sketch_at": _SKETCH_AT,
        "sketch_bytes": 2 * USUAL_KEPT,
        "part_bytes": _PART_BYTES,
        "vector_at": _VECTOR_AT,
        "title_at": MEMBER_TITLE_AT,
    }


def with_constants(script: str) -> str:
    """The script with each ``C.name`` replaced by its number: a look-up each would cost more than what is computed."""
    known = constants()
    return _CONSTANT.sub(lambda match: repr(known[match[1]]), script)


def pack_id(article_id: str) -> bytes:
    """An article id as it is stored: a zero byte and 12 bytes for one of ``contracts.ids``, else the text itself."""
    if _HEX_ID.fullmatch(article_id):
        return b"\0" + bytes.fromhex(article_id)
    return article_id.encode("utf-8", "replace")[:255]


def unpack_id(stored: bytes) -> str:
    """The inverse of :func:`pack_id`."""
    return stored[1:].hex() if stored[:1] == b"\0" else stored.decode()


def moment(now_s: int, window_s: int) -> tuple[int, int, int]:
    """The first arguments of the script: now, window and epoch."""
    return now_s, window_s, rules.epoch_of(now_s, window_s)


def article(item: Candidate) -> bytes:
    """One article as an argument of the script: what is of one size, then the rest, each behind its length."""
    terms, sketch, title = item.event.terms, item.sketch, item.title
    count = len(sketch.hashes)
    head = _HEAD.pack(
        item.version.to_bytes(BITS // 8, "big"),
        item.identity.to_bytes(BITS // 8, "big"),
        item.exact.to_bytes(BITS // 8, "big"),
        b"" if title is None else title.to_bytes(BITS // 8, "big"),
        item.outlet,
        item.short | item.empty << 1 | (title is not None) << 2 | _collides(item) << 3,
        sketch.threshold >> TOP_SHIFT,
        item.published_s,
        item.event.title_norm,
        item.event.days,
        len(terms),
    )
    parts = (
        pack_id(item.article_id),
        item.article_id.encode("utf-8", "replace"),
        _anchors(sketch.hashes[: sketch.anchors]),
        _many("H", count).pack(*[value & STORED_MASK for value in sketch.hashes]),
        _many("I", count).pack(*[value >> TOP_SHIFT for value in sketch.hashes]),
        bytes(sketch.places),
        _quotations(item),
        facts_.pack(item.facts).encode("utf-8", "replace"),
        encode_member(item.member).removesuffix(MEMBER_NO_LINK),
        _marks(item.marks),
        b"".join([mark.to_bytes(2, "big") for mark in item.marks.stated]),
        _terms(terms),
        _vector(terms),
        _names(item),
        "\x1e".join([term.word for term in terms]).encode(),
    )
    length = _LENGTH.pack
    return head + b"".join([piece for part in parts for piece in (length(len(part)), part)])


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


def _collides(item: Candidate) -> bool:
    """Whether two of its hashes lie in one string of postings: seldom, and then the script reads it again."""
    texts = [item.identity, item.exact] if item.title is None else [item.identity, item.exact, item.title]
    terms = item.event.terms[: event_.ASKED_TERMS]
    anchors = item.sketch.hashes[: item.sketch.anchors]
    return (
        len({value >> BITS - _TEXT_KEY_BITS for value in texts}) < len(texts)
        or len({term.key >> BITS - _TERM_KEY_BITS for term in terms}) < len(terms)
        or len({(value & MASK) >> BITS - _ANCHOR_KEY_BITS for value in anchors}) < len(anchors)
    )


def _quotations(item: Candidate) -> bytes:
    """For each shingle 1 where it lies within quotation marks, 0 elsewhere; nothing where none does."""
    quoted = item.sketch.quoted
    if not quoted:
        return b""
    return bytes([value in quoted for value in item.sketch.hashes])


def _names(item: Candidate) -> bytes:
    """For each name of the headline how many words it has (128 more for a state) and 24 bits a word."""
    return b"".join(
        bytes((len(keys) | state << 7,)) + b"".join(key.to_bytes(3, "big") for key in sorted(keys))
        for keys, state in item.event.names
    )


@lru_cache(maxsize=256)
def _many(layout: str, count: int) -> struct.Struct:
    return struct.Struct(">" + layout * count)


def _anchors(hashes: tuple[int, ...]) -> bytes:
    """Of each three bytes of key and two of what lies in the entry."""
    spare = BITS - _ANCHOR_KEY_BITS - 16
    flat: list[int] = []
    for value in hashes:
        kept = (value & MASK) >> spare
        flat += (kept >> 32, kept & 0xFFFF_FFFF)
    return _many("BI", len(hashes)).pack(*flat)


def _terms(terms: tuple[Term, ...]) -> bytes:
    """Of each three bytes of what lies in the entry and in vectors; behind them of each weight, rarity, whether it is
    in the title; behind them two bytes of key."""
    entries: list[int] = []
    weights: list[int] = []
    for term in terms:
        entries += (term.key >> 16 & 0xFF, term.key & 0xFFFF)
        weights += (term.weight, term.rarity, term.titled)
    keys = [term.key >> (BITS - _TERM_KEY_BITS) for term in terms]
    count = len(terms)
    return _many("BH", count).pack(*entries) + bytes(weights) + _many("H", count).pack(*keys)


def _vector(terms: tuple[Term, ...]) -> bytes:
    """Each: 24 bits of key and the weight, 128 more in the title."""
    return _many("I", len(terms)).pack(*[(term.key & KEY_MASK) << 8 | term.weight | term.titled << 7 for term in terms])
