"""The pack that ``wirewatch packs new`` writes: small, commented, and passing its own examples."""

from __future__ import annotations

import re

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")

_TEMPLATE = """\
# A topic pack: docs/topic-packs.md explains it. This one finds protests, as an example: replace title, concepts, masks,
# rules and examples by those of your topic. After each change: wirewatch packs check {topic}.yaml
format: 1
topic: {topic}
version: "0.1"
title: Protests against a government
language: en
threshold: 0.5                # an article whose score reaches this gets the topic

# Named lists of phrases. word~ is every form of the word (protest, protests, protested), word* every word that begins
# so, (a|the|) a choice, =US exactly these letters; a word with a capital must have one in the text.
concepts:
  protest: [protest~, demonstration~, rally, rallies, march~]
  against: [against, demand~, over]
  government: [government~, president, prime minister, regime]

# Phrases whose words mean something else: what they cover is not seen.
masks: [march madness, rally driver~, stock~ rally]

# A sentence counts when one rule holds in it. STATE, BLOC, FORCE, SHIP, PLACE, SEA, STRAIT, PORT and NAVAL_BASE need
# no definition. `trigger` is what makes a sentence worth a look.
rules:
  - id: protest-against-government
    about: People protest against the government of a state
    trigger: protest
    weight: 0.7
    patterns: [{{order: [protest, against, government], within: 5}}]
    actors: [{{state: 1}}]

# What makes a sentence count less; history, sport, fiction, company and boilerplate are there for every pack.
damping:
  - {{id: boilerplate, concepts: [boilerplate], factor: 0}}
  - {{id: history, about: Told as history, concepts: [history], factor: 0.5}}
  - {{id: sport, concepts: [sport], factor: 0.2}}

# Run by `wirewatch packs check`.
examples:
  should_match:
    - Thousands marched in Belarus to protest against the government on Sunday.
  should_not_match:
    - The rally driver from Finland won on Sunday.
    - The government of Belarus met on Sunday.
"""


def pack_template(topic: str) -> str:
    """The template for ``topic``. Raises :class:`ValueError` for a name that no topic may have."""
    if not _NAME.fullmatch(topic):
        raise ValueError(f"{topic!r} cannot be a topic: use 2 to 40 lower case letters, digits and underscores.")
    return _TEMPLATE.format(topic=topic)
