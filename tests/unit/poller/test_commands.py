"""``wirewatch parse`` and ``wirewatch feeds``, as a person and as a program use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.cli.app import build
from services.contracts import codec
from services.contracts.messages import Article
from services.poller.core import opml
from services.runtime.errors import UsageError
from tests.support.poller import an_item, rss

NO_SERVER = {"WIREWATCH_REDIS": "redis://127.0.0.1:1/0"}


def run(*words: str, environ: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(build(), list(words), env=NO_SERVER | (environ or {}))


def lines(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_parse_prints_articles_in_order_and_names_what_it_cannot_read(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(rss(an_item(1), an_item(2)))
    bad.write_bytes(b"<!doctype html><p>no feed</p>")
    result = run("parse", str(good), str(bad), str(tmp_path / "missing"), str(good), "--base-url", "https://x.example/")
    found = lines(result)
    assert result.exit_code == 1
    assert [line.get("title") for line in found] == ["Report 1", "Report 2", None, None, "Report 1", "Report 2"]
    assert found[2] == {"file": str(bad), "error": {"class": "not_a_feed", "message": found[2]["error"]["message"]}}
    assert found[3]["error"]["class"] == "file"
    assert found[0]["feed"]["url"] == str(good)
    article = codec.decode(result.stdout.splitlines()[0].encode(), Article)
    assert article.first_seen_at == article.fetched_at
    assert not article.backfill


def test_parse_of_good_files_ends_with_0(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(rss("<item><title>x</title><link>/rel</link></item>"))
    result = run("parse", str(path), "--base-url", "https://x.example/feed/")
    assert result.exit_code == 0
    assert [line["url"] for line in lines(result)] == ["https://x.example/rel"]


def test_parse_does_not_reach_inside_unless_allowed() -> None:
    result = run("parse", "http://127.0.0.1:9/feed")
    assert result.exit_code == 1
    assert lines(result)[0]["error"]["class"] == "ssrf_blocked"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.opml"
    path.write_text('<opml><body><outline text="A" xmlUrl="https://a.example/feed" language="en"/></body></opml>')
    return path


def test_a_list_is_changed_from_the_command_line(own: Path, tmp_path: Path) -> None:
    added = run(
        "feeds", "add", "https://b.example/feed?x=1&y", "--title", 'B "&" <Co>', "--folder", "Navies",
        "--country", "NOR", "--interval-seconds", "300", "--list", str(own),
    )  # fmt: skip
    assert added.exit_code == 0, added.output
    feeds = {feed.url: feed for feed in opml.parse(own.read_bytes(), name="x")}
    made = feeds["https://b.example/feed?x=1&y"]
    assert (made.title, made.folder, made.country, made.interval_seconds) == ('B "&" <Co>', "Navies", "NOR", 300)
    other = tmp_path / "other.opml"
    other.write_text(run("feeds", "export", "--list", str(own)).stdout)
    assert {f.url for f in opml.parse(other.read_bytes(), name="x")} == set(feeds)
    assert run("feeds", "remove", "https://a.example/feed", "--list", str(own)).exit_code == 0
    assert "Added 1 feeds" in run("feeds", "import", str(other), "--list", str(own)).stdout
    assert {f.url for f in opml.parse(own.read_bytes(), name="x")} == set(feeds)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "https://a.example/feed"), "is in .* already"),
        (("add", "ftp://a.example/feed"), "http or https"),
        (("add", "https://c.example/", "--full-text", "perhaps"), "auto, always, never"),
        (("remove", "https://z.example/feed"), "is not in"),
        (("import", "/nowhere.opml"), "No such file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words: tuple[str, ...], said: str, own: Path) -> None:
    before = own.read_bytes()
    result = run("feeds", *words, "--list", str(own))
    assert isinstance(result.exception, UsageError)
    assert result.exception.args
    with pytest.raises(UsageError, match=said):
        raise result.exception
    assert own.read_bytes() == before


def test_without_a_store_the_list_alone_is_shown(own: Path) -> None:
    shown = run("feeds", "list", "--list", str(own))
    assert shown.exit_code == 0
    assert "not polled" in shown.stdout
    (facts,) = lines(run("feeds", "list", "--json", "--list", str(own)))
    assert (facts["url"], facts["state"]) == ("https://a.example/feed", None)


def test_a_check_says_in_words_what_is_wrong() -> None:
    result = run("feeds", "check", "http://127.0.0.1:9/feed", "--json")
    assert result.exit_code == 1
    (found,) = lines(result)
    assert (found["ok"], found["outcome"]) == (False, "ssrf_blocked")
    assert found["says"].endswith(".")
