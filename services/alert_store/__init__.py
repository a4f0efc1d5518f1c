"""Alerts in Redis, for both who write them: the alerter, and the api when an analyst changes a state.

Records with a token each, written by compare-and-set; the outbox of what Kafka has not acknowledged; the indexes and
the followers' stream. What an alert says is decided elsewhere (``services.alerter.core``,
``services.contracts.alert_states``). The alerter alone publishes, sets how long an alert is kept, and removes it.
"""
