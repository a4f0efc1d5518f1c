"""What stands in an article: its sentences worth a look, and in each the things, acts, actors and places."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from services.contracts.messages import EvidenceField
from services.tagger.core.automaton import Hit
from services.tagger.core.compiled import SHARED, Compiled
from services.tagger.core.fold import Folded
from services.tagger.core.grammar import ENGLISH, Grammar
from services.tagger.core.mentions import MOST_HITS, Mention, Sentence, kinds_of_actor, kinds_of_place, note
from services.tagger.core.model import Position
from services.tagger.core.names import STATE
from services.tagger.core.taking_up import take_up
from services.text import sentences

# Bounds that hold for any text: news ends long before them, and what lies beyond is counted, not hidden.
MOST_CHARACTERS = 120_000
MOST_SENTENCES = 400
LEAD_SENTENCES = 3
# Of the first so many, menus and other lines that are no sentences are not counted as the lead.
LEAD_WINDOW = 12
_SHORT_LINE = 60

_SEPARATOR = "\n\n"
_DATELINE = re.compile(
    # SEOUL, NAVAL BASE SAN DIEGO: words end where a mark stands, so that there is one way to cut capitals into words
    r"[A-Z\u00c0-\u00de](?=[A-Z\u00c0-\u00de.'\u2019/-])[A-Z\u00c0-\u00de.'\u2019]*+"
    r"(?:[ ,/-]++[A-Z\u00c0-\u00de](?![a-z])[A-Z\u00c0-\u00de.'\u2019]*+){0,7}[ ,/-]*"
    r"(?:,? ?[A-Z][\w.]{1,15}){0,4}(?: \d{1,2}, \d{4})?,?"  # , South Korea Aug. 26, 2004
    r" ?(?:\([^()\n]{2,40}\))? ?(?:--?|[\u2013\u2014:]) ?"  # (Reuters) -
)
_LONGEST_DATELINE = 160
_DASH = re.compile(r"--|[\u2013\u2014:]| - |\) ?-")
_CREDIT = re.compile(r"(?:AP|AFP|Reuters|UPI) ?(?:--?|[\u2013\u2014]) ?")
_NAME_GOES_ON = re.compile(r"(?: (?:de|of|the|[A-Z][\w.'\u2019-]*|[IVX]+)){0,4}")
_NAME_IN_TITLE_CASE = re.compile(
    r"(?: [A-Z][\w.'\u2019-]*){0,2}"
)  # where verbs have capitals, too, nothing tells its end
SMALL_WORD = re.compile(r" [a-z]{5}")

_Piece = tuple[int, int, EvidenceField, Position, bool]  # start, end, field, position, may open with a dateline


@dataclass(slots=True)
class Reading:
    """An article, read. ``truncated`` says that a bound was reached."""

    folded: Folded
    starts: dict[EvidenceField, int]
    sentences: list[Sentence]
    truncated: bool

    def place_in_field(self, name: EvidenceField, position: int) -> int:
        """The place in the field's own text of a place in ``norm``."""
        return self.folded.raw(position) - self.starts[name]


def read(title: str, summary: str, text: str, compiled: Compiled) -> Reading | None:
    """The sentences worth scoring, or None where nothing of the net stands anywhere."""
    truncated = len(text) > MOST_CHARACTERS
    fields: list[tuple[EvidenceField, str]] = [("title", title[:2000])]
    if summary and not _repeats(summary, text):
        fields.append(("summary", summary[:20_000]))
    fields.append(("text", text[:MOST_CHARACTERS]))
    starts: dict[EvidenceField, int] = {}
    length = 0
    for name, value in fields:
        starts[name] = length
        length += len(value) + len(_SEPARATOR)
    folded = compiled.writing.fold(_SEPARATOR.join(value for _, value in fields))
    positions = sorted(compiled.net.positions(folded.data, folded.norm))
    if not positions:
        return None
    cut, reached = _cut(fields, folded, starts, positions, compiled.grammar)
    chosen = _with_trigger(cut, positions, folded, compiled)
    for sentence in chosen:
        _fill(sentence, folded, compiled)
    take_up(chosen, folded, compiled)
    return Reading(folded, starts, chosen, truncated or reached)


def _repeats(summary: str, text: str) -> bool:
    head = summary.strip().rstrip(".\u2026 ")[:200]
    return head in text[: len(head) + 400]


def _cut(
    fields: Sequence[tuple[EvidenceField, str]],
    folded: Folded,
    starts: dict[EvidenceField, int],
    positions: Sequence[int],
    grammar: Grammar,
) -> tuple[list[_Piece], bool]:
    """The first sentences of all fields, and the others near a trigger."""
    found: list[_Piece] = []
    begin = 0
    room = MOST_SENTENCES * 4
    for name, value in fields:
        end = _norm_end(folded, starts[name] + len(value))
        ends = sentences.Ends(wide=grammar.language != ENGLISH, abbreviations=grammar.abbreviations)
        spans = sentences.around(folded.norm, begin, end, positions, first=LEAD_WINDOW, limit=room, ends=ends)
        told = 0
        for index, (start, stop) in enumerate(spans):
            position: Position = "title" if name == "title" else "lead"
            if name == "text" and (told >= LEAD_SENTENCES or index >= LEAD_WINDOW):
                position = "body"
            opening = name != "title" and told < LEAD_SENTENCES + 2
            found.append((start, stop, name, position, opening))
            told += index >= LEAD_WINDOW or _tells(folded.norm, start, stop)
        begin = end
    return found, len(found) >= room


def _tells(text: str, start: int, stop: int) -> bool:
    """Whether it is more than a menu, a caption or a line of a page's frame."""
    return stop - start >= _SHORT_LINE or text[stop - 1] in '.!?\u2026"\u201d\u2019\u3002\uff01\uff1f\u061f\u06d4'


def _norm_end(folded: Folded, raw: int) -> int:
    if not folded.cuts:
        return min(raw, len(folded.norm))
    low, high = 0, len(folded.norm)
    while low < high:
        middle = (low + high) // 2
        if folded.raw(middle) < raw:
            low = middle + 1
        else:
            high = middle
    return low


def _after_dateline(text: str, start: int, stop: int, of_language: re.Pattern[str] | None) -> int:
    if of_language is not None:
        match = of_language.match(text, start, min(stop, start + _LONGEST_DATELINE))
        return match.end() if match and match.end() < stop else start
    if not text[start].isupper() or not _DASH.search(text, start, min(stop, start + 120)):
        return start
    for pattern in (_DATELINE, _CREDIT):
        match = pattern.match(text, start, min(stop, start + _LONGEST_DATELINE))
        if match and match.end() < stop:
            return match.end()
    return start


def _with_trigger(cut: list[_Piece], positions: list[int], folded: Folded, compiled: Compiled) -> list[Sentence]:
    """Sentences with a trigger, one of each wording, and the title."""
    begins = [piece[0] for piece in cut]
    wanted = {bisect_right(begins, position) - 1 for position in positions}
    if cut and cut[0][2] == "title":
        wanted.add(0)  # what kind of article it is often stands in the headline alone
    chosen: list[Sentence] = []
    seen: set[str] = set()
    for index in sorted(wanted):
        if index < 0:
            continue
        start, end, part, position, opening = cut[index]
        if opening:
            start = _after_dateline(folded.norm, start, end, compiled.writing.dateline)
        words = folded.data[1 + start : 1 + end]
        if words in seen:
            continue
        seen.add(words)
        chosen.append(Sentence(part, position, start, end))
        if len(chosen) >= MOST_SENTENCES:
            break
    return chosen


def _fill(sentence: Sentence, folded: Folded, compiled: Compiled) -> None:
    data = f" {folded.data[1 + sentence.start : 1 + sentence.end]} "
    hits = compiled.details.hits(data, folded.norm, sentence.start)
    masks = [(compiled.mask_owners[h.meaning.index], h.start, h.end) for h in hits if h.meaning.kind == "mask"]
    if compiled.grammar.unspaced:
        hits = _longest(hits, compiled)
    named: list[Hit] = []
    for hit in hits:
        kind = hit.meaning.kind
        if kind == "thing":
            if not masks or not _masked(hit, compiled.owners[hit.meaning.index], masks):
                note(sentence, Mention("thing", hit.meaning.index, hit.start, hit.end), hit.meaning.index)
        elif kind == "act":
            owner = compiled.act_words[hit.meaning.index].owner
            if not masks or not _masked(hit, owner, masks):
                note(sentence, Mention("act", hit.meaning.index, hit.start, hit.end))
                sentence.owners.add(owner)
        elif kind != "mask" and not (masks and _masked(hit, SHARED, masks)):
            named.append(hit)
    if named:
        _name(sentence, named, data, folded.norm, compiled)


def _longest(hits: list[Hit], compiled: Compiled) -> list[Hit]:
    """Without words inside of longer ones, where no spaces part words: the shipyard in "tanker" of Korean."""
    kept: list[Hit] = []
    furthest: dict[int, tuple[int, int]] = {}  # of a pack, the span that ends last
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.meaning.kind in ("thing", "act"):
            act = hit.meaning.kind == "act"
            owner = compiled.act_words[hit.meaning.index].owner if act else compiled.owners[hit.meaning.index]
            span = furthest.get(owner, (0, 0))
            if hit.end <= span[1] and (hit.start, hit.end) != span:
                continue
            furthest[owner] = (hit.start, hit.end)
        kept.append(hit)
    return kept


def _masked(hit: Hit, owner: int, masks: list[tuple[int, int, int]]) -> bool:
    return any(
        start <= hit.start and hit.end <= end and mask_owner in (SHARED, owner) for mask_owner, start, end in masks
    )


def _name(sentence: Sentence, named: list[Hit], data: str, norm: str, compiled: Compiled) -> None:
    """Actors and places, the longest name first: the South China Sea is not China."""
    named.sort(key=lambda hit: (hit.start - hit.end, hit.start))
    taken: list[tuple[int, int, str]] = []
    for hit in named[:MOST_HITS]:
        kind = hit.meaning.kind
        group = "place" if kind == "place" else "actor"
        if any(s <= hit.start and hit.end <= e and (s, e) != (hit.start, hit.end) for s, e, _ in taken):
            continue
        if any((s, e, g) == (hit.start, hit.end, group) for s, e, g in taken) and not compiled.grammar.unspaced:
            continue  # in Chinese two letters may be two states
        if kind == "place" and any(s < hit.end and hit.start < e and g == group for s, e, g in taken):
            continue  # "the Gulf" begins before "Gulf of Aden" and is another place
        taken.append((hit.start, hit.end, group))
        if kind == "place":
            _note_place(sentence, hit, compiled)
        elif kind != "metonym" or not _at_place(data, hit.start - sentence.start, compiled.grammar):
            _note_actor(sentence, hit, norm, compiled)


def _at_place(data: str, index: int, grammar: Grammar) -> bool:
    """Whether a capital that begins there is where something happens: "in Moscow"."""
    head = data[max(0, index - 12) : index + 1].rstrip()
    if grammar.unspaced:
        return head.endswith(tuple(grammar.at_capital))
    return head[head.rfind(" ") + 1 :] in grammar.at_capital


def _note_place(sentence: Sentence, hit: Hit, compiled: Compiled) -> None:
    kinds = kinds_of_place(hit.meaning.index, compiled)
    note(sentence, Mention("place", hit.meaning.index, hit.start, hit.end), *kinds)


def _note_actor(sentence: Sentence, hit: Hit, norm: str, compiled: Compiled) -> None:
    ship, end = hit.meaning.kind == "ship", hit.end
    if ship:
        plain = SMALL_WORD.search(norm, sentence.start, sentence.end)
        more = (_NAME_GOES_ON if plain else _NAME_IN_TITLE_CASE).match(norm, hit.end, sentence.end)
        end = more.end() if more else hit.end
    index = hit.meaning.index
    note(sentence, Mention("actor", index, hit.start, end, ship), *kinds_of_actor(index, ship, compiled))
    state = compiled.actors[index].state
    if compiled.actors[index].kind == "force" and state:
        owner = compiled.actor_index[state]
        note(sentence, Mention("actor", owner, hit.start, end, ship), compiled.built_in[STATE])
