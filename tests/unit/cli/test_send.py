"""What a line becomes, and what a batch does with what the broker refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from services.cli.send import sending
from services.cli.send.sending import Sending, knowledge
from services.contracts import codec, ids
from services.contracts.messages import Article
from services.poller.core import imports
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.messages.delivery import Outgoing
from tests.contracts import schemas
from tests.support.articles import an_article
from tests.support.clock import START
from tests.support.publisher import FakePublisher

pytestmark = pytest.mark.usefixtures("process_as_it_was")


def article_of(line: bytes, *, now: datetime, backfill: bool) -> tuple[Article, bytes]:
    return imports.article_of(line, now=now, backfill=backfill, known=knowledge)


def test_short_line_is_completed() -> None:
    line = b'{"id": "a1", "title": "T", "text": "x", "url": "https://www.n.example/a", "published_at": "soon"}'
    article, value = article_of(line, now=START, backfill=False)
    assert codec.decode(value, Article) == article
    assert (article.id, article.feed.url, article.feed.id) == ("a1", "import", ids.feed_id("import"))
    assert (article.outlet, article.family, article.canonical_url) == ("n.example", "n.example", article.url)
    assert (article.published_raw, article.published_at) == ("soon", None)
    assert article.first_seen_at == article.fetched_at == START
    assert article.content_hash == ids.content_hash("T", "x")
    assert not article.backfill


def test_times_of_the_future_become_now_and_are_flagged() -> None:
    line = (
        b'{"id": "a1", "title": "T", "first_seen_at": "9999-12-31T23:59:59Z", "published_at": "2099-01-01T00:00:00Z"}'
    )
    article, value = article_of(line, now=START, backfill=False)
    assert codec.decode(value, Article) == article
    assert article.first_seen_at == article.fetched_at == article.published_at == START
    assert article.flags == ("future_date",)


def test_a_full_article_of_the_future_is_brought_back_too() -> None:
    far = START.replace(year=9998)
    given = an_article(first_seen_at=far, fetched_at=far, flags=("untitled",))
    article, value = article_of(codec.encode(given), now=START, backfill=False)
    assert codec.decode(value, Article) == article
    assert article == msgspec.structs.replace(
        given, first_seen_at=START, fetched_at=START, flags=("untitled", "future_date")
    )


def test_a_clock_that_is_a_little_ahead_is_believed() -> None:
    given = codec.encode(an_article(fetched_at=START + timedelta(minutes=30), first_seen_at=START))
    article, value = article_of(given, now=START, backfill=False)
    assert value == given
    assert article.flags == ()


def test_what_the_poller_would_know_is_filled_in_unless_given() -> None:
    text = (
        "LONDON (AP) - Two frigates left the harbour on Tuesday morning, the ministry of defence said in a statement."
    )
    given = {"id": "a", "title": "Frigates leave the harbour", "text": text, "url": "https://news.co.example/a"}
    article, _ = article_of(msgspec.json.encode(given), now=START, backfill=False)
    assert (article.wire, article.language) == ("AP", "en")
    told = given | {"wire": "Reuters", "language": "de", "family": "f", "outlet": "o"}
    article, _ = article_of(msgspec.json.encode(told), now=START, backfill=False)
    assert (article.wire, article.language, article.family, article.outlet) == ("Reuters", "de", "f", "o")


def test_backfill_marks_completed_lines_only() -> None:
    article, _ = article_of(b'{"id": "a1", "title": "T"}', now=START, backfill=True)
    assert article.backfill
    assert article.text_source == "none"
    assert article.outlet == "import"
    full, _ = article_of(codec.encode(an_article()), now=START, backfill=True)
    assert not full.backfill


@pytest.mark.parametrize("example", schemas.examples(valid=True, schema="article.v1"), ids=str)
def test_full_article_keeps_its_bytes(example: schemas.Example) -> None:
    line = msgspec.json.encode(example.message) + b"\n"
    article, value = article_of(line, now=START.replace(year=2100), backfill=True)
    assert value == line.strip()
    assert article.id == example.message["id"]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"null",
        b'"\xff"',
        b"{}",
        b'{"id": ""}',
        b'{"id": 1}',
        b'{"id": "x"}',
        b'{"id": "a", "content_hash": "h"}',
    ],
)
def test_bad_line_is_refused(line: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        article_of(line, now=START, backfill=False)


async def test_refused_article_is_counted_as_failed_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    publisher = FakePublisher(max_bytes=10)
    batch = Sending(
        messages=[Outgoing(topic="t", key=b"k", value=b"small"), Outgoing(topic="t", key=b"k", value=b"x" * 11)],
        lines=[4, 9],
    )
    await batch.flush(publisher, name="in.jsonl", kafka=KafkaAccess("k:1"))
    assert (batch.sent, batch.failed, batch.messages) == (1, 1, [])
    assert "in.jsonl, line 9: the article has 11 bytes" in capsys.readouterr().err


async def test_broker_that_goes_away_ends_the_command_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
            await asyncio.Event().wait()
            return messages

    monkeypatch.setattr(sending, "GIVE_UP_SECONDS", 0.01)
    batch = Sending(messages=[Outgoing(topic="t", key=b"k", value=b"v")], lines=[7], sent=3)
    with pytest.raises(UsageError, match=r"stopped answering after 3 articles, before in\.jsonl, line 7"):
        await batch.flush(Away(), name="in.jsonl", kafka=KafkaAccess("k:1"))


def test_missing_file_is_named(app: typer.Typer, runner: CliRunner) -> None:
    result = runner.invoke(app, ["send", "nowhere.jsonl", "--kafka", "127.0.0.1:1"])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == "nowhere.jsonl cannot be read: No such file or directory."


def test_directory_is_no_file(app: typer.Typer, runner: CliRunner) -> None:
    Path("folder").mkdir()
    result = runner.invoke(app, ["send", "folder", "--kafka", "127.0.0.1:1"])
    assert isinstance(result.exception, UsageError)
