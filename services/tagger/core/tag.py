"""From an article's fields to its tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.contracts.messages import Actor, Evidence, Place, Role, Tag
from services.tagger.core.compiled import Compiled, CompiledPack
from services.tagger.core.reading import MOST_CHARACTERS, Reading, Sentence, read
from services.tagger.core.scoring import Proof, Verdict, judge

MOST_EVIDENCE = 5
MOST_ACTORS = 12
LONGEST_QUOTE = 600
PRIMARY_SENTENCES = 3  # so many proofs make a topic primary even where title and lead do not say it


@dataclass(frozen=True, slots=True)
class Fields:
    """What of an article is looked at. ``language`` null or unknown is tagged by every pack."""

    title: str
    summary: str
    text: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Tagging:
    """The tags of an article; ``truncated`` when it was longer than what is read of any article."""

    tags: tuple[Tag, ...]
    truncated: bool


def tag(article: Fields, compiled: Compiled) -> Tagging:
    """The topics that ``article`` reports, with their proof. Pure; bounded for any input."""
    reading = read(article.title, article.summary, article.text, compiled)
    if reading is None:
        return Tagging((), len(article.text) > MOST_CHARACTERS)
    tags: list[Tag] = []
    for pack in compiled.packs:
        if article.language and article.language[:2].lower() not in (pack.pack.language, "xx", "un"):
            continue
        verdict = judge(reading, pack, compiled)
        if verdict.score >= pack.pack.threshold:
            tags.append(_tag(article, reading, pack, verdict, compiled))
    return Tagging(tuple(tags), reading.truncated)


def _tag(article: Fields, reading: Reading, pack: CompiledPack, verdict: Verdict, compiled: Compiled) -> Tag:
    best = sorted(verdict.proofs, key=lambda proof: -proof.score)[:MOST_EVIDENCE]
    best.sort(key=lambda proof: proof.sentence.start)
    proven = [proof.sentence for proof in verdict.proofs]
    return Tag(
        topic=pack.pack.topic,
        score=round(min(verdict.score, 1.0), 3),
        role=_role(verdict, pack),
        pack=pack.pack.id,
        actors=_actors(proven, compiled),
        places=_places(proven, compiled),
        evidence=tuple(_evidence(article, reading, proof) for proof in best),
    )


def _role(verdict: Verdict, pack: CompiledPack) -> Role:
    up_front = [p for p in verdict.proofs if p.sentence.position != "body"]
    strong = sum(p.score for p in up_front) >= pack.pack.threshold * 0.8
    return "primary" if strong or len(verdict.proofs) >= PRIMARY_SENTENCES else "mention"


def _evidence(article: Fields, reading: Reading, proof: Proof) -> Evidence:
    sentence = proof.sentence
    start = reading.place_in_field(sentence.part, sentence.start)
    end = reading.place_in_field(sentence.part, sentence.end)
    if end - start > LONGEST_QUOTE:
        start, end = _around_trigger(reading, proof, start, end)
    text = getattr(article, sentence.part)
    return Evidence(field=sentence.part, start=start, end=end, quote=text[start:end], rule=proof.rule.source.id)


def _around_trigger(reading: Reading, proof: Proof, start: int, end: int) -> tuple[int, int]:
    spans = [span for number in proof.rule.trigger for span in proof.sentence.found.get(number, ())]
    middle = reading.place_in_field(proof.sentence.part, min(span.start for span in spans))
    begin = max(start, min(middle - LONGEST_QUOTE // 2, end - LONGEST_QUOTE))
    return begin, begin + LONGEST_QUOTE


def _actors(sentences: Sequence[Sentence], compiled: Compiled) -> tuple[Actor, ...]:
    counts: Counter[int] = Counter()
    for sentence in sentences:
        counts.update(list(dict.fromkeys(index for index, _ in sentence.actors)))
    return tuple(compiled.actors[index].actor for index, _ in counts.most_common(MOST_ACTORS))


def _places(sentences: Sequence[Sentence], compiled: Compiled) -> tuple[Place, ...]:
    counts: Counter[int] = Counter()
    for sentence in sentences:
        counts.update(sentence.places)
    return tuple(compiled.places.by_id[compiled.place_ids[index]] for index, _ in counts.most_common(MOST_ACTORS))
