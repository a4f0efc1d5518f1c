"""A sentence as a row of units: mentions and plain words, with what grammar says of each."""

import re
from collections.abc import Sequence

from msgspec import Struct

from services.tagger.core.compiled import SHARED, Compiled
from services.tagger.core.fold import Folded
from services.tagger.core.grammar import Grammar
from services.tagger.core.mentions import Mention, Sentence, kinds_of_actor, kinds_of_place

MOST_UNITS = 220
_SOURCE = 10  # units of a source at the end of a sentence, with the comma before it
_SHORT_SOURCE = 5
_HARD = frozenset(";:?!\u2014\u2013|\u2026\uff1b\uff1a\uff1f\uff01\u3002\u061f\u061b\u06d4")
_COMMAS = frozenset(",()[]\uff0c\u3001\uff08\uff09\u060c")
_CLOSING = ("'", '"', "\u2019", "\u201d")
_OPENING = re.compile(r"(?:^|(?<=[\s(]))['\"\u2018\u201c](?=\w)")
_QUOTATION = 200  # characters
_QUOTED_WORDS = 3  # spaces in a quotation that is more than a name
_SILENT = frozenset("\"'\u2018\u2019\u201c\u201d-.*/\u2011&")


class Unit(Struct, eq=False, gc=False):
    """A mention, or a plain word. ``word`` is folded.

    ``named``: an actor's name and nothing more. ``aside``: an actor that is only a modifier, a place or a source.
    ``modifies``: a bloc that says whose the next unit is ("NATO summit"). ``hard``: no clause goes on over it.
    ``glued``: joined to the one before by a hyphen.
    """

    start: int
    end: int
    word: str
    kinds: frozenset[int] = frozenset()
    actors: tuple[int, ...] = ()
    place: int | None = None
    acts: tuple[tuple[int, str], ...] = ()
    hard: bool = False
    comma: bool = False
    glued: bool = False
    aside: bool = False
    modifies: bool = False
    ship: bool = False
    things: tuple[int, ...] = ()
    named: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is a word that stands for nothing known."""
        return not (self.kinds or self.actors or self.acts or self.place is not None)


def units_of(sentence: Sentence, folded: Folded, owner: int, compiled: Compiled) -> list[Unit]:
    """The units of ``sentence`` as the pack ``owner`` sees them, at most :data:`MOST_UNITS`."""
    found: list[Unit] = []
    grammar = compiled.grammar
    at = sentence.start
    token = compiled.writing.token
    for start, end, mentions in _spans(sentence, owner, compiled):
        _add_words(found, folded, at, start, grammar, token)
        found.append(_mention(start, end, mentions, folded, compiled))
        at = end
        if len(found) > MOST_UNITS:
            break
    _add_words(found, folded, at, sentence.end, grammar, token)
    del found[MOST_UNITS:]
    _glue(found, folded)
    _soften(found, grammar)
    _set_aside(found, compiled, grammar)
    return found


def _spans(sentence: Sentence, owner: int, compiled: Compiled) -> list[tuple[int, int, list[Mention]]]:
    """Mentions that count for the pack, the longest first; what overlaps a longer one is not seen."""
    by_span: dict[tuple[int, int], list[Mention]] = {}
    for mention in sentence.mentions:
        if mention.kind == "thing" and compiled.owners[mention.index] not in (SHARED, owner):
            continue
        if mention.kind == "act" and compiled.act_words[mention.index].owner != owner:
            continue
        end = _before_act(mention, sentence, owner, compiled) if mention.ship else mention.end
        by_span.setdefault((mention.start, end), []).append(mention)
    inner = [mention for found in by_span.values() for mention in found if mention.kind != "place"]
    for span in _overrun(by_span):
        del by_span[span]
    anywhere = compiled.grammar.voices == "list"
    chosen: list[tuple[int, int, list[Mention]]] = []
    taken = bytearray(sentence.end - sentence.start)
    for (start, end), mentions in sorted(by_span.items(), key=lambda item: (item[0][0] - item[0][1], item[0][0])):
        if all(m.kind == "thing" and compiled.owners[m.index] == SHARED for m in mentions):
            continue  # only for discounts
        low, high = start - sentence.start, end - sentence.start
        if not any(taken[low:high]):
            taken[low:high] = b"\1" * (high - low)
            name = all(mention.kind == "actor" for mention in mentions)
            near = [m for m in inner if m.start < end and start < m.end and m not in mentions]
            within = [m for m in near if _inside(m, start, end, name=name, anywhere=anywhere)]
            if near and all(mention.kind == "act" for mention in mentions):  # of a thing's name no verb is taken in
                within += [m for m in near if m.kind == "act" and start < m.start and m.end == end]
            chosen.append((start, end, [*mentions, *within]))
    return sorted(chosen, key=lambda item: item[0])


def _inside(mention: Mention, start: int, end: int, *, name: bool, anywhere: bool) -> bool:
    """Whether a longer mention takes this one in: the state of "Chinese coast guard vessel".

    Of a ``name`` that ends in a thing it takes the thing, too: the navy of "Israel's navy"; ``anywhere``: of one that
    holds a thing. An act takes in the shorter one that it begins with: "agreed to".
    """
    if mention.kind == "act":
        return not name and mention.start == start and mention.end < end
    if mention.kind == "actor":
        return start <= mention.start < end or mention.start < start < mention.end
    if anywhere:
        return name and start <= mention.start and mention.end <= end
    return name and start < mention.start and mention.end == end


def _overrun(by_span: dict[tuple[int, int], list[Mention]]) -> list[tuple[int, int]]:
    """Actors that a thing goes on from: in "Chinese coast guard vessel" the vessel counts, and is Chinese."""
    actors = [span for span, found in by_span.items() if all(m.kind == "actor" for m in found) and not found[0].ship]
    things = [span for span, found in by_span.items() if any(m.kind == "thing" for m in found)]
    return [one for one in actors if any(one[0] < thing[0] < one[1] < thing[1] for thing in things)]


def _before_act(mention: Mention, sentence: Sentence, owner: int, compiled: Compiled) -> int:
    """Where a ship's name ends in a headline, where the verb has a capital, too: "USS Dewey Departs"."""
    starts = [
        one.start - 1
        for one in sentence.mentions
        if one.kind == "act" and compiled.act_words[one.index].owner == owner and mention.start + 6 < one.start
    ]
    return min([mention.end, *starts])


def _mention(start: int, end: int, mentions: Sequence[Mention], folded: Folded, compiled: Compiled) -> Unit:
    kinds: set[int] = set()
    actors: list[int] = []
    acts: list[tuple[int, str]] = []
    things: list[int] = []
    place = None
    for mention in mentions:
        if mention.kind == "thing":
            kinds.add(mention.index)
            things.append(mention.index)
        elif mention.kind == "act":
            rest = folded.data[1 + mention.end : 1 + end].split()
            if rest and rest[0] not in compiled.grammar.same_verb:
                continue
            word = compiled.act_words[mention.index]
            acts.append((word.act, word.form))
        elif mention.kind == "actor":
            kinds.update(kinds_of_actor(mention.index, mention.ship, compiled))
            actors.append(mention.index)
        else:
            kinds.update(kinds_of_place(mention.index, compiled))
            place = mention.index
    return Unit(
        start,
        end,
        folded.data[1 + start : 1 + end],
        kinds=frozenset(kinds),
        actors=tuple(dict.fromkeys(actors)),
        place=place,
        acts=tuple(dict.fromkeys(acts)),
        ship=any(mention.ship for mention in mentions),
        named=any(mention.kind == "actor" and mention.end == end and mention.start == start for mention in mentions),
        things=tuple(things),
    )


def _add_words(
    found: list[Unit], folded: Folded, start: int, end: int, grammar: Grammar, token: re.Pattern[str]
) -> None:
    for match in token.finditer(folded.norm, start, end):
        text = match.group()
        if text in _SILENT and not _dash(folded.norm, match.start(), match.end()):
            continue
        if text[0] in "'\u2019":
            text = text[1:]
        elif text[0].isalnum():
            text = folded.data[1 + match.start() : 1 + match.end()]
        hard = (
            text in _HARD or text == "-" or text in grammar.subordinate or _ends_quotation(folded.norm, match.start())
        )
        found.append(Unit(match.start(), match.end(), text, hard=hard, comma=text in _COMMAS))
        if len(found) > MOST_UNITS:
            return


def _ends_quotation(norm: str, comma: int) -> bool:
    """Whether a comma follows a quotation of several words: "'Iran helps us', missile hits hotel"."""
    if norm[comma : comma + 1] != "," or norm[comma - 1 : comma] not in _CLOSING:
        return False
    opened = [match.end() for match in _OPENING.finditer(norm, max(0, comma - _QUOTATION), comma - 1)]
    return bool(opened) and norm.count(" ", opened[-1], comma) >= _QUOTED_WORDS


def _soften(found: list[Unit], grammar: Grammar) -> None:
    """ "as an act of war", "more than ten ships": no clause begins there. "as well as" is "and"."""
    for index, unit in enumerate(found):
        if unit.word in grammar.comparing:
            beside = {found[near].word for near in (index - 1, index + 1) if 0 <= near < len(found)}
            unit.hard = unit.hard and not beside & grammar.compared
    for first, middle, last in zip(found, found[1:], found[2:], strict=False):
        if (first.word, middle.word, last.word) == ("as", "well", "as"):
            first.word = middle.word = last.word = "and"


def _glue(found: list[Unit], folded: Folded) -> None:
    for unit in found:
        before = folded.norm[unit.start - 1 : unit.start] if unit.start else ""
        unit.glued = before in ("-", "\u2011", "\u2010", "/") and folded.norm[unit.start - 2 : unit.start - 1] != " "


def _dash(norm: str, start: int, end: int) -> bool:
    """Whether a hyphen parts two clauses."""
    return norm[start:end] == "-" and (norm[start - 1 : start] in (" ", "-") or norm[end : end + 1] == "-")


def _set_aside(found: list[Unit], compiled: Compiled, grammar: Grammar) -> None:
    """Marks actors that are only modifiers ("NATO intern"), former ("ex-NATO boss") or sources ("Pentagon says")."""
    for index, unit in enumerate(found):
        if not unit.named or unit.ship:
            continue
        before = found[index - 1].word if index else ""
        after = found[index + 1] if index + 1 < len(found) else None
        former = before in grammar.former
        bound = after is not None and after.glued and after.word in grammar.bound
        affair = after is not None and after.word in grammar.affairs and before in grammar.preposition
        if former or bound or affair or (grammar.voices == "form" and _source(found, index, grammar)):
            unit.aside = True
        elif grammar.voices == "form" and all(compiled.actors[one].kind == "bloc" for one in unit.actors):
            unit.aside = _modifies(found, index, grammar)
            unit.modifies = after is not None and (bool(after.things) or any(f == "noun" for _, f in after.acts))


def _modifies(found: list[Unit], index: int, grammar: Grammar) -> bool:
    after = found[index + 1] if index + 1 < len(found) else None
    if after is None or not after.plain or after.hard or after.comma:
        return False
    if after.word == "s" and index + 2 < len(found):
        return False
    word = after.word
    if word.endswith("s") and _is_verb(found[index + 2 : index + 4], grammar):
        return False
    return not (
        word in grammar.function
        or word in grammar.stands_for
        or word in grammar.mode_words
        or word.endswith(("ing", "ed"))
        or not word[0].isalpha()
    )


def _is_verb(following: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether a word in -s is a verb by what follows it: "NATO descends into", "NATO scrambles to reassure"."""
    if following and following[0].word == grammar.to:
        return bool(following[-1].acts)
    return bool(following) and following[0].word in grammar.after_verb


def _source(found: list[Unit], index: int, grammar: Grammar) -> bool:
    """At the end of a sentence: ", Pentagon says", ", says Iran's minister", ", a French newspaper reports"."""
    if len(found) - index >= _SOURCE:
        return False
    comma = next((before for before in range(index - 1, max(-1, index - _SOURCE), -1) if found[before].comma), None)
    if comma is None or len(found) - comma > _SOURCE:
        return False
    said = [place for place in range(comma + 1, len(found)) if found[place].word in grammar.says]
    beside = said[:1] == [index + 1] and index == comma + 1 and len(found) - index <= _SHORT_SOURCE
    return (
        beside
        or said[:1] == [comma + 1]
        or (bool(said) and not any(u.word[0].isalnum() for u in found[said[-1] + 1 :]))
    )
