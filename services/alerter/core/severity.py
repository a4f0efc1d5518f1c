"""How loud an alert is: the highest level of the rules that match, held down while nobody corroborates it.

The rules are data (``seeds/severity.yaml``); reading them is ``services.alerter.severity_file``'s work. Each rule that
gives the level says why in words, and the words go on the alert.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from services.contracts.messages import SEVERITIES, AlertTopic, Role, Severity

_NO_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Velocity:
    """``sources`` independent sources first seen within ``minutes`` of each other."""

    sources: int
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """All conditions that are given must hold. ``alone`` lets the rule pass the limit for a single source.

    ``all_topics``, ``role`` and ``min_score`` speak of topics: with ``all_topics`` each of them, else any one, must
    have the role and the score. ``phrases`` match whole words in titles, leads and evidence, whatever their case.
    """

    id: str
    level: Severity
    because: str
    all_topics: tuple[str, ...] = ()
    any_topic: tuple[str, ...] = ()
    role: Role | None = None
    min_score: float = 0.0
    min_sources: int = 1
    velocity: Velocity | None = None
    phrases: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The whole rule file. No rule matching means ``base``; a single source reaches ``single_source_limit``."""

    version: str
    base: Severity
    base_because: str
    single_source_limit: Severity
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the rules look at. ``seen_at`` is when each independent source was first seen.

    ``words`` is :func:`plain_words` of titles, leads and evidence.
    """

    topics: tuple[AlertTopic, ...]
    actors: frozenset[str]
    seen_at: tuple[datetime, ...]
    words: str


def judge(facts: Facts, rules: Rules) -> tuple[Severity, tuple[str, ...]]:
    """The severity and the reasons for it, in words."""
    matched = [(rule, found) for rule in rules.rules if (found := _match(rule, facts)) is not None]
    if not matched:
        return rules.base, (rules.base_because,)
    alone = len(facts.seen_at) <= 1
    limit = _rank(rules.single_source_limit)
    levels = [_rank(rule.level) if rule.alone or not alone else min(_rank(rule.level), limit) for rule, _ in matched]
    top = max(levels)
    reasons = [
        _reason(rule, found, facts) for (rule, found), level in zip(matched, levels, strict=True) if level == top
    ]
    held = max(_rank(rule.level) for rule, _ in matched)
    if held > top:
        reasons.append(f"Held at {SEVERITIES[top]}, not {SEVERITIES[held]}: no second source corroborates it yet.")
    return SEVERITIES[top], tuple(dict.fromkeys(reasons))


def fastest(seen_at: Sequence[datetime], *, minutes: float) -> int:
    """The most independent sources within any ``minutes``. By first sight, so the same in any order of arrival."""
    ordered = sorted(seen_at)
    window = timedelta(minutes=minutes)
    best = begin = 0
    for end, time in enumerate(ordered):
        while time - ordered[begin] > window:
            begin += 1
        best = max(best, end - begin + 1)
    return best


def plain_words(text: str) -> str:
    """``text`` as words with one space around each, in one case: what phrases are looked for in, and phrases too."""
    return f" {' '.join(_NO_WORD.split(text.casefold()))} ".replace("  ", " ")


def _found_phrase(phrases: Sequence[str], words: str) -> str | None:
    return next((phrase for phrase in phrases if _phrase(phrase) in words), None)


@cache
def _phrase(phrase: str) -> str:
    """The same for a phrase, kept: the rule file bounds how many there are."""
    return plain_words(phrase)


def _match(rule: Rule, facts: Facts) -> str | None:
    """The phrase that matched ("" where the rule asks for none), or None where the rule does not hold."""
    if len(facts.seen_at) < rule.min_sources or not _topics_hold(rule, facts.topics):
        return None
    if rule.actors and facts.actors.isdisjoint(rule.actors):
        return None
    if rule.velocity and fastest(facts.seen_at, minutes=rule.velocity.minutes) < rule.velocity.sources:
        return None
    return _found_phrase(rule.phrases, facts.words) if rule.phrases else ""


def _topics_hold(rule: Rule, topics: Sequence[AlertTopic]) -> bool:
    good = {
        topic.topic for topic in topics if topic.score >= rule.min_score and (not rule.role or topic.role == rule.role)
    }
    if rule.all_topics:
        return good.issuperset(rule.all_topics)
    return not good.isdisjoint(rule.any_topic) if rule.any_topic else bool(good)


def _reason(rule: Rule, phrase: str, facts: Facts) -> str:
    return rule.because.replace("{phrase}", phrase).replace("{sources}", str(len(facts.seen_at)))


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)
