"""Events to alerts: decides whether an analyst has to hear of an event, and how severe it is.

In: ``articles.tagged`` and ``articles.duplicates``, both keyed by story, and the story's members in Redis.
Out: ``alerts``, keyed by alert, and the alerts in Redis (``services.alert_store``).

Guarantees:

- one alert an event, whichever stories tell it; what it says depends on what was delivered, not on order or repetition
- a revision is stored, then sent, then acknowledged: a crash in between sends it again, and never loses it
- every delivery ends in exactly one status of ``status.STATUSES``

It does not decide what belongs to a story (the deduper does) or what an article is about (the tagger does), and it
delivers to nobody: readers follow ``alerts``, the store or the api.
"""
