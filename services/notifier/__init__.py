"""Alerts to people and systems: matches every revision of an alert with the watches, and delivers what matched.

In: ``alerts``, and the watches of ``seeds/watches.yaml``.
Out: log lines, signed webhooks, and messages by apprise (mail, chat, push); what waits lies in Redis.

Guarantees:

- a delivery is named by watch, channel, alert and revision: that id is its idempotency key, and it is queued once
- at least once: it counts as sent once the receiver has acknowledged it; a crash in between sends it again, same key
- what cannot be delivered for a day is dead: listed, counted, never dropped in silence
- an alert that lacks what a watch asks for does not match it
- every message ends in exactly one status of ``status.STATUSES``

It does not decide what is an alert or how severe it is (the alerter does).
"""
