"""Parties named in the headline that the next sentences take up: "the alliance", "the two countries"."""

from collections.abc import Sequence

from services.tagger.core.compiled import Compiled
from services.tagger.core.fold import Folded
from services.tagger.core.mentions import Mention, Sentence, kinds_of_actor, note

SENTENCES = 2  # so many after the one that names them


def take_up(sentences: Sequence[Sentence], folded: Folded, compiled: Compiled) -> None:
    """Add the parties of the first sentence to what stands for them in the next ones of the lead."""
    if len(sentences) < 2 or sentences[0].position == "body":
        return
    first = sentences[0]
    for sentence in sentences[1 : 1 + SENTENCES]:
        if sentence.position != "lead":
            return
        data = folded.data[sentence.start : sentence.end + 2]
        for kind, pattern in compiled.writing.again:
            named = [one for one in first.mentions if _is(one, kind, compiled)]
            found = pattern.search(data) if named else None
            if found:
                _add(sentence, found.start(1), found.end(1), named, first, compiled)


def _is(mention: Mention, kind: str, compiled: Compiled) -> bool:
    return mention.kind == "actor" and compiled.actors[mention.index].kind == kind


def _add(
    sentence: Sentence, start: int, end: int, named: Sequence[Mention], first: Sentence, compiled: Compiled
) -> None:
    """The mentions again, each with the things of its pack that it is, where the words stand that take them up."""
    spans = {(one.start, one.end) for one in named}
    again = [one for one in first.mentions if one in named or (one.kind == "thing" and (one.start, one.end) in spans)]
    begin = sentence.start - 1
    for one in again:
        kinds = (one.index,) if one.kind == "thing" else kinds_of_actor(one.index, one.ship, compiled)
        note(sentence, Mention(one.kind, one.index, begin + start, begin + end), *kinds)
    sentence.taken_up = True
