"""Fixtures every test can ask for; the servers behind them start when the first test does."""

from hypothesis import settings

from tests.support.stack import kafka, make_topics, redis_client, redis_server, redis_url, topic_prefix

__all__ = ["kafka", "make_topics", "redis_client", "redis_server", "redis_url", "topic_prefix"]

# A machine that is busy with something else must not fail a property: how long an example takes proves nothing.
settings.register_profile("wirewatch", deadline=None)
settings.load_profile("wirewatch")
