"""Tags articles: which topics of an analyst an article reports, and the sentences that prove it.

``articles.unique`` -> ``articles.tagged``, keyed by story. Topics are YAML packs (``docs/topic-packs.md``); packs are
read again while running when a file changes, all of them or none.

Guarantees: a tag names the pack and version that gave it; every evidence span is exact in the article's own text; the
time for one article is bounded, whatever it holds; nothing invalid in a pack is ever ignored.
It does not translate, does not ask the network, and does not decide whether anybody is told: that is the alerter.
"""
