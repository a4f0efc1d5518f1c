"""Deliveries by apprise: its own client in a thread, and nothing of what it says that holds a secret."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web

from services.contracts import codec
from services.contracts.messages import Actor, Change
from services.notifier.core.deliveries import (
    MAX_TITLE_CHARACTERS,
    Message,
    Notification,
    digest_of,
    message,
    notification_of,
    webhook_body,
)
from services.notifier.core.watches import Channel, Route
from services.notifier.edges.apprise import AppriseSender, problem_of
from services.notifier.edges.redact import redact
from services.notifier.errors import SendError
from tests.support.clock import START
from tests.support.notifier import an_alert, an_event

# apprise looks for a module of the standard library that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def a_route(url: str) -> Route:
    return Route(channel=Channel(id="a", kind="apprise"), url=url)


def a_notification(number: int = 0, **fields: object) -> Notification:
    alert = an_alert(number, **fields)
    return notification_of(alert, codec.encode(alert), watch_id="w", watch_name="W", channel_id="a", queued_at=START)


@pytest.fixture
async def server() -> AsyncIterator[tuple[str, list[dict[str, str]]]]:
    """Something that takes apprise's own JSON, and the messages it was sent; ``/no/`` refuses."""
    got: list[dict[str, str]] = []

    async def take(request: web.Request) -> web.Response:
        got.append(await request.json())
        return web.Response(status=500 if request.path.startswith("/no") else 200)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"json://hidden-user:hidden-pass@127.0.0.1:{runner.addresses[0][1]}", got
    await runner.cleanup()


async def test_a_message_arrives(server: tuple[str, list[dict[str, str]]]) -> None:
    url, got = server
    sender = AppriseSender(timeout_seconds=30)
    await sender.send(a_notification(headline="Ships <b>sail</b>"), a_route(url + "/yes"))
    await sender.close()
    assert got[0]["title"] == "[high] Ships <b>sail</b>"
    assert "Revision 1 of" in got[0]["message"]


class EverythingLogged(logging.Handler):
    """All that reaches the root, which is what a process writes to its log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "aiohttp.access":  # the receiver's own
            self.lines.append(record.getMessage())


@pytest.fixture
def logged() -> Iterator[EverythingLogged]:
    root, handler = logging.getLogger(), EverythingLogged()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


async def test_a_refusal_is_a_failure_that_shows_no_secret(
    server: tuple[str, list[dict[str, str]]], logged: EverythingLogged
) -> None:
    url, _ = server
    sender = AppriseSender(timeout_seconds=30)
    with pytest.raises(SendError) as caught:
        await sender.send(a_notification(), a_route(url + "/no/hidden-token"))
    with pytest.raises(SendError) as unreachable:
        await sender.send(a_notification(), a_route("json://hidden-user:hidden-pass@127.0.0.1:1/hidden-token"))
    await sender.close()
    assert "500" in str(caught.value)
    assert "hidden" not in f"{caught.value} {unreachable.value} {logged.lines}"


async def test_a_thread_that_takes_too_long_is_given_up_and_not_doubled() -> None:
    go, calls = threading.Event(), []

    def slow(url: str, what: Message, severity: str) -> None:
        calls.append((url, what.title, severity))
        go.wait(30)

    sender = AppriseSender(timeout_seconds=0.01, notify=slow)
    with pytest.raises(SendError, match="no answer"):
        await sender.send(a_notification(), a_route("x://y"))
    with pytest.raises(SendError, match="has not ended"):
        await sender.send(a_notification(), a_route("x://y"))
    assert len(calls) == 1
    go.set()
    async with asyncio.timeout(30):
        while sender._running:
            await asyncio.sleep(0.001)
    await sender.close()


async def test_a_plug_in_that_raises_is_a_failure() -> None:
    def broken(url: str, what: Message, severity: str) -> None:
        raise RuntimeError(f"no way to {url}")

    sender = AppriseSender(timeout_seconds=30, notify=broken)
    with pytest.raises(SendError) as caught:
        await sender.send(a_notification(), a_route("json://hidden-user@h.example/"))
    await sender.close()
    assert "RuntimeError" in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_an_address_is_checked_without_asking_anybody() -> None:
    assert problem_of("mailto://user:password@example.org") is None
    assert problem_of("nosuchservice://hidden-token/") is not None
    assert "hidden" not in str(problem_of("nosuchservice://hidden-token/"))


def test_a_message_for_a_person_is_plain_and_its_title_is_one_line() -> None:
    alert = a_notification(
        headline="One\r\nBcc: x@y.example " + "long " * 99,
        lead=("First.", "Second."),
        changes=(Change(kind="severity", before="low", after="high"),),
        revision=2,
    )
    made = message(alert)
    assert made.title.isprintable()
    assert len(made.title) <= MAX_TITLE_CHARACTERS
    assert "Changed: severity low → high" in made.body
    assert "1 independent source ·" in made.body
    assert "Sources: " in made.body
    assert "\n\n\n" not in made.body
    calls = message(a_notification(headline="@everyone <!channel> <@U1> @Here", lead=("write to me@example.org",)))
    assert calls.title == "[high] @\u200beveryone <\u200b!channel> <\u200b@U1> @\u200bHere"
    assert "me@example.org" in calls.body
    digest = message(digest_of([a_notification(1), a_notification(2, severity="critical")], queued_at=START))
    assert digest.title == "[W] 2 alerts"
    assert digest.body.index("[critical]") < digest.body.index("[high]")


def test_a_message_begins_with_what_happened() -> None:
    event = an_event(agents=(Actor(id="USA", name="United States", kind="state"),), asset="oil tanker")
    alert = a_notification(headline="Tanker in custody", lead=("Lead.",), events=(event,))
    made = message(alert)
    assert made.title == "[high] United States → seizes → oil tanker · done"
    assert made.body.startswith("Tanker in custody\n\nLead.\n")
    digest = digest_of([alert], queued_at=START)
    assert message(digest).body.startswith("[high] United States → seizes → oil tanker · done\nTanker in custody\n")
    assert json.loads(webhook_body(digest))["alerts"][0]["event"] == "United States → seizes → oil tanker · done"
    hostile = an_event(asset="@everyone\nBcc: x@y.example")
    assert message(a_notification(events=(hostile,))).title.startswith("[high] seizes → @\u200beveryone Bcc:")


def test_secrets_and_addresses_are_taken_out() -> None:
    secret = "slack://bot-name@TokenA/TokenB/TokenC?footer=no&key=wxyz#end"
    said = f"POST {secret} failed: TokenB was refused for bot-name, see https://api.example/v1?x=1 (wxyz)"
    assert redact(said, secret) == "POST *** failed: *** was refused for ***, see *** (***)"
    assert redact("pass word", "mailto://u:pass%20word@h.example") == "***"
    assert len(redact("x" * 10_000)) == 300


async def test_what_an_article_says_is_no_markup_where_a_service_takes_html(
    server: tuple[str, list[dict[str, str]]],
) -> None:
    url, got = server
    sender = AppriseSender(timeout_seconds=30)
    await sender.send(a_notification(lead=('<img src="x" onerror="y">',)), a_route(url + "/yes?format=html"))
    await sender.close()
    assert "<img" not in got[0]["message"]
    assert "&lt;img" in got[0]["message"]
