"""The poller: polls feeds and publishes every new version of every item on ``articles``.

In: the feed list (OPML), feeds, article pages, pushes of hubs. Out: ``articles``, keyed by article id.

Guarantees
- Polite: the schedule is one pure module (``core/policy.py``); validators are sent back, Retry-After and a
  publisher's hints are kept, one request per host at a time.
- Nothing is lost between feed and Kafka: a feed's state (validators, what was sent, next poll) is written after Kafka
  has acknowledged the items. After a crash before that, the feed is polled again and the same ids are sent again.
- One bad feed fails alone: parsing and page extraction run in processes that can be killed.
- Nothing inside the network can be reached through a feed: one client for all that leaves the machine, guarded at the
  socket (``edges/egress.py``).

It does not decide what is news: duplicates, stories and topics are for the services after it.
"""
