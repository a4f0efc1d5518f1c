"""The words of a topic pack in another language: its rules stand once, in the pack itself."""

import difflib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from services.tagger.core.documents import Document, at
from services.tagger.core.model import Act, Pack, Phrase, Vocabulary
from services.tagger.core.packs import examples_of, phrase_problems, phrases_of, things_of
from services.tagger.core.phrases import Wording
from services.tagger.errors import PackError

FEWEST_EXAMPLES = 10


def read_words(document: Document, pack: Pack, wording: Wording) -> Pack:
    """``pack`` in the language of a document that its schema allows. Raises :class:`PackError`."""
    value = document.value
    problems = [*phrase_problems(document, value, wording), *_problems(document, pack)]
    if problems:
        raise PackError(tuple(problems))
    things = things_of(document, value)
    acts = value.get("acts", {})
    return replace(
        pack,
        language=value["language"],
        threshold=float(value.get("threshold", pack.threshold)),
        weights=pack.weights | value.get("weights", {}),
        things={name: things.get(name, ()) for name in pack.things},
        masks=phrases_of(document, value.get("masks"), ("masks",)),
        acts=tuple(_act(document, act, acts.get(act.id, {})) for act in pack.acts),
        examples=tuple(examples_of(document, value["examples"])),
        file=document.name,
    )


def _act(document: Document, act: Act, entry: dict[str, Any]) -> Act:
    def words(key: str) -> tuple[Phrase, ...]:
        return phrases_of(document, entry.get(key), ("acts", act.id, key))

    return replace(
        act,
        line=document.line_of(("acts", act.id)),
        verbs=words("verbs"),
        passive=words("passive"),
        nouns=words("nouns"),
        phrases=words("phrases"),
    )


def read_vocabulary_words(found: Vocabulary, shared: Vocabulary, document: Document) -> Vocabulary:
    """The shared things in another language: only those that English has."""
    unknown = sorted(found.things.keys() - shared.things.keys())
    if unknown:
        raise PackError((f"{at(document, ('things', unknown[0]))}: vocabulary.yaml has no thing {unknown[0]!r}.",))
    return replace(found, things={name: found.things.get(name, ()) for name in shared.things})


def _problems(document: Document, pack: Pack) -> Iterator[str]:
    value = document.value
    known = {"things": list(pack.things), "acts": [act.id for act in pack.acts]}
    for key, names in known.items():
        for name in value.get(key, {}):
            if name not in names:
                close = difflib.get_close_matches(name, names, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                yield f"{at(document, (key, name))}: {pack.file} has no {key[:-1]} called {name!r}{hint}"
    if value["topic"] != pack.topic:
        yield f"{at(document, ('topic',))}: this file lies in the folder of {pack.topic}, not of {value['topic']}."
    for key in ("should_match", "should_not_match"):
        count = len(value["examples"][key])
        if count < FEWEST_EXAMPLES:
            yield (
                f"{at(document, ('examples', key))}: {count} examples: a language needs {FEWEST_EXAMPLES} that"
                f" match and {FEWEST_EXAMPLES} that do not."
            )
