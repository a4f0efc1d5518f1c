"""The backtest of packs over what Apache Kafka holds."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from services.cli import broker
from services.cli.app import build
from services.contracts import codec
from services.contracts import topics as names
from services.contracts.messages import Article, Recheck, UniqueArticle
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.messages.delivery import Outgoing
from tests.support.articles import an_article
from tests.support.clock import START
from tests.support.packs import SMALL_PACK
from tests.support.stack import MakeTopics

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("logging_as_it_was")]


def unique(article: Article, story: str) -> Outgoing:
    message = UniqueArticle(article=article, story_id=story, verdict="new", deduped_at=START)
    return Outgoing(names.UNIQUE, story.encode(), codec.encode(message))


async def test_a_backtest_over_what_kafka_holds(
    kafka: str, topic_prefix: str, make_topics: MakeTopics, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(names, "UNIQUE", topic_prefix + names.UNIQUE)
    await make_topics([names.UNIQUE])
    (tmp_path / "storms.yaml").write_text(SMALL_PACK)
    struck = [an_article(text=f"A storm struck Japan {n}.", url=f"https://news.example/{n}") for n in range(3)]
    old = an_article(text="A storm struck Cuba.", url="https://news.example/old", backfill=True)
    recheck = Recheck(outcome="changed", looked_at=START, first_looked_at=START, story_id="one-story")
    looked_at_again = msgspec.structs.replace(struck[0], recheck=recheck, content_hash="another")
    articles = [*struck, looked_at_again]  # the version of a page that was looked at again is no article more
    messages = [*(unique(article, "one-story") for article in articles), unique(old, "old")]
    async with broker.publisher(KafkaAccess(kafka)) as publisher:
        await publisher.publish([*messages, Outgoing(names.UNIQUE, b"x", b"nonsense")])
    command = ["packs", "backtest", "--kafka", kafka, "--packs", str(tmp_path / "storms.yaml"), "--json"]
    result = await asyncio.to_thread(CliRunner().invoke, build(), command)
    report = json.loads(result.stdout)
    storms = next(topic for topic in report["topics"] if topic["topic"] == "storms")
    assert report["articles"] == 4
    assert (storms["before"], storms["tags_after"], storms["alerts_after"]) == (None, 4, 1)
    assert storms["gained_total"] == 4
