"""What ``wirewatch feeds`` shows of feeds that fail, and where it keeps the list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import typer
from rich.console import Console

from services.cli.feeds import check, command, lists, status
from services.cli.feeds.reader import Reader
from services.contracts.ids import feed_id
from services.poller.core.cadence import Cadence
from services.poller.core.model import FeedConfig, Fetched
from services.poller.core.state import FeedState, Health
from services.runtime.errors import UsageError
from tests.support.clock import START


class OfflineReader:
    """Resolves no host but those that are known to it, and those refuse."""

    gap_seconds = 0.0

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.known = known
        self.asked: list[str] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[OfflineReader]:
        yield self

    async def fetch(self, feed: FeedConfig) -> Fetched:
        self.asked.append(feed.url)
        await asyncio.sleep(0)
        if feed.url in self.known:
            return Fetched(outcome="http_4xx", detail="403")
        return Fetched(outcome="dns", detail="ClientConnectorDNSError: x")


async def checked(
    monkeypatch: pytest.MonkeyPatch, reader: OfflineReader, count: int, *, as_json: bool = False, verbose: bool = False
) -> int:
    monkeypatch.setattr(Reader, "opened", reader.opened)
    urls = [f"https://{number}.example/feed" for number in range(count)]
    feeds = [FeedConfig(id=feed_id(url), url=url, title=f"Feed {url} with a long name") for url in urls]
    found = await check.check_all(feeds, as_json=as_json)
    if not as_json:
        check.show(feeds, found, failing=True, verbose=verbose)
    return found.bad


async def test_an_offline_machine_is_named_instead_of_every_feed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = OfflineReader()
    assert await checked(monkeypatch, reader, 200) == 16
    said = capsys.readouterr()
    assert said.err == "error: No host name could be resolved (16 tried): this machine seems to be offline.\n"
    assert "example" not in said.out
    assert len(reader.asked) < 40


async def test_one_host_that_answers_shows_that_the_machine_is_online(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = OfflineReader(known=["https://3.example/feed"])
    assert await checked(monkeypatch, reader, 30, verbose=True) == 30
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.count("bad  https://") == 30
    assert "The server refuses the request (403)." in said.out
    assert "ClientConnectorDNSError" not in said.out
    assert said.out.startswith("30 feeds: 0 ok, 30 bad (29 DNS failed, 1 refused)\n")
    assert await checked(monkeypatch, reader, 30) == 30
    assert all(len(line) <= 80 for line in capsys.readouterr().out.splitlines())


async def test_for_a_program_every_feed_that_was_polled_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await checked(monkeypatch, OfflineReader(), 3, as_json=True) == 3
    assert capsys.readouterr().out.count('"outcome":"dns"') == 3


def test_a_failing_feed_is_two_words_in_the_table_and_an_error_in_the_block() -> None:
    feed = FeedConfig(id=feed_id("https://a.example/"), url="https://a.example/", title="A [b]")
    state = FeedState(
        health=Health(failures=1, last_outcome="dns", last_detail="no [such] host"),
        next_poll_at=START + timedelta(hours=3),
    )
    console = Console(width=80)
    with console.capture() as captured:
        console.print(status._table([feed], {feed.id: state}, START))
    assert captured.get().splitlines()[1].split("  ")[0] == "A [b]"
    assert "DNS failed" in captured.get()
    assert "in 3.0 h" in captured.get()
    with console.capture() as captured:
        console.print(status._block(feed, state, START))
    assert "no [such] host" in captured.get()


def test_the_own_list_lies_in_the_home_that_up_reads(tmp_path: Path) -> None:
    environ = {"WIREWATCH_LOCAL_HOME": str(tmp_path)}
    edited = lists.Edited.opened(None, environ)
    assert edited.source == "the shipped list"
    assert edited.add(edited.feeds[:1]) == 0
    assert edited.add(lists.outline({"xmlUrl": "https://new.example/feed"}, None)) == 1
    edited.write()
    assert edited.path == tmp_path / "feeds.opml"
    assert lists.in_force(environ) == [edited.path]
    assert len(lists.read(None, environ)) == len(edited.feeds)


def test_a_list_that_is_named_and_absent_begins_empty(tmp_path: Path) -> None:
    assert lists.Edited.opened(tmp_path / "new.opml", {}).feeds == []
    with pytest.raises(UsageError, match="name another file with --list"):
        lists.Edited(Path("/proc/none/x.opml"), "", []).write()


def test_feeds_that_are_not_listed_cannot_be_asked_for_now(tmp_path: Path) -> None:
    own = tmp_path / "feeds.opml"
    own.write_text('<opml version="2.0"><body><outline xmlUrl="https://a.example/feed"/></body></opml>')
    with pytest.raises(UsageError, match=r"https://b\.example/feed is not in the list"):
        command.poll(urls=["https://b.example/feed"], list_file=own)


HEADED = """<?xml version="1.0" encoding="UTF-8"?>
<!-- What we know -->
<opml version="2.0"><body>
<outline text="A" xmlUrl="https://a.example/feed" wirewatchProof="listed"/>
<outline text="B" xmlUrl="https://b.example/feed" wirewatchProof="2026-01-02"/></body></opml>
"""


def test_a_proof_is_written_for_what_works_and_the_comment_of_the_list_stays(tmp_path: Path) -> None:
    own = tmp_path / "feeds.opml"
    own.write_text(HEADED)
    edited = lists.Edited.opened(own, {})
    edited.prove({feed_id("https://a.example/feed")}, on=START.date())
    edited.write()
    assert [feed.proof for feed in lists.read(own, {})] == ["2024-06-20", "2026-01-02"]
    assert "<!-- What we know -->" in own.read_text()


def test_an_audit_without_a_network_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "feeds.opml"
    own.write_text(HEADED)
    monkeypatch.setattr(Reader, "opened", OfflineReader().opened)
    with pytest.raises(typer.Exit):
        command.audit(list_file=own)
    assert own.read_text() == HEADED


def test_an_audit_asks_no_feed_that_is_paused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "feeds.opml"
    own.write_text(HEADED.replace('xmlUrl="https://a', 'wirewatchPaused="yes" xmlUrl="https://a'))
    reader = OfflineReader(known=["https://b.example/feed"])
    monkeypatch.setattr(Reader, "opened", reader.opened)
    command.audit(list_file=own)
    assert reader.asked == ["https://b.example/feed"]


def test_a_list_without_a_feed_is_not_imported(tmp_path: Path) -> None:
    source = tmp_path / "none.opml"
    source.write_text('<opml version="2.0"><body><outline text="Folder"/></body></opml>')
    with pytest.raises(UsageError, match=r"none\.opml lists no feed"):
        command.import_(source, list_file=tmp_path / "own.opml")
    assert not (tmp_path / "own.opml").exists()


def test_the_list_that_the_poller_reads_is_the_one_that_is_edited(tmp_path: Path) -> None:
    own = tmp_path / "feeds.opml"
    own.write_text(HEADED)
    environ = {"WIREWATCH_POLLER_FEEDS": f"{own},/elsewhere/samples.opml"}
    assert lists.Edited.opened(None, environ).path == own


def test_the_slowest_outlets_are_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    feeds = [FeedConfig(id=feed_id(url), url=url) for url in ("https://a.example/", "https://b.example/")]
    states = {feed.id: FeedState(cadence=Cadence(delay_seconds=60.0 * (n + 1))) for n, feed in enumerate(feeds)}

    async def stored(_: Sequence[FeedConfig]) -> tuple[dict[str, FeedState], datetime]:
        return states, START

    monkeypatch.setattr(status, "_states", stored)
    asyncio.run(status.show(feeds, failing=False, verbose=False, as_json=False))
    said = capsys.readouterr().out
    assert said.startswith("this machine seems to be offline since 2024-06-20T09:00:00Z")
    assert "longest from publication to fetch: b.example 2.0 min, a.example 1.0 min" in said
    assert all(len(line) <= 80 for line in said.splitlines())
