"""From an article's fields to its tags."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.contracts.messages import EVENT_MODES, Actor, Event, Evidence, Place, Role, Tag
from services.tagger.core.compiled import Compiled, CompiledPack
from services.tagger.core.events import event_of
from services.tagger.core.languages import Languages
from services.tagger.core.mentions import Sentence
from services.tagger.core.reading import MOST_CHARACTERS, Reading, read
from services.tagger.core.scoring import Proof, Verdict, judge

MOST_EVIDENCE = 5
MOST_EVENTS = 8
MOST_ACTORS = 12
LONGEST_QUOTE = 600
PRIMARY_SENTENCES = 3  # so many proofs make a topic primary even where title and lead do not say it


@dataclass(frozen=True, slots=True)
class Fields:
    """What of an article is looked at. ``language`` null or unknown is guessed by the script."""

    title: str
    summary: str
    text: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Tagging:
    """The tags of an article; ``truncated`` when it was longer than what is read of any article.

    ``language``: in which it was read; None where no pack has words of its own.
    """

    tags: tuple[Tag, ...]
    truncated: bool
    language: str | None


def tag(article: Fields, languages: Languages) -> Tagging:
    """The topics that ``article`` reports, with their proof. Pure; bounded for any input."""
    language = languages.of(article.language, article.title, article.text)
    if language is None:
        return Tagging((), False, None)
    compiled = languages[language]
    reading = read(article.title, article.summary, article.text, compiled)
    if reading is None:
        return Tagging((), len(article.text) > MOST_CHARACTERS, language)
    tags: list[Tag] = []
    for pack in compiled.packs:
        verdict = judge(reading, pack, compiled)
        if verdict.score >= pack.pack.threshold:
            tags.append(_tag(article, reading, pack, verdict, compiled))
    return Tagging(tuple(tags), reading.truncated, language)


def _tag(article: Fields, reading: Reading, pack: CompiledPack, verdict: Verdict, compiled: Compiled) -> Tag:
    best = sorted(verdict.proofs, key=_rank)[:MOST_EVIDENCE]
    events = tuple(event for proof in best for event in _events(article, reading, proof, compiled))[:MOST_EVENTS]
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
        events=events,
    )


def _rank(proof: Proof) -> tuple[float, int]:
    """The strongest first; of equals what is done before what is threatened."""
    return (-round(proof.score, 2), EVENT_MODES.index(proof.reading.events[0].mode))


def _events(article: Fields, reading: Reading, proof: Proof, compiled: Compiled) -> tuple[Event, ...]:
    text: str = getattr(article, proof.sentence.part)
    return tuple(
        event_of(found, proof.reading, proof.sentence, text, reading, compiled) for found in proof.reading.events
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
        start, end = _around_act(reading, proof, start, end)
    text = getattr(article, sentence.part)
    return Evidence(
        field=sentence.part,
        start=start,
        end=end,
        quote=text[start:end],
        rule=proof.reading.events[0].frame.act.source.id,
    )


def _around_act(reading: Reading, proof: Proof, start: int, end: int) -> tuple[int, int]:
    unit = proof.reading.units[proof.reading.events[0].frame.at]
    middle = reading.place_in_field(proof.sentence.part, unit.start)
    begin = max(start, min(middle - LONGEST_QUOTE // 2, end - LONGEST_QUOTE))
    return begin, begin + LONGEST_QUOTE


def _actors(sentences: Sequence[Sentence], compiled: Compiled) -> tuple[Actor, ...]:
    return tuple(compiled.actors[index].actor for index in _named("actor", sentences))


def _places(sentences: Sequence[Sentence], compiled: Compiled) -> tuple[Place, ...]:
    return tuple(compiled.places.by_id[compiled.place_ids[index]] for index in _named("place", sentences))


def _named(kind: str, sentences: Sequence[Sentence]) -> list[int]:
    """What most sentences name, each sentence counted once."""
    counts: Counter[int] = Counter()
    for sentence in sentences:
        mentions = sorted((m for m in sentence.mentions if m.kind == kind), key=lambda m: m.start)
        counts.update(list(dict.fromkeys(mention.index for mention in mentions)))
    return [index for index, _ in counts.most_common(MOST_ACTORS)]
