"""Why an article got a topic or not: every sentence with a trigger, the rule that holds, the nearest that do not."""

from __future__ import annotations

from msgspec import Struct

from services.contracts.messages import EvidenceField
from services.tagger.core.compiled import Compiled, CompiledPack
from services.tagger.core.misses import misses
from services.tagger.core.reading import Reading, Sentence, read
from services.tagger.core.scoring import Verdict, damping_of, found_any, judge
from services.tagger.core.tag import Fields

MOST_NEAR = 3  # rules shown for a sentence that none holds for, those that miss least first


class Found(Struct, frozen=True, kw_only=True):
    """A concept, actor or place in a sentence: characters ``start`` to ``end`` of the sentence's quote."""

    name: str
    start: int
    end: int


class NearMiss(Struct, frozen=True, kw_only=True):
    """A rule whose trigger is there, and what it misses."""

    rule: str
    weight: float
    misses: tuple[str, ...]


class SentenceReport(Struct, frozen=True, kw_only=True):
    """One sentence. ``score`` is the weight of ``rule`` times that of the place times ``factor``."""

    field: EvidenceField
    position: str
    start: int
    end: int
    quote: str
    found: tuple[Found, ...]
    rule: str | None
    score: float
    factor: float
    damped: tuple[str, ...]
    near: tuple[NearMiss, ...]


class TopicReport(Struct, frozen=True, kw_only=True):
    """One topic. It is given when ``score`` reaches ``threshold``."""

    pack: str
    topic: str
    score: float
    threshold: float
    given: bool
    damped: tuple[str, ...]
    sentences: tuple[SentenceReport, ...]


def explain(article: Fields, compiled: Compiled) -> tuple[TopicReport, ...]:
    """A report for every pack, whatever the article's language."""
    reading = read(article.title, article.summary, article.text, compiled)
    return tuple(_topic(article, reading, pack, compiled) for pack in compiled.packs)


def _topic(article: Fields, reading: Reading | None, pack: CompiledPack, compiled: Compiled) -> TopicReport:
    verdict = judge(reading, pack, compiled) if reading else Verdict(0.0, (), ())
    triggers = {number for rule in pack.rules for number in rule.trigger}
    read_sentences = reading.sentences if reading else []
    wanted = [sentence for sentence in read_sentences if any(number in sentence.found for number in triggers)]
    return TopicReport(
        pack=pack.pack.id,
        topic=pack.pack.topic,
        score=round(verdict.score, 3),
        threshold=pack.pack.threshold,
        given=verdict.score >= pack.pack.threshold,
        damped=verdict.damped,
        sentences=tuple(_sentence(article, reading, s, pack, verdict, compiled) for s in wanted if reading),
    )


def _sentence(
    article: Fields,
    reading: Reading,
    sentence: Sentence,
    pack: CompiledPack,
    verdict: Verdict,
    compiled: Compiled,
) -> SentenceReport:
    start = reading.place_in_field(sentence.part, sentence.start)
    end = reading.place_in_field(sentence.part, sentence.end)
    proof = next((p for p in verdict.proofs if p.sentence is sentence), None)
    factor, damped = damping_of(sentence, pack)
    text: str = getattr(article, sentence.part)
    return SentenceReport(
        field=sentence.part,
        position=sentence.position,
        start=start,
        end=end,
        quote=text[start:end],
        found=_found(reading, sentence, pack, compiled, start),
        rule=proof.rule.source.id if proof else None,
        score=round(proof.score, 3) if proof else 0.0,
        factor=round(factor, 3),
        damped=damped,
        near=() if proof else _near(sentence, pack, compiled),
    )


def _near(sentence: Sentence, pack: CompiledPack, compiled: Compiled) -> tuple[NearMiss, ...]:
    candidates = [
        NearMiss(rule=rule.source.id, weight=rule.source.weight, misses=misses(rule, sentence, compiled))
        for rule in pack.rules
        if found_any(sentence, rule.trigger)
    ]
    candidates.sort(key=lambda near: (len(near.misses), -near.weight))
    return tuple(candidates[:MOST_NEAR])


def _found(
    reading: Reading, sentence: Sentence, pack: CompiledPack, compiled: Compiled, start: int
) -> tuple[Found, ...]:
    own = {*pack.pack.concepts, *compiled.built_in}
    used = {name for item in pack.pack.damping for name in (*item.concepts, *item.unless)}
    owner = compiled.packs.index(pack)
    found = [
        Found(
            name=compiled.concept_names[number],
            start=reading.place_in_field(sentence.part, span.start) - start,
            end=reading.place_in_field(sentence.part, span.end) - start,
        )
        for number, spans in sentence.found.items()
        if compiled.owners[number] in (owner, -1) and compiled.concept_names[number] in own | used
        for span in spans
    ]
    return tuple(sorted(found, key=lambda item: (item.start, item.end, item.name)))
