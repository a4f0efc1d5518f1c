"""How far an act has come, as far as its clause says: see :data:`services.contracts.messages.EventMode`.

The words that say so stand in ``grammar.yaml`` of the language, by the mode that they give.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from services.contracts.messages import EventMode
from services.tagger.core import told
from services.tagger.core.beside import noun_stands_beside, verb_stands_beside
from services.tagger.core.frame import Frame
from services.tagger.core.governors import REACH, Governors
from services.tagger.core.grammar import Grammar, Words
from services.tagger.core.questions import is_parted
from services.tagger.core.standing import is_practice, is_subject, only_identifies
from services.tagger.core.units import Unit

_PREDICATE_REACH = 10
_DENIAL_REACH = 12
_SPEECH_REACH = 16
_AUXILIARY_REACH = 3
_CAUSED_REACH = 4
_TO_REACH = 9  # words between "to" and a second verb after it: "to end the war and repair ties"
# Modes that an act's own word can tell.
_OWN: frozenset[EventMode] = frozenset({"planned", "threatened", "demanded", "under_way"})
_HOSTILE = ("ASSAULT", "COERCE")  # such an act is threatened by who says that he will do it
_LIVE: frozenset[EventMode] = frozenset({"done", "under_way", "planned"})


def mode_of(frame: Frame, units: Sequence[Unit], grammar: Grammar, *, title: bool, question: str) -> EventMode:
    """The mode of the act. ``question``: see :func:`services.tagger.core.questions.asks`."""
    if grammar.voices == "list":
        return told.mode_of(frame, units, grammar, question=question if title else "")
    if is_practice(frame, units, grammar):
        return "background"
    around = _Around(frame, units, grammar, title=title)
    noun = frame.voice in ("noun", "phrase") or frame.form == "passive"
    found = around.mode_of_noun() if noun else around.mode_of_verb()
    if found == "planned" and frame.act.source.plover in _HOSTILE and around.is_warned_of():
        found = "threatened"
    if question and title and found in _LIVE and not is_parted(frame.at, units, question):
        found = "opinion"
    practice = frame.voice == "noun" and units[frame.at].word.strip().endswith("s")
    return "background" if found == "opinion" and practice else found  # "are the strikes legal": a campaign, not an act


class _Around:
    """The words around one act of a sentence, and what they say of it."""

    def __init__(self, frame: Frame, units: Sequence[Unit], grammar: Grammar, *, title: bool) -> None:
        self._frame = frame
        self._units = units
        self._grammar = grammar
        self._title = title
        self._at = frame.at
        self._own_words = units[frame.at].word.split()
        self._governors = Governors(units, grammar)

    def mode_of_noun(self) -> EventMode:
        """The mode of a noun or a fixed phrase."""
        if self._own_words[0] in self._grammar.be:  # a fixed phrase with its own verb: "is closed"
            return "done"
        own = self._own()
        if own is not None:
            return own
        if self._frame.voice == "phrase" and self._by_auxiliary([one.word for one in self._before(4)]) == "opinion":
            return "opinion"
        after = self._word(self._at + 1)
        if after in self._grammar.mode_heads:
            return self._grammar.mode_heads[after]
        if self._any(self._units[self._at + 1 : self._at + REACH], self._grammar.judging):
            return "opinion"
        if self._is_called_off():
            return "denied"
        if noun_stands_beside(self._at, self._units, self._grammar):
            return "background"
        lasting = self._frame.act.source.lasting and self._own_words[0] not in self._grammar.reaching
        governed = None if self._own_words[0] in self._grammar.background else self._governors.mode_before(self._at)
        return governed or self._dated() or ("under_way" if lasting else "done")  # "tries to help after attack"

    def mode_of_verb(self) -> EventMode:
        """The mode of a verb, active or passive."""
        form = self._frame.form
        before = [unit.word for unit in self._before(4)][::-1]
        near = before[-_AUXILIARY_REACH:]
        sentence = (self._frame, self._units, self._grammar)
        if verb_stands_beside(*sentence) or only_identifies(*sentence):
            return "background"
        if self._is_supposed() or self._is_counterfactual(before) or self._is_talked_about():
            return "opinion"
        if self._any(self._after(), self._grammar.staged):
            return "threatened" if self._frame.act.source.plover in _HOSTILE else "opinion"
        if any(word in self._grammar.negation for word in near) or self._is_told_after(self._grammar.denying):
            return "denied"
        if self._is_against_refusal():
            return "denied"
        if self._is_told_after(self._grammar.retracting):
            return "background"
        to = self._infinitive(before)
        near = [unit.word for unit in self._before(_TO_REACH)][::-1] if self._is_joined(before) else near
        helped = (
            (self._governors.mode_before(to) if to is not None else None) or self._caused() or self._by_auxiliary(near)
        )
        if helped is not None:
            return helped
        if to is not None and self._word(to - 1) in self._grammar.have:
            return "demanded"  # "has to open the strait"
        if to is not None:
            return (self._own() or "under_way") if self._has_set_out(to) else "planned"
        return self._progressive(near) if form == "ing" else (self._own() or self._finite())

    def is_warned_of(self) -> bool:
        """Whether what is planned is said to those whom it harms: "vows to close", "says it will hit"."""
        before = [unit.word for unit in self._before(REACH)]
        if any(word in self._grammar.vowing for word in before):
            return True
        will = any(word in self._grammar.will for word in before[:_AUXILIARY_REACH])
        sentence = self._units[max(0, self._at - _SPEECH_REACH) :]
        says = any(unit.word in self._grammar.says for unit in sentence)
        return will and (says or any(unit.word in self._grammar.condition for unit in self._units[self._at :]))

    # What stands where.

    def _word(self, index: int) -> str:
        return self._units[index].word if 0 <= index < len(self._units) else ""

    def _before(self, reach: int) -> Iterator[Unit]:
        """Words before the act in its clause, the nearest first."""
        near = reversed(self._units[max(0, self._at - reach) : self._at])
        return takewhile(lambda unit: not unit.hard, near)

    def _after(self) -> Iterator[Unit]:
        """Words after the act, as far as its clause goes."""
        following = self._units[self._at + 1 : self._at + _PREDICATE_REACH]
        return takewhile(lambda unit: not (unit.hard or unit.comma or unit.word in self._grammar.relative), following)

    def _any(self, units: Iterable[Unit], words: Words) -> bool:
        return any(unit.word.strip() in words for unit in units)

    # Whether it is so.

    def _is_called_off(self) -> bool:
        """ "escorts not possible for now", "drill was cancelled"; "no deal without guarantees" asks for them."""
        if any(self._grammar.gerunds.get(unit.word) == "denied" for unit in self._before(2)):
            return True
        words = [unit.word.strip() for unit in self._after()]
        for index, word in enumerate(words):
            before, after = words[index - 1] if index else "", words[index + 1] if index + 1 < len(words) else ""
            if word in self._grammar.unreal or (word in self._grammar.negation and after in self._grammar.real):
                return True
            stopped = self._grammar.mode_words.get(word) == "denied" and word.endswith("ed")
            if stopped and (before in self._grammar.be or after == "" or after in self._grammar.preposition):
                return True
        return False

    def _is_told_after(self, speaking: Words) -> bool:
        """ "denies that it will quit", "dismisses reports that it left": somebody says that it is not so."""
        clause = takewhile(
            lambda unit: not unit.comma and unit.word not in self._grammar.conjunction, self._before(_DENIAL_REACH)
        )
        return self._any(clause, speaking)

    def _is_against_refusal(self) -> bool:
        """ "can use bases despite their refusal"."""
        words = [unit.word for unit in takewhile(lambda unit: not unit.comma, self._units[self._at + 1 :])]
        after = words[words.index("despite") + 1 :][:3] if "despite" in words else []
        return any(self._grammar.mode_words.get(word) == "denied" for word in after)

    def _is_supposed(self) -> bool:
        """ "if it leaves"; "weighs whether to leave" is a plan."""
        for index in range(self._at - 1, max(-1, self._at - _DENIAL_REACH), -1):
            if self._word(index) in self._grammar.condition:
                return self._word(index + 1) != self._grammar.to
            if self._units[index].hard or self._units[index].comma:
                return False
        return False

    def _is_joined(self, before: Sequence[str]) -> bool:
        """ "may upend markets and test ties"."""
        return self._frame.form == "base" and bool(before) and before[-1] in self._grammar.conjunction

    def _is_talked_about(self) -> bool:
        """ "says that mending ties is no betrayal"."""
        gerund = self._frame.form == "ing" and self._word(self._at - 1) not in self._grammar.gerunds
        return gerund and is_subject(self._at, self._units, self._grammar)

    def _is_counterfactual(self, before: Sequence[str]) -> bool:
        """ "would have hit", "nearly sank"."""
        if self._frame.form == "ing":
            return False
        unreal = any(word in self._grammar.would or word in self._grammar.auxiliaries for word in before[:-1])
        return (unreal and before[-1] in self._grammar.have) or bool(before and before[-1] in self._grammar.almost)

    # How far it has come.

    def _own(self) -> EventMode | None:
        """What the words of the act itself tell: "under attack", "threatens", "urges to spend"."""
        words = self._own_words[:2]
        if words[0] == "under" or (words[0] in self._grammar.be and "under" in words):
            return "under_way"
        if words[-1] in self._grammar.particles or (len(words) > 1 and " ".join(words) in self._grammar.mode_words):
            return None
        mode = self._grammar.mode_words.get(words[0])
        return mode if mode in _OWN and words[0] not in self._grammar.needs_to else None

    def _dated(self) -> EventMode | None:
        """ "announces drill next week"."""
        after = [unit.word for unit in self._units[self._at + 1 :]]
        return "planned" if any(word in self._grammar.coming for word in after) else None

    def _finite(self) -> EventMode:
        form = self._frame.form
        present = form in ("s", "base") or (form == "base_or_ed" and self._frame.voice == "active")
        lasting = self._frame.act.source.lasting and self._own_words[0] not in self._grammar.reaching
        return "under_way" if present and lasting else "done"

    def _infinitive(self, before: Sequence[str]) -> int | None:
        """Where the "to" of the act stands, or of the one it goes on: "to end war and mend ties", "to help X sign"."""
        form = self._frame.form
        plain = form in ("base", "base_or_ed")
        own = plain and self._grammar.to in before[-_AUXILIARY_REACH:]
        helped = plain and any(word in self._grammar.helping for word in before)
        if not own and not helped and not self._is_joined(before):
            return None
        places = range(self._at - 1, max(-1, self._at - 1 - _TO_REACH), -1)
        return next((index for index in places if self._word(index) == self._grammar.to), None)

    def _caused(self) -> EventMode | None:
        """The mode of what somebody is made or let do: "eyes having troops protect ships", "weighs letting US use"."""
        if self._frame.form not in ("base", "base_or_ed"):
            return None
        places = range(self._at - 1, max(-1, self._at - 1 - _CAUSED_REACH), -1)
        causes = next((index for index in places if self._word(index) in self._grammar.causing), None)
        return self._governors.mode_before(causes) if causes is not None else None

    def _has_set_out(self, to: int) -> bool:
        """Whether who does it has set out for it: "sends the navy to escort", "in Hanoi to mend ties"."""
        for index in range(to - 1, max(-1, to - 1 - REACH), -1):
            if self._units[index].hard or self._units[index].comma:
                return False
            if self._word(index).split()[0] in self._grammar.sending:
                return not any(unit.word == self._grammar.to for unit in self._units[max(0, index - 2) : index])
        return to > 1 and self._word(to - 2) in self._grammar.locative and self._word(to - 1) != "order"

    def _by_auxiliary(self, near: Sequence[str]) -> EventMode | None:
        if any(word in self._grammar.would for word in near):
            speech = self._units[max(0, self._at - _SPEECH_REACH) : self._at]
            return "opinion" if self._title and not self._any(speech, self._grammar.says) else "planned"
        found = next((word for word in near if word in self._grammar.auxiliaries), None)
        if found is None:
            return None
        supposed = found not in self._grammar.will and self._any(self._units, self._grammar.expert)
        return "opinion" if supposed else self._grammar.auxiliaries[found]

    def _progressive(self, near: Sequence[str]) -> EventMode:
        act, before = self._frame.act.source, near[-1] if near else ""
        if any(word in self._grammar.be for word in near):
            return self._own() or "under_way"
        if act.practice and any(word in self._grammar.concerning for word in near):
            return "background"  # "anger over the US striking boats"
        sooner = self._units[: self._at]
        judged = self._any(sooner, self._grammar.about_heads) or self._any(sooner, self._grammar.judging)
        if before == "from" and self._any(sooner, self._grammar.preventing):
            return "background" if judged else "denied"  # "a vote to bar him from striking boats"
        if before == "of":
            governor = self._word(self._at - 2).strip()
            if governor in self._grammar.mode_words and governor not in self._grammar.accusing:
                return self._grammar.mode_words[governor]  # "hopes of joining"
            if act.practice and self._any(sooner, self._grammar.accusing):
                return "done"
        if before in self._grammar.gerunds:
            if judged and before not in self._grammar.by:
                return "background"  # "a hearing for blowing up boats"
            mode = self._grammar.gerunds[before]
            if before in self._grammar.by:
                mode = self._of_means() or mode
            return "under_way" if mode == "done" and act.lasting else mode
        governed = self._governors.mode_before(self._at, reach=3, ends_at_comma=True)
        return (
            governed or self._own() or ("done" if act.practice else "under_way")
        )  # "shows US forces seizing a tanker"

    def _of_means(self) -> EventMode | None:
        """The mode of what is to be reached "by" the act: "plans to open the strait by attacking ships"."""
        for index in range(self._at - 2, max(-1, self._at - 2 - _SPEECH_REACH), -1):
            if self._units[index].hard or self._units[index].comma:
                return None
            word = self._word(index)
            if word == self._grammar.to:
                return self._governors.mode_before(index)
            if word in self._grammar.auxiliaries:
                return self._grammar.auxiliaries[word]
        return None
