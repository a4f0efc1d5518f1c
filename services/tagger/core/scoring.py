"""Rules over what was read: which sentences prove a topic, how much each weighs, and what the article scores."""

from __future__ import annotations

from dataclasses import dataclass

from services.tagger.core.compiled import Compiled, CompiledDamping, CompiledPack, CompiledPattern, CompiledRule, Ids
from services.tagger.core.model import ActorNeed
from services.tagger.core.reading import Reading, Sentence, Span

STRONGEST = 4  # sentences that add up; more of the same proves nothing more


@dataclass(frozen=True, slots=True)
class Proof:
    """A sentence that a rule holds for. ``score`` is weight, times the weight of its place, times the damping."""

    sentence: Sentence
    rule: CompiledRule
    score: float
    damped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an article scores on one pack. ``damped`` names what made the whole article count less."""

    score: float
    proofs: tuple[Proof, ...]
    damped: tuple[str, ...]


def judge(reading: Reading, pack: CompiledPack, compiled: Compiled) -> Verdict:
    """The verdict of ``pack`` on a reading."""
    proofs = [proof for sentence in reading.sentences if (proof := _prove(sentence, pack, compiled))]
    if not proofs:
        return Verdict(0.0, (), ())
    score = _combined(proofs)
    damped: list[str] = []
    for damping in pack.article_damping:
        if _damps_article(reading, damping):
            score *= damping.source.factor
            damped.append(damping.source.id)
    return Verdict(score, tuple(proofs), tuple(damped))


def _combined(proofs: list[Proof]) -> float:
    """Independent doubts: 1 - (1 - a)(1 - b)... Of damped sentences only the best counts: three weak ones prove no more
    than one, when what makes them weak is said three times."""
    clear = sorted((proof.score for proof in proofs if not proof.damped), reverse=True)[:STRONGEST]
    weak = [max((proof.score for proof in proofs if proof.damped), default=0.0)]
    doubt = 1.0
    for score in (*clear, *weak):
        doubt *= 1.0 - score
    return 1.0 - doubt


def _damps_article(reading: Reading, damping: CompiledDamping) -> bool:
    if any(found_any(sentence, damping.unless) for sentence in reading.sentences):
        return False
    count = 0
    for sentence in reading.sentences:
        if sentence.position in damping.source.where:
            count += sum(len(sentence.found.get(number, ())) for number in damping.concepts)
    return count >= damping.source.at_least


def _prove(sentence: Sentence, pack: CompiledPack, compiled: Compiled) -> Proof | None:
    by_trigger, found = pack.by_trigger, sentence.found
    for index in sorted({index for number in found if number in by_trigger for index in by_trigger[number]}):
        rule = pack.rules[index]
        if holds(rule, sentence, compiled):
            factor, damped = damping_of(sentence, pack)
            score = rule.source.weight * pack.pack.weights[sentence.position] * factor
            return Proof(sentence, rule, score, damped) if score > 0 else None
    return None


def damping_of(sentence: Sentence, pack: CompiledPack) -> tuple[float, tuple[str, ...]]:
    """By what the sentence's score is multiplied, and the ids of what does it."""
    factor = 1.0
    names: tuple[str, ...] = ()
    for damping in pack.sentence_damping:
        if sentence.position not in damping.source.where:
            continue
        count = sum(len(sentence.found.get(number, ())) for number in damping.concepts)
        if count >= damping.source.at_least and not found_any(sentence, damping.unless):
            factor *= damping.source.factor
            names = (*names, damping.source.id)
    return factor, names


def holds(rule: CompiledRule, sentence: Sentence, compiled: Compiled) -> bool:
    """Whether every part of the rule holds in the sentence."""
    found = sentence.found
    if not any(number in found for number in rule.trigger):
        return False
    for ids in rule.all:
        if not any(number in found for number in ids):
            return False
    if rule.any and not any(number in found for number in rule.any):
        return False
    if any(number in found for number in rule.none) or sentence.position not in rule.source.where:
        return False
    if rule.source.actors and not any(enough(need, sentence, compiled) for need in rule.source.actors):
        return False
    if not all(stands(pattern, sentence) for pattern in rule.patterns):
        return False
    return not any(stands(pattern, sentence) for pattern in rule.never)


def enough(need: ActorNeed, sentence: Sentence, compiled: Compiled) -> bool:
    """Whether the sentence names enough different actors of every kind asked for."""
    for kind, wanted in need.counts:
        named = {index for index, _ in sentence.actors if kind == "actor" or compiled.actors[index].kind == kind}
        if len(named) < wanted:
            return False
    return True


def stands(pattern: CompiledPattern, sentence: Sentence) -> bool:
    """Whether the pattern's concepts stand together in the sentence."""
    chains = _spans(sentence, pattern.items[0])
    for ids in pattern.items[1:]:
        following = _spans(sentence, ids)
        # Only the best continuation from each place is kept, so the work is the product of two lists at most.
        chains = [
            span
            for span in following
            if any(_together(before, span, pattern.within, pattern.ordered) for before in chains)
        ]
        if not chains:
            return False
    return bool(chains)


def _together(left: Span, right: Span, within: int, ordered: bool) -> bool:
    if right.first > left.last:
        return right.first - left.last - 1 <= within
    if ordered or left.first <= right.last:
        return False
    return left.first - right.last - 1 <= within


def _spans(sentence: Sentence, ids: Ids) -> list[Span]:
    return [span for number in ids for span in sentence.found.get(number, ())]


def found_any(sentence: Sentence, ids: Ids) -> bool:
    """Whether one of the concepts stands in the sentence."""
    return any(number in sentence.found for number in ids)
