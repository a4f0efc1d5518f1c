"""Acts over what was read: which sentences prove a topic, how much each weighs, and what the article scores."""

from dataclasses import dataclass

from services.contracts.messages import EventMode
from services.tagger.core.beside import is_told_beside
from services.tagger.core.compiled import Compiled, CompiledDiscount, CompiledPack, Ids
from services.tagger.core.frame import Frame
from services.tagger.core.frames import frames
from services.tagger.core.mentions import Sentence
from services.tagger.core.modes import mode_of
from services.tagger.core.questions import asks
from services.tagger.core.reading import Reading
from services.tagger.core.units import Unit, units_of

STRONGEST = 4  # sentences that add up; more of the same proves nothing more
_TAKEN_UP = 0.9  # of a sentence whose party stands in the one before
_BESIDE = 0.7  # what the sentence tells beside its news is not its main event, unless that is weak
MOST_EVENTS = 4  # of one sentence
MOST_READ = 100  # sentences with an act that are read with care
_WEAK: frozenset[EventMode] = frozenset({"opinion", "background", "denied"})


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An act that has what it needs, how far it has come, and what it is worth before its place is looked at."""

    frame: Frame
    mode: EventMode
    score: float


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """One sentence as one pack reads it: its events, the best first, and the acts that lack something."""

    units: list[Unit]
    events: tuple[ReadEvent, ...]
    near: tuple[Frame, ...]

    @property
    def strongest(self) -> ReadEvent:
        """The event that weighs most; the first one is what the sentence is about."""
        return max(self.events, key=lambda event: event.score)


@dataclass(frozen=True, slots=True)
class Proof:
    """A sentence with an event. ``score`` is that of its best event, times the weight of its place and the discount."""

    sentence: Sentence
    reading: SentenceReading
    score: float
    discounts: tuple[str, ...]

    @property
    def weak(self) -> bool:
        """Whether something makes it count less: three of the kind prove no more than one."""
        return bool(self.discounts) or self.reading.strongest.mode in _WEAK


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an article scores on one pack. ``discounts`` names what made the whole article count less."""

    score: float
    proofs: tuple[Proof, ...]
    discounts: tuple[str, ...]


def judge(reading: Reading, pack: CompiledPack, compiled: Compiled) -> Verdict:
    """The verdict of ``pack`` on a reading."""
    told = [sentence for sentence in reading.sentences if worth_reading(sentence, pack, compiled)][:MOST_READ]
    proofs = [proof for sentence in told if (proof := _prove(reading, sentence, pack, compiled))]
    if not proofs:
        return Verdict(0.0, (), ())
    score = _combined(proofs)
    names: list[str] = []
    for discount in pack.article_discounts:
        if _discounts_article(reading, discount):
            score *= discount.source.factor
            names.append(discount.source.id)
    return Verdict(score, tuple(proofs), tuple(names))


def worth_reading(sentence: Sentence, pack: CompiledPack, compiled: Compiled) -> bool:
    """Whether an act is told, and all that one of its needs asks for is named somewhere in the sentence."""
    kinds = sentence.kinds.keys()
    if pack.owner not in sentence.owners:
        return False
    words = compiled.act_words
    acts = [m.index for m in sentence.mentions if m.kind == "act" and words[m.index].owner == pack.owner]
    if compiled.anchors[pack.owner].isdisjoint(kinds) and compiled.told_alone.isdisjoint(acts):
        return False
    told = {words[index].act for index in acts}
    actors = len({m.index for m in sentence.mentions if m.kind == "actor"})
    return any(
        actors >= need.source.parties and all(not ids.isdisjoint(kinds) for _, ids in need.slots)
        for act in told
        for need in pack.acts[act].needs
    )


def _combined(proofs: list[Proof]) -> float:
    """Independent doubts: 1 - (1 - a)(1 - b)... Of weak sentences only the best counts."""
    clear = sorted((proof.score for proof in proofs if not proof.weak), reverse=True)[:STRONGEST]
    weak = [max((proof.score for proof in proofs if proof.weak), default=0.0)]
    doubt = 1.0
    for score in (*clear, *weak):
        doubt *= 1.0 - score
    return 1.0 - doubt


def _discounts_article(reading: Reading, discount: CompiledDiscount) -> bool:
    if any(found_any(sentence, discount.unless) for sentence in reading.sentences):
        return False
    sentences = (sentence for sentence in reading.sentences if sentence.position in discount.source.where)
    return sum(_count(sentence, discount.words) for sentence in sentences) >= discount.source.at_least


def _prove(reading: Reading, sentence: Sentence, pack: CompiledPack, compiled: Compiled) -> Proof | None:
    factor, discounts = discount_of(sentence, pack)
    if not factor:
        return None
    read = read_sentence(reading, sentence, pack, compiled)
    if not read.events:
        return None
    score = read.strongest.score * pack.pack.weights[sentence.position] * factor
    return Proof(sentence, read, score, discounts) if score > 0 else None


def read_sentence(
    reading: Reading, sentence: Sentence, pack: CompiledPack, compiled: Compiled, *, near: bool = False
) -> SentenceReading:
    """The events of a sentence for a pack, and, for ``near``, what missed."""
    units = units_of(sentence, reading.folded, pack.owner, compiled)
    grammar = compiled.grammar
    title = sentence.position == "title"
    question = asks(reading.folded.norm[sentence.start : sentence.end], grammar) if title else ""
    if title and sentence.start and asks(reading.folded.norm[: sentence.end], grammar) == "labels":
        question = "labels"  # a column's headline of several sentences
    events: list[ReadEvent] = []
    missed: list[Frame] = []
    for frame in frames(units, pack.acts, compiled, grammar, near=near):
        if frame.unmet:
            missed.append(frame)
            continue
        mode = mode_of(frame, units, grammar, title=title, question=question)
        events.append(ReadEvent(frame, mode, frame.need.weight * frame.act.source.modes[mode]))
    told = [event.frame for event in events]
    beside = [frame for frame in told if is_told_beside(frame, told, units, grammar)]
    return SentenceReading(units, _strongest(events, beside), tuple(missed))


def _strongest(events: list[ReadEvent], beside: list[Frame]) -> tuple[ReadEvent, ...]:
    """The best first, before what is told beside it; an act that is a part of another event is not one of its own."""
    events.sort(key=lambda event: -event.score * (_BESIDE if event.frame in beside else 1.0))
    kept: list[ReadEvent] = []
    for event in events:
        part = any(event.frame.at in other.frame.fillers.values() for other in kept)
        same = any(event.frame.at == other.frame.at or event.frame.act is other.frame.act for other in kept)
        if not part and not same:
            kept.append(event)
    return tuple(kept[:MOST_EVENTS])


def discount_of(sentence: Sentence, pack: CompiledPack) -> tuple[float, tuple[str, ...]]:
    """By what the sentence's score is multiplied, and the ids of what does it."""
    factor, names = (_TAKEN_UP, ("party-of-the-headline",)) if sentence.taken_up else (1.0, ())
    for discount in pack.sentence_discounts:
        if sentence.position not in discount.source.where:
            continue
        enough = _count(sentence, discount.words) >= discount.source.at_least
        if enough and not found_any(sentence, discount.unless):
            factor *= discount.source.factor
            names = (*names, discount.source.id)
    return factor, names


def _count(sentence: Sentence, words: Ids) -> int:
    return sum(sentence.kinds.get(number, 0) for number in words)


def found_any(sentence: Sentence, words: Ids) -> bool:
    """Whether one of the kinds stands in the sentence."""
    return any(number in sentence.kinds for number in words)
