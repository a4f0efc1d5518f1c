"""The alerts over HTTP: JSON with filters and cursors, server-sent events, and a page to look at.

In: Redis, as the alerter and the deduper write it. Out: HTTP, by default on loopback.

Guarantees: a page of the list costs a bounded amount of work whatever the filters; nothing that came from the world is
ever sent as HTML. It decides nothing and never talks to Kafka.
"""
