"""Why a rule does not hold in a sentence, in words: for a person who asks."""

from __future__ import annotations

from collections.abc import Iterator

from services.tagger.core.compiled import Compiled, CompiledRule
from services.tagger.core.model import Pattern
from services.tagger.core.reading import Sentence
from services.tagger.core.scoring import enough, found_any, stands


def misses(rule: CompiledRule, sentence: Sentence, compiled: Compiled) -> tuple[str, ...]:
    """What the rule lacks in the sentence; empty where it holds."""
    return (
        *_absent(rule, sentence),
        *_unwanted(rule, sentence),
        *_actors(rule, sentence, compiled),
        *_patterns(rule, sentence),
    )


def _absent(rule: CompiledRule, sentence: Sentence) -> Iterator[str]:
    source = rule.source
    for names, ids in zip((source.trigger, *source.all), (rule.trigger, *rule.all), strict=True):
        if not found_any(sentence, ids):
            yield f"no {' or '.join(names)}"
    if rule.any and not found_any(sentence, rule.any):
        yield f"none of {', '.join(source.any)}"


def _unwanted(rule: CompiledRule, sentence: Sentence) -> Iterator[str]:
    for name, number in zip(rule.source.none, rule.none, strict=True):
        if number in sentence.found:
            yield f"has {name}"
    if sentence.position not in rule.source.where:
        yield f"stands in the {sentence.position}"


def _actors(rule: CompiledRule, sentence: Sentence, compiled: Compiled) -> Iterator[str]:
    needs = rule.source.actors
    if needs and not any(enough(need, sentence, compiled) for need in needs):
        wanted = " or ".join(" and ".join(f"{count} {kind}" for kind, count in need.counts) for need in needs)
        yield f"too few actors (wants {wanted})"


def _patterns(rule: CompiledRule, sentence: Sentence) -> Iterator[str]:
    for written, pattern in zip(rule.source.patterns, rule.patterns, strict=True):
        if not stands(pattern, sentence):
            kind = "in this order" if written.ordered else "near each other"
            yield f"not {kind} within {written.within} words: {_items(written)}"
    for written, pattern in zip(rule.source.never, rule.never, strict=True):
        if stands(pattern, sentence):
            yield f"excluded by {_items(written)}"


def _items(pattern: Pattern) -> str:
    return ", ".join("|".join(names) for names in pattern.items)
