"""Why an article got a topic or not: every sentence with an act of the pack, the events read, the nearest that miss."""

from msgspec import Struct

from services.contracts.messages import Event, EvidenceField
from services.tagger.core.compiled import Compiled, CompiledPack
from services.tagger.core.events import event_of
from services.tagger.core.languages import Languages
from services.tagger.core.mentions import Sentence
from services.tagger.core.reading import Reading, read
from services.tagger.core.scoring import SentenceReading, Verdict, discount_of, judge, read_sentence
from services.tagger.core.tag import Fields

MOST_NEAR = 3  # acts shown for a sentence that tells no event, those that lack least first


class Found(Struct, frozen=True, kw_only=True):
    """A thing, act, actor or place in a sentence: characters ``start`` to ``end`` of the sentence's quote.

    ``kind`` is one of these four words.
    """

    name: str
    kind: str
    start: int
    end: int


class ReadAct(Struct, frozen=True, kw_only=True):
    """An event, and what it is worth: the weight of its rule times the factor of its mode.

    ``need`` is the name of the need that is met, where the pack gives it one.
    """

    event: Event
    need: str | None
    weight: float
    factor: float


class NearMiss(Struct, frozen=True, kw_only=True):
    """An act that is said, and what it lacks."""

    rule: str
    need: str | None
    word: str
    weight: float
    unmet: tuple[str, ...]


class SentenceReport(Struct, frozen=True, kw_only=True):
    """One sentence. ``score`` is that of its best event, times the weight of the position, times ``factor``."""

    field: EvidenceField
    position: str
    start: int
    end: int
    quote: str
    found: tuple[Found, ...]
    acts: tuple[ReadAct, ...]
    score: float
    factor: float
    discounts: tuple[str, ...]
    near: tuple[NearMiss, ...]


class TopicReport(Struct, frozen=True, kw_only=True):
    """One topic. It is given when ``score`` reaches ``threshold``."""

    pack: str
    topic: str
    score: float
    threshold: float
    given: bool
    discounts: tuple[str, ...]
    sentences: tuple[SentenceReport, ...]


def explain(article: Fields, languages: Languages) -> tuple[TopicReport, ...]:
    """A report for every pack that has words of the article's language."""
    language = languages.of(article.language, article.title, article.text)
    if language is None:
        return ()
    compiled = languages[language]
    reading = read(article.title, article.summary, article.text, compiled)
    return tuple(_topic(article, reading, pack, compiled) for pack in compiled.packs)


def _topic(article: Fields, reading: Reading | None, pack: CompiledPack, compiled: Compiled) -> TopicReport:
    verdict = judge(reading, pack, compiled) if reading else Verdict(0.0, (), ())
    wanted = [s for s in (reading.sentences if reading else []) if pack.owner in s.owners]
    return TopicReport(
        pack=pack.pack.id,
        topic=pack.pack.topic,
        score=round(verdict.score, 3),
        threshold=pack.pack.threshold,
        given=verdict.score >= pack.pack.threshold,
        discounts=verdict.discounts,
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
    factor, discounts = discount_of(sentence, pack)
    text: str = getattr(article, sentence.part)
    understood = read_sentence(reading, sentence, pack, compiled, near=True)
    acts = tuple(
        ReadAct(
            event=event_of(found, understood, sentence, text, reading, compiled),
            need=found.frame.need.source.name,
            weight=found.frame.need.weight,
            factor=found.frame.act.source.modes[found.mode],
        )
        for found in understood.events
    )
    return SentenceReport(
        field=sentence.part,
        position=sentence.position,
        start=start,
        end=end,
        quote=text[start:end],
        found=_found(reading, sentence, understood, compiled, start),
        acts=acts,
        score=round(proof.score, 3) if proof else 0.0,
        factor=round(factor, 3),
        discounts=discounts,
        near=() if acts else _near(understood),
    )


def _near(understood: SentenceReading) -> tuple[NearMiss, ...]:
    frames = sorted(understood.near, key=lambda frame: (len(frame.unmet), -frame.need.weight))
    return tuple(
        NearMiss(
            rule=frame.act.source.id,
            need=frame.need.source.name,
            word=understood.units[frame.at].word.strip(),
            weight=frame.need.weight,
            unmet=frame.unmet,
        )
        for frame in frames[:MOST_NEAR]
    )


def _found(
    reading: Reading, sentence: Sentence, understood: SentenceReading, compiled: Compiled, start: int
) -> tuple[Found, ...]:
    found: list[Found] = []
    for unit in understood.units:
        names = [(compiled.kind_names[number], "thing") for number in unit.things]
        names += [(compiled.actors[index].actor.name, "actor") for index in unit.actors]
        if unit.place is not None:
            names.append((compiled.places.by_id[compiled.place_ids[unit.place]].name, "place"))
        if unit.acts:
            names.append((unit.word.strip(), "act"))
        found += [
            Found(
                name=name,
                kind=kind,
                start=reading.place_in_field(sentence.part, unit.start) - start,
                end=reading.place_in_field(sentence.part, unit.end) - start,
            )
            for name, kind in names
        ]
    return tuple(found)
