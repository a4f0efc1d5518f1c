"""What a topic is on a broker: as declared, and safer where there are more brokers."""

from __future__ import annotations

import pytest

from services.runtime.kafka import topics


@pytest.mark.parametrize(("copies", "needed"), [(1, "1"), (2, "1"), (3, "2"), (5, "4")])
def test_with_three_copies_all_but_one_must_have_a_message(copies: int, needed: str) -> None:
    for topic in topics.read().values():
        config = topic.config(copies)
        assert config["min.insync.replicas"] == needed
        assert int(config["retention.ms"]) == topic.retention_days * 86_400_000
