"""The archive is put together as meant, without a server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.archive.__main__ import build
from services.archive.edges.kafka_app import build_app
from services.archive.settings import ArchiveSettings
from services.archive.status import STATUSES
from services.archive_store.errors import ArchiveFileError
from services.contracts import topics
from services.runtime.errors import UsageError
from services.runtime.kafka.acl import Right, rights
from services.runtime.kafka.topics import read
from services.runtime.process.outages import Waiting
from services.runtime.process.run import Context
from tests.support.archive import Archive
from tests.support.clock import FakeClock


def a_context() -> Context:
    return Context(service="archive", registry=CollectorRegistry(), clock=FakeClock(), waiting=Waiting())


@pytest.mark.parametrize(("copy", "group"), [("", "wirewatch-archive"), ("b", "wirewatch-archive-b")])
async def test_each_copy_reads_its_topics_in_a_group_of_its_own(tmp_path: Path, copy: str, group: str) -> None:
    app = build_app(ArchiveSettings(copy=copy), *[Archive(tmp_path / "archive.db").handler] * 2)
    read_topics = [topic for agent in app.agents.values() for topic in agent.channel.topics]
    assert sorted(read_topics) == [topics.ALERTS, topics.TAGGED, topics.UNIQUE]
    assert all(agent.concurrency == 1 for agent in app.agents.values())
    assert app.conf.id == group


def test_a_further_copy_may_read_in_its_own_group() -> None:
    granted = set(rights(read().values()))
    assert Right("archive", "group", "wirewatch-archive-", "read", prefix=True) in granted
    assert not any(right.prefix and right.operation == "read" and right.user == "alerter" for right in granted)


async def test_the_service_is_put_together_without_touching_a_server(tmp_path: Path) -> None:
    context = a_context()
    build(ArchiveSettings(kafka="127.0.0.1:1", file=tmp_path / "archive.db"), context)
    statuses = {
        sample.labels["status"]
        for family in context.registry.collect()
        for sample in family.samples
        if sample.name == "wirewatch_archive_articles_total"
    }
    assert statuses == set(STATUSES)
    with pytest.raises(ArchiveFileError, match="is written by another archive"):
        build(ArchiveSettings(kafka="127.0.0.1:1", file=tmp_path / "archive.db"), a_context())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"keep_days": 0}, "WIREWATCH_ARCHIVE_KEEP_DAYS is 0: give at least 1."),
        ({"max_gigabytes": 0.0}, "WIREWATCH_ARCHIVE_MAX_GIGABYTES is 0"),
        ({"copy": "a b"}, "WIREWATCH_ARCHIVE_COPY is 'a b'"),
    ],
)
async def test_settings_that_cannot_work_are_refused(tmp_path: Path, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        build(ArchiveSettings(file=tmp_path / "archive.db", **settings), a_context())
