"""Fixtures every test can ask for; the servers behind them start when the first test does."""

from typing import Any

import pytest
import structlog
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.support.logs import logging_as_it_was
from tests.support.stack import kafka, make_topics, redis_client, redis_server, redis_url, topic_prefix

__all__ = ["kafka", "logging_as_it_was", "make_topics", "redis_client", "redis_server", "redis_url", "topic_prefix"]

# A machine that is busy with something else must not fail a property: how long an example takes proves nothing.
settings.register_profile("wirewatch", deadline=None)
settings.load_profile("wirewatch")

# The default draws every traceback with all its local variables, which takes a second and is read by nobody.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

LONG_FIRST = ("e2e", "integration")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left with it at the end; the order is random within a folder."""
    items.sort(key=lambda item: [folder not in item.path.parts for folder in LONG_FIRST])


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Any:
    """A file stays with one worker and its module's fixtures; two whole pipelines never run at the same time."""
    scheduler: Any = LoadScopeScheduling(config, log)
    scheduler._split_scope = lambda test: "e2e" if "/e2e/" in test else test.partition("::")[0]
    return scheduler
