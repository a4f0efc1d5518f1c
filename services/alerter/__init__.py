"""Stories to alerts: decides whether an analyst has to hear of a story, and how loudly.

In: ``articles.tagged`` and ``articles.duplicates``, both keyed by story, and the story's members in Redis.
Out: ``alerts``, keyed by alert, and the alerts in Redis (see ``services/contracts/redis_keys.py``).

Guarantees:

- one alert a story; what it says depends on what was delivered, not on the order or on repetition
- a revision is stored, then sent, then ticked off: a crash in between sends it again, and never loses it
- every delivery ends in exactly one status of ``handler.STATUSES``

It does not decide what belongs to a story (the deduper does) or what an article is about (the tagger does), and it
delivers to nobody: readers follow ``alerts``, the store or the api.
"""
