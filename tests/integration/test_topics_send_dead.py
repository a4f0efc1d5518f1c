"""The commands against Apache Kafka: topics made once, articles sent, dead letters listed and replayed once."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from services.cli import broker
from services.cli.app import build
from services.contracts import codec
from services.contracts import topics as names
from services.contracts.messages import Article
from services.runtime.errors import UsageError
from services.runtime.kafka import log_reader
from services.runtime.kafka import topics as declared
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.messages import dead_letters
from services.runtime.messages.delivery import Delivery, Outgoing
from tests.support import records
from tests.support.clock import START

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("logging_as_it_was")]


@pytest.fixture
def own_topics(monkeypatch: pytest.MonkeyPatch, topic_prefix: str) -> None:
    """The commands work on topics of this test alone."""
    renamed = {}
    for constant, name in [(c, n) for c, n in vars(names).items() if c.isupper()]:
        monkeypatch.setattr(names, constant, topic_prefix + name)
    for name, topic in declared.read().items():
        renamed[topic_prefix + name] = declared.Topic(
            **{field: getattr(topic, field) for field in topic.__struct_fields__} | {"name": topic_prefix + name}
        )
    monkeypatch.setattr(declared, "read", lambda: renamed)


@pytest.fixture
def app() -> typer.Typer:
    return build()


def everything(kafka: str, topic: str) -> list[Delivery]:
    async def read() -> list[Delivery]:
        return [delivery async for delivery in log_reader.read_all(KafkaAccess(kafka), topic)]

    return asyncio.run(read())


def publish(kafka: str, *messages: Outgoing) -> None:
    async def run() -> None:
        async with broker.publisher(KafkaAccess(kafka)) as publisher:
            assert await publisher.publish(messages) == []

    asyncio.run(run())


def test_topics_are_made_once_as_declared(own_topics: None, app: typer.Typer, kafka: str) -> None:
    first = CliRunner().invoke(app, ["topics", "create", "--kafka", kafka], catch_exceptions=False)
    assert first.exit_code == 0
    assert first.stdout.count("created") == len(declared.read())
    again = CliRunner().invoke(app, ["topics", "create", "--kafka", kafka, "--partitions", "8"], catch_exceptions=False)
    assert again.exit_code == 0
    assert again.stdout.count("present") == len(declared.read())
    assert "has 4 partitions, 8 are declared" in again.stderr.replace("\n", " ")
    listed = CliRunner().invoke(app, ["topics", "list", "--json", "--kafka", kafka], catch_exceptions=False)
    for line in map(json.loads, listed.stdout.splitlines()):
        assert line["exists"]
        assert line["partitions"] == line["declared_partitions"]
        assert line["retention_days"] == line["declared_retention_days"]


def test_sent_articles_arrive_keyed_and_whole(own_topics: None, app: typer.Typer, kafka: str, tmp_path: Path) -> None:
    CliRunner().invoke(app, ["topics", "create", "--kafka", kafka], catch_exceptions=False)
    lines = [json.dumps({"id": f"a{n}", "title": f"Title {n}", "text": "Text. " * n}) for n in range(1200)]
    file = tmp_path / "in.jsonl"
    file.write_text(
        "\n".join([*lines[:600], "{broken", *lines[600:], '{"id": "big", "text": "' + "x" * 1_100_000 + '"}'])
    )
    result = CliRunner().invoke(app, ["send", str(file), "--kafka", kafka], catch_exceptions=False)
    assert result.exit_code == 1
    assert result.stdout == "1200 sent, 2 failed\n"
    assert "line 601: " in result.stderr
    assert "line 1202: the article has 1100" in result.stderr
    arrived = everything(kafka, names.ARTICLES)
    articles = [codec.decode(delivery.value, Article) for delivery in arrived]
    assert sorted(article.id for article in articles) == sorted(f"a{n}" for n in range(1200))
    assert all(delivery.key == article.id.encode() for delivery, article in zip(arrived, articles, strict=True))


def test_dead_letter_is_replayed_once_and_its_failure_counted(own_topics: None, app: typer.Typer, kafka: str) -> None:
    CliRunner().invoke(app, ["topics", "create", "--kafka", kafka], catch_exceptions=False)
    publish(kafka, Outgoing(topic=names.UNIQUE, key=b"k", value=b"\xff{", headers={"trace": "1"}))
    (poison,) = everything(kafka, names.UNIQUE)
    letter = dead_letters.dead_letter(
        poison, service="tagger", reason="undecodable", error=ValueError("bad"), now=START
    )
    publish(kafka, dead_letters.outgoing(letter), dead_letters.outgoing(letter))

    listed = CliRunner().invoke(app, ["dead", "list", "--json", "--kafka", kafka], catch_exceptions=False)
    (line,) = map(json.loads, listed.stdout.splitlines())
    assert (line["id"], line["replayed"], line["detail"]) == (letter.id, False, "bad")

    for said in ("1 replayed, 0 failed\n", "0 replayed, 0 failed\n"):
        result = CliRunner().invoke(app, ["dead", "replay", "--all", "--kafka", kafka], catch_exceptions=False)
        assert (result.exit_code, result.stdout) == (0, said)
    back = next(
        delivery
        for delivery in everything(kafka, names.UNIQUE)
        if delivery.offset != poison.offset or delivery.partition != poison.partition
    )
    assert (back.key, back.value, back.headers["trace"]) == (poison.key, poison.value, "1")
    second = dead_letters.dead_letter(
        back, service="tagger", reason="undecodable", error=ValueError("bad"), now=back.sent_at
    )
    assert (second.attempts, second.first_failed_at) == (2, START)
    assert second.id != letter.id
    table = CliRunner().invoke(app, ["dead", "list", "--kafka", kafka], catch_exceptions=False)
    assert "1 dead letters, 0 not replayed; 1 shown" in table.stdout


def test_original_too_large_for_its_letter_is_fetched_from_where_it_lies(
    own_topics: None, app: typer.Typer, kafka: str
) -> None:
    CliRunner().invoke(app, ["topics", "create", "--kafka", kafka], catch_exceptions=False)
    publish(kafka, Outgoing(topic=names.ARTICLES, key=b"k", value=b"x" * 700_000))
    (large,) = everything(kafka, names.ARTICLES)
    letter = dead_letters.dead_letter(
        large, service="deduper", reason="undecodable", error=ValueError("bad"), now=START
    )
    gone = Delivery(topic=names.ARTICLES, partition=large.partition, offset=10_000, key=None, value=b"x" * 700_000)
    lost = dead_letters.dead_letter(gone, service="deduper", reason="undecodable", error=ValueError("bad"), now=START)
    publish(kafka, dead_letters.outgoing(letter), dead_letters.outgoing(lost))
    result = CliRunner().invoke(
        app, ["dead", "replay", "--reason", "undecodable", "--kafka", kafka], catch_exceptions=False
    )
    assert (result.exit_code, result.stdout) == (1, "1 replayed, 1 failed\n")
    assert f"{lost.id} has no bytes to send" in result.stderr
    assert [len(delivery.value or b"") for delivery in everything(kafka, names.ARTICLES)] == [700_000, 700_000]


@pytest.mark.parametrize("value", [b"[" * 1_048_000, random.Random(7).randbytes(1_048_000)], ids=["text", "noise"])
def test_original_near_the_limit_of_the_topic_is_replayed(
    own_topics: None, app: typer.Typer, kafka: str, value: bytes
) -> None:
    """Larger than any message of ours, and not too large for the topic: somebody else sent it."""
    CliRunner().invoke(app, ["topics", "create", "--kafka", kafka], catch_exceptions=False)

    async def send() -> int:
        async with records.Sender(kafka, names.UNIQUE) as sender:
            return await sender.send(0, records.a_batch([records.RawRecord(value, key=b"k")]))

    offset = asyncio.run(send())
    delivery = next(each for each in everything(kafka, names.UNIQUE) if each.offset == offset)
    letter = dead_letters.dead_letter(
        delivery, service="tagger", reason="undecodable", error=ValueError("why"), now=START
    )
    publish(kafka, dead_letters.outgoing(letter))
    result = CliRunner().invoke(app, ["dead", "replay", "--all", "--kafka", kafka], catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (0, "1 replayed, 0 failed\n"), result.stderr
    assert [each.value for each in everything(kafka, names.UNIQUE)] == [value, value]


def test_letter_of_a_topic_that_is_gone_fails_and_the_rest_goes_on(
    own_topics: None, app: typer.Typer, kafka: str
) -> None:
    CliRunner().invoke(app, ["topics", "create", "--kafka", kafka], catch_exceptions=False)
    for topic in ("nowhere", names.UNIQUE):
        poison = Delivery(topic=topic, partition=0, offset=0, key=b"k", value=b"{")
        letter = dead_letters.dead_letter(poison, service="tagger", reason="defect", error=ValueError("x"), now=START)
        publish(kafka, dead_letters.outgoing(letter))
    result = CliRunner().invoke(app, ["dead", "replay", "--all", "--kafka", kafka], catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (1, "1 replayed, 1 failed\n")
    assert "came from nowhere, which does not exist" in result.stderr


def test_missing_topic_is_named(own_topics: None, app: typer.Typer, kafka: str) -> None:
    result = CliRunner().invoke(app, ["dead", "list", "--kafka", kafka])
    assert isinstance(result.exception, UsageError)
    assert "run `wirewatch topics create` first" in str(result.exception)
