"""Wirewatch: from a news feed to one alert per event.

The services, in the order in which an article passes them:

- ``samples``    serves the sample feeds of ``seeds/samples`` on loopback, for the demo
- ``poller``     feeds -> ``articles``
- ``deduper``    ``articles`` -> ``articles.unique`` and ``articles.duplicates``
- ``tagger``     ``articles.unique`` -> ``articles.tagged``
- ``alerter``    ``articles.tagged`` and ``articles.duplicates`` -> ``alerts`` and Redis
- ``notifier``   ``alerts`` and the watches -> log lines, signed webhooks, mail, chat, push
- ``archive``    ``articles.tagged`` and ``alerts`` -> one SQLite file: history, search, proof
- ``api``        Redis -> HTTP, server-sent events, the page

and what they use:

- ``contracts``  messages, topic names, ids, Redis keys. Imports nothing of ours
- ``text``       normalisation and scripts, for every language. Imports nothing of ours
- ``alert_store`` alerts in Redis, for both who write them: the alerter and the api
- ``desk``       what the pages for sources, topics and watches show and change: files of other services
- ``archive_store`` that file: its schema, and every question asked of it
- ``runtime``    what every process needs: settings, logging, metrics, clock, Kafka and Redis
- ``local``      the embedded stack: broker, store and every service under one supervisor
- ``cli``        the ``wirewatch`` command
"""
