"""A story's members, as the deduper stores them and the alerter and the api read them, and who really said it."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from services.contracts import headlines
from services.contracts.messages import Article, Duplicate, Filled, Id, Link, LinkedBy, Score, Time, Timed

WINDOW_HOURS: Final = 96
"""How long an article can attract copies and follow-ups, unless a setting of the deduper says otherwise; stories live
as long. Peers: worldmonitor 96 h, NewsBlur 120 h. Copies come within a day, follow-ups within four."""


class StoryMember(Timed, frozen=True, kw_only=True):
    """One article of a story. ``copy_of`` names the member whose text it carries, null where the text is its own.

    ``linked_by`` is null for the story's first member.
    """

    article_id: Id
    outlet: str
    family: str
    title: str
    first_seen_at: Time
    wire: str | None = None
    url: Filled | None = None
    published_at: Time | None = None
    linked_by: LinkedBy | None = None
    score: Score | None = None
    copy_of: Id | None = None


def member_of_article(article: Article, *, link: Link | None = None, copy_of: str | None = None) -> StoryMember:
    """An article as a member of its story."""
    return StoryMember(
        article_id=article.id,
        outlet=article.outlet,
        family=article.family,
        title=article.title,
        first_seen_at=article.first_seen_at,
        wire=article.wire,
        url=article.url,
        published_at=article.published_at,
        linked_by=link.linked_by if link is not None else None,
        score=link.score if link is not None else None,
        copy_of=copy_of,
    )


def member_of_copy(message: Duplicate) -> StoryMember:
    """A copy as a member of the story of its original."""
    return StoryMember(
        article_id=message.article_id,
        outlet=message.outlet,
        family=message.family,
        title=message.title,
        first_seen_at=message.first_seen_at,
        wire=message.wire,
        url=message.url,
        published_at=message.published_at,
        linked_by=message.linked_by,
        score=message.containment,
        copy_of=message.duplicate_of,
    )


class Folded(Struct, frozen=True, kw_only=True):
    """A member with the verdict on it: an independent source, or folded into another and why."""

    member: StoryMember
    independent: bool
    because: str | None = None


class _Packed(Struct, frozen=True, array_like=True):
    """A member as it is stored, without names: half of the bytes. Times are microseconds since 1970.

    ``family`` is null where it is the outlet; an ``url`` at the outlet is ``>`` and what follows ``https://outlet/``.
    """

    article_id: str
    title: str
    first_seen_us: int
    outlet: str
    family: str | None
    url: str | None
    published_us: int | None
    wire: str | None
    linked_by: LinkedBy | None
    score: float | None
    copy_of: str | None


_START = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Packed)


def encode_member(member: StoryMember) -> bytes:
    """A member as it is stored."""
    home = f"https://{member.outlet}/"
    url = member.url
    if url is not None and url.startswith(home) and not url.startswith(">", len(home)):
        url = ">" + url[len(home) :]
    elif url is not None and url.startswith(">"):
        url = ">" + url
    return _encoder.encode(
        _Packed(
            article_id=member.article_id,
            title=member.title,
            first_seen_us=(member.first_seen_at - _START) // _US,
            outlet=member.outlet,
            family=None if member.family == member.outlet else member.family,
            url=url,
            published_us=None if member.published_at is None else (member.published_at - _START) // _US,
            wire=member.wire,
            linked_by=member.linked_by,
            score=member.score,
            copy_of=member.copy_of,
        )
    )


def decode_member(value: bytes) -> StoryMember:
    """A stored member."""
    found = _decoder.decode(value)
    url = found.url
    if url is not None and url.startswith(">>"):
        url = url[1:]
    elif url is not None and url.startswith(">"):
        url = f"https://{found.outlet}/{url[1:]}"
    return StoryMember(
        article_id=found.article_id,
        outlet=found.outlet,
        family=found.outlet if found.family is None else found.family,
        title=found.title,
        first_seen_at=_START + found.first_seen_us * _US,
        wire=found.wire,
        url=url,
        published_at=None if found.published_us is None else _START + found.published_us * _US,
        linked_by=found.linked_by,
        score=found.score,
        copy_of=found.copy_of,
    )


def fold(members: Iterable[StoryMember]) -> tuple[Folded, ...]:
    """Every member once, in order of first sight, with whether it is a source of its own.

    Members are first gathered by text: a copy belongs to the text it copies. Each text is one source, spoken for by
    its original (even if we saw that later), or by its first copy where the original is not among the members. Then
    texts are gathered by who wrote them: a wire credit on any copy makes that wire the author, else it is the family
    of the speaker; texts of one author are one source. A family whose own text stands beside a copy that it printed
    does count for its own.

    At last headlines are compared (:mod:`services.contracts.headlines`): a text whose headline is an edit of another's,
    passes on the same report or quotes the same words is no source beside it, and a publisher whose report is passed on
    is one with who passed it on.

    The order of the input does not matter, nor does repetition. Where there are members there is a source.
    """
    ordered = _in_order(members)
    speakers = _speakers(ordered)
    wires: dict[str, str] = {}
    for member in ordered:
        speaker = speakers[member.article_id]
        if member.wire and (member is speaker or speaker.article_id not in wires):
            wires[speaker.article_id] = member.wire
    known = _Known()
    return tuple(
        _fold_one(member, speakers[member.article_id], wires.get(member.article_id), known) for member in ordered
    )


def independent_sources(folded: Sequence[Folded]) -> int:
    """How many independent sources a story has."""
    return sum(1 for item in folded if item.independent)


def _in_order(members: Iterable[StoryMember]) -> list[StoryMember]:
    """The members by first sight, one per article id; of several versions always the same one wins."""
    by_id: dict[str, StoryMember] = {}
    for member in members:
        held = by_id.setdefault(member.article_id, member)
        if held is not member:
            by_id[member.article_id] = min(held, member, key=lambda m: (m.first_seen_at, encode_member(m)))
    return sorted(by_id.values(), key=lambda m: (m.first_seen_at, m.article_id))


def _speakers(ordered: Sequence[StoryMember]) -> dict[str, StoryMember]:
    """Article id to the member that speaks for its text."""
    by_id = {member.article_id: member for member in ordered}
    texts = {member.article_id: _text_of(member, by_id) for member in ordered}
    speakers: dict[str, StoryMember] = {}
    for member in ordered:
        text = texts[member.article_id]
        speakers.setdefault(text, by_id.get(text, member))
    return {article_id: speakers[text] for article_id, text in texts.items()}


def _text_of(member: StoryMember, by_id: Mapping[str, StoryMember]) -> str:
    """The id of the article that a member's text goes back to; it need not be among the members.

    Copies of copies are followed. Members that claim to copy each other go back to the first of them.
    """
    path = [member.article_id]
    while (at := by_id.get(path[-1])) is not None and at.copy_of and at.copy_of != at.article_id:
        if at.copy_of in path:
            circle = path[path.index(at.copy_of) :]
            return min(circle, key=lambda article_id: (by_id[article_id].first_seen_at, article_id))
        path.append(at.copy_of)
    return path[-1]


class _Known:
    """The texts that were met: the first of each author, and what the headline of each tells."""

    def __init__(self) -> None:
        self.first: dict[str, StoryMember] = {}
        self._read: list[tuple[StoryMember, headlines.Headline]] = []
        self._found_by: defaultdict[Hashable, list[int]] = defaultdict(list)

    def same_source(self, member: StoryMember) -> str | None:
        """Why a text is of the source of an earlier one, as far as its headline tells. It is kept for later ones.

        Only headlines that share a sign are compared: a story may have hundreds.
        """
        mine = headlines.read(member.title)
        signs, names = headlines.signs(mine), headlines.labels((member.outlet, member.family))
        by = {("by", mine.reporter)} if mine.reporter else set()
        asked = {*signs, *(("of", reporter) for _, reporter in by), *(("by", name) for name in names)}
        near = sorted({at for sign in asked for at in self._found_by.get(sign, ())})
        found = next(filter(None, (_by_headline(member, mine, *self._read[at]) for at in near)), None)
        for sign in {*signs, *by, *(("of", name) for name in names)}:
            self._found_by[sign].append(len(self._read))
        self._read.append((member, mine))
        return found


def _by_headline(
    member: StoryMember, mine: headlines.Headline, other: StoryMember, theirs: headlines.Headline
) -> str | None:
    if sign := headlines.one_source(mine, theirs):
        return f"{sign} {other.outlet}"
    if headlines.reports_of(mine, (other.outlet, other.family)):
        return f"passes on the report of {other.outlet}"
    if headlines.reports_of(theirs, (member.outlet, member.family)):
        return f"its report was passed on by {other.outlet} before"
    return None


def _fold_one(member: StoryMember, speaker: StoryMember, wire: str | None, met: _Known) -> Folded:
    if speaker is not member:
        return Folded(member=member, independent=False, because=f"same text as {speaker.outlet}")
    author = (wire or member.family).casefold()  # an agency's own report and one that credits it are one source
    by_headline = met.same_source(member)
    known = met.first.get(author)
    if known is not None:
        return Folded(member=member, independent=False, because=_by_author(member, wire, known))
    if by_headline is None or wire:  # a family may still report for itself; a wire's text is known from now on
        met.first[author] = member
    return Folded(member=member, independent=by_headline is None, because=by_headline)


def _by_author(member: StoryMember, wire: str | None, known: StoryMember) -> str:
    if wire:
        return f"carries the wire {wire}"
    if member.family.casefold() == known.family.casefold():
        return f"same publisher family as {known.outlet}"
    return f"its wire report was carried by {known.outlet} before"
