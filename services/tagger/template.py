"""The pack that ``wirewatch packs new`` writes: small, commented, and passing its own examples."""

import re

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")

_TEMPLATE = """\
# A topic pack: docs/topic-packs.md explains it. This one finds protests, as an example: replace title, things, masks,
# acts and examples by those of your topic. After each change: wirewatch packs check {topic}.yaml
format: 2
topic: {topic}
version: "0.1"
title: Protests against a government
language: en
threshold: 0.5                # an article whose score reaches this gets the topic

# What acts are done with and to: named lists of phrases, in the singular.
things:
  crowd: [crowd, protester, demonstrator, student, worker, thousands, supporter]
  government: [government, president, prime minister, regime, police, parliament]

# Phrases whose words mean something else: what they cover is not seen.
masks: [march madness, rally driver, stock rally]

# What is done. Verbs stand in their plain form, nouns in the singular: all forms and the passive are made from them.
# One of `needs` has to hold. state, bloc, force, place, sea ... need no definition.
acts:
  protest:
    verb: protests against
    plover: PROTEST
    cameo: "140"
    weight: 0.7
    verbs: [protest, protest against, rally, rally against, march, march against, demonstrate]
    nouns: [protest, rally, march, demonstration]
    needs:
      - {{about: crowd, with: government}}
      - {{object: government, parties: 1}}

# What makes a sentence count less; history, sport, fiction, company and boilerplate are there for every pack.
discounts:
  - {{id: boilerplate, words: boilerplate, factor: 0}}
  - {{id: history, words: history, factor: 0.5}}
  - {{id: sport, words: sport, factor: 0.2}}

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
