"""The archive: every tagged article with its full text, and every revision of every alert, in one SQLite file.

In: ``articles.tagged`` and ``alerts``. Out: the file, which the api, the commands and any SQLite reader open read-only.
Beside it ``recent.db`` has the ``articles.unique`` of the last days, for trying new topics; nothing depends on it.

Guarantees:

- an article is kept once a version (id and content hash), an alert once a revision
- how far each topic is read is written in the transaction that writes what was read: after a crash, with a restored
  backup or without a file the archive reads what is missing from Kafka, as far back as Kafka goes
- bounded by age and by size: the oldest go first, and are counted
- nothing waits for it: while its disk is full, the messages stay in Kafka and everything else goes on
- every message ends in exactly one status of ``status.STATUSES``
"""
