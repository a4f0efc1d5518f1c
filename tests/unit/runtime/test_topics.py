"""What a topic is on a broker: as declared, and safer where there are more brokers."""

from __future__ import annotations

import pytest

from services.contracts import topics as names
from services.contracts.stories import WINDOW_HOURS
from services.runtime.kafka import topics
from services.runtime.kafka.acl import Right, rights


@pytest.mark.parametrize(("copies", "needed"), [(1, "1"), (2, "1"), (3, "2"), (5, "4")])
def test_with_three_copies_all_but_one_must_have_a_message(copies: int, needed: str) -> None:
    for topic in topics.read().values():
        config = topic.config(copies)
        assert config["min.insync.replicas"] == needed
        assert int(config["retention.ms"]) == topic.retention_days * 86_400_000
        assert config["message.timestamp.type"] == "LogAppendTime"


def test_what_the_dedupe_index_is_made_again_from_lives_longer_than_its_window() -> None:
    declared = topics.read()
    assert all(declared[name].retention_days * 24 > WINDOW_HOURS for name in (names.UNIQUE, names.DUPLICATES))


def test_who_rebuilds_from_a_topic_may_read_it_again() -> None:
    """What services/deduper/edges/article_log.py reads, without a group; `wirewatch rebuild` is the operator's."""
    granted = set(rights(topics.read().values()))
    assert {Right("deduper", "topic", topic, "read") for topic in (names.UNIQUE, names.DUPLICATES)} <= granted
    assert not any(right.user == "alerter" and right.name == names.UNIQUE for right in granted)
