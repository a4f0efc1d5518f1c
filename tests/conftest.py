"""Fixtures every test can ask for; the servers behind them start when the first test does."""

from tests.support.stack import kafka, make_topics, redis_client, redis_server, redis_url, topic_prefix

__all__ = ["kafka", "make_topics", "redis_client", "redis_server", "redis_url", "topic_prefix"]
