"""What opens doors does not reach a log, whatever a log line is made of."""

from __future__ import annotations

import json
import logging as stdlib

import pytest
import structlog
from hypothesis import assume, given
from hypothesis import strategies as st

from services.runtime.process import logging
from services.runtime.process.redaction import redacted

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"https://user:{SECRET}@feeds.example/rss", "https://***@feeds.example/rss"),
        (f"GET https://{SECRET}@feeds.example failed", "GET https://***@feeds.example failed"),
        (f"redis://:{SECRET}@r:6379/0", "redis://***@r:6379/0"),
        (f"https://u:p@{SECRET}@feeds.example/a", "https://***@feeds.example/a"),
        (f"https://feeds.example/rss?id=4&api_key={SECRET}&n=2#x", "https://feeds.example/rss?id=4&api_key=***&n=2#x"),
        (f"/rss?access_token={SECRET}", "/rss?access_token=***"),
        (f"/rss?KEY={SECRET};n=1", "/rss?KEY=***;n=1"),
        (f'{{"url": "https://h/?sig={SECRET}"}}', '{"url": "https://h/?sig=***"}'),
    ],
)
def test_what_opens_doors_is_hidden(text: str, kept: str) -> None:
    assert redacted(text) == kept
    assert redacted(kept) == kept


@pytest.mark.parametrize(
    "text",
    ["https://feeds.example/a@b/c?page=2&monkey=1", "mail me@example.org", "a = b", "https://h/?keyword=navy", ""],
)
def test_the_rest_stays(text: str) -> None:
    assert redacted(text) == text


@given(st.text(), st.text(alphabet=st.characters(codec="ascii", categories=("L", "N")), min_size=8))
def test_no_password_gets_through_whatever_stands_around_it(around: str, password: str) -> None:
    assume(password not in around and password not in "https://u:***@host.example/")
    assert password not in redacted(f"{around} https://u:{password}@host.example/ {around}")


@pytest.mark.usefixtures("logging_as_it_was")
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_values_messages_and_tracebacks_of_a_log_are_redacted(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.configure(service="test", log_format=log_format, log_level="info")
    address = f"https://user:{SECRET}@feeds.example/?token={SECRET}"
    structlog.stdlib.get_logger("a").warning("feed_failed", url=address, nested={"urls": [address]})
    stdlib.getLogger("library").error("cannot ask %s", address)
    try:
        raise ValueError(address)
    except ValueError:
        structlog.stdlib.get_logger("b").exception("feed_failed")
    said = capsys.readouterr().err
    assert SECRET not in said
    assert said.count("***@feeds.example") >= 4
    if log_format == "json":
        events = [json.loads(line)["event"] for line in said.splitlines()]
        assert events[:2] == ["feed_failed", "cannot ask https://***@feeds.example/?token=***"]


@pytest.mark.usefixtures("logging_as_it_was")
@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("at", range(5_960, 6_000, 7))
def test_a_line_is_bounded_whatever_it_is_made_of(log_format: str, at: int, capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure(service="test", log_format=log_format, log_level="info")
    address = f"{'x' * at} https://user:{SECRET}@feeds.example/ {'y' * 100_000}"
    batch = [address.encode()] * 256

    def deep(left: int) -> None:
        if left:
            deep(left - 1)
        raise ValueError(address, len(batch))

    structlog.stdlib.get_logger("a").warning("feed_failed", error=address)
    try:
        deep(500)
    except ValueError:
        structlog.stdlib.get_logger("b").exception("feed_failed")
        stdlib.getLogger("library").exception("cannot ask")
    said = capsys.readouterr().err
    assert len(said) < 3 * (logging.MAX_CHARACTERS + 1_000)
    assert "ValueError" in said
    assert "xxx" in said
    assert SECRET not in said
