"""The pages for sources, topics and watches in a real Chromium: what is shown, tried, saved, and who may."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
import redis.asyncio
from playwright.async_api import Page, expect

from services.alert_store.redis import AlertRecords
from services.contracts import redis_keys
from services.notifier.core.deliveries import TestRequest
from services.notifier.edges.redis import RedisOutbox, ask_for_test
from services.notifier.errors import SendError
from services.poller.edges.feedlist import read
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from services.tagger import library
from services.tagger.template import pack_template
from tests.integration.test_api import EDITOR, READER, a_desk, an_alert, put, served
from tests.integration.test_api_desk import an_archive
from tests.integration.test_api_page import browser, page, pytestmark, redis_client, store, tab
from tests.support.browser import Tab, barriers
from tests.support.notifier import KeepingSender, Notifier, a_watch, active

__all__ = ["browser", "page", "pytestmark", "redis_client", "store", "tab"]
OPML = '<opml version="2.0"><body><outline text="News" xmlUrl="https://news.example/feed.xml"/></body></opml>'


@pytest_asyncio.fixture(loop_scope="module")
async def address(redis_client: redis.asyncio.Redis, tmp_path: Path) -> AsyncIterator[str]:
    (tmp_path / "feeds.opml").write_text(OPML)
    service = served(redis_client, desk=a_desk(redis_client, tmp_path), archive=tmp_path / "archive.db")
    await service.start()
    yield service.address or ""
    await service.stop()


async def opened(page: Page, address: str, name: str, *, token: str = EDITOR) -> None:
    await page.goto(f"{address}/{name}#token={token}")
    await expect(page.locator("header button").first).to_contain_text("Sign out")


async def test_feeds_are_paused_and_added(tab: Tab, page: Page, address: str, tmp_path: Path) -> None:
    await opened(page, address, "sources")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator(".health")).to_have_text("not polled yet")
    await page.get_by_label("Select News").check()
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator(".health")).to_have_text("paused")
    await page.get_by_label("Address of a feed").fill("https://other.example/feed.xml")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator("tbody tr")).to_have_count(2)
    assert [feed.paused for feed in read(tmp_path / "feeds.opml")] == [True, False]
    await page.get_by_label("Words").fill("other")
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert await barriers(page) == []
    assert tab.problems == []


async def test_a_reader_sees_and_changes_nothing(page: Page, address: str) -> None:
    await opened(page, address, "sources", token=READER)
    await expect(page.locator(".refusal")).to_have_text("rex may look, not change (role: reader).")
    await expect(page.get_by_label("Select News")).to_be_disabled()
    await expect(page.get_by_label("Address of a feed")).to_have_count(0)
    await page.goto(f"{address}/watches")
    await expect(page.locator(".refusal")).to_have_text("rex may look, not change (role: reader).")
    await expect(page.locator("textarea")).to_have_count(0)
    await page.goto(f"{address}/topics")
    await expect(page.get_by_role("button", name="New topic")).to_be_disabled()


async def test_a_topic_is_made_by_the_form_alone(tab: Tab, page: Page, address: str, tmp_path: Path) -> None:
    an_archive(tmp_path, "North Korea fires two ballistic missiles", "He fires a missile in the game", "A quiet day")
    await opened(page, address, "topics")
    await page.get_by_label("Name of a new topic").fill("Missile tests")
    await page.get_by_role("button", name="New topic").click()
    await expect(page.locator("#work")).to_contain_text("Row 1: choose what is done, or give verbs of your own.")
    await page.get_by_label("Verbs, in plain form").fill("fire, test-fire")
    await page.get_by_label("To whom or what, row 1: words").fill("missile, ballistic missile")
    await expect(page.locator(".results")).to_contain_text("2 articles of 3 since")
    await page.get_by_label("Who, row 1", exact=True).select_option("a state or its forces")
    await expect(page.locator(".results")).to_contain_text("1 article of 3 since")
    await page.get_by_role("button", name="Must match").first.click()
    await expect(page.get_by_label("Sentences that should match")).to_have_value(re.compile("North Korea fires"))
    await page.get_by_label("Sentences that should not match").fill("Iran fires a missile.")
    await expect(page.locator("#should_not_match-said")).to_have_text("matches: Iran fires a missile.")
    await page.get_by_label("Sentences that should not match").fill("He fires a missile in the game")
    await expect(page.locator("#should_not_match-said li")).to_have_count(0)
    assert await barriers(page) == []
    await page.get_by_role("button", name="Save and switch on").click()
    await expect(page.locator("#refused")).to_contain_text("Saved.")
    packs = library.load(*library.in_force(tmp_path / "topics")).packs
    assert "missile_tests" in {pack.topic for pack in packs}
    await page.reload()
    await page.get_by_role("button", name="Missile tests").click()
    await expect(page.get_by_label("Verbs, in plain form")).to_have_value("fire, test-fire")
    await page.get_by_text("YAML", exact=True).click()
    field = page.get_by_label("The pack missile_tests")
    await field.fill((await field.input_value()).replace("test-fire]", "test-fire, launch]"))
    await expect(page.get_by_label("Verbs, in plain form")).to_have_value("fire, test-fire, launch")
    assert tab.problems == []


async def test_a_pack_that_no_form_shows_is_edited_as_yaml(tab: Tab, page: Page, address: str, tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "protests.yaml").write_text(pack_template("protests"))
    an_archive(tmp_path, "Workers march in Belarus against the government")
    await opened(page, address, "topics")
    await page.get_by_role("button", name="Protests against a government").click()
    await expect(page.locator(".results")).to_contain_text("1 article of 1 since")
    await expect(page.locator(".topic-form")).to_be_hidden()
    await page.get_by_role("button", name="Must match").first.click()
    field = page.get_by_label("The pack protests")
    await expect(field).to_have_value(re.compile("Workers march in Belarus"))
    await field.fill(pack_template("protests").replace("threshold: 0.5", "threshold: high"))
    await expect(page.locator(".problems button")).to_contain_text("line ")
    await page.locator(".problems button").click()
    chosen = await page.evaluate(
        "document.activeElement.value.slice(document.activeElement.selectionStart).split('\\n')[0]"
    )
    assert chosen.startswith("threshold: high")
    await page.get_by_role("button", name="Save and switch on").click()
    await expect(page.locator("#refused")).to_contain_text("Not saved")
    await page.get_by_label("A text to try it on").fill("Students rallied against the government of Georgia on Monday.")
    await field.fill(pack_template("protests"))
    await expect(page.locator(".results")).to_contain_text("The text gets the topic.")
    await page.get_by_role("button", name="Close").click()
    row = page.get_by_role("row", name=re.compile("alliances", re.IGNORECASE))
    await row.get_by_role("button", name="Switch off").click()
    await expect(row.get_by_role("button", name="Switch on")).to_be_visible()
    assert tab.problems == []


async def test_watches_are_tried_on_stored_alerts_and_saved(
    tab: Tab, page: Page, address: str, store: AlertRecords, tmp_path: Path
) -> None:
    await put(store, [an_alert(1, severity="critical"), an_alert(2, severity="low")])
    await opened(page, address, "watches")
    field = page.get_by_label("The watch file")
    text = await field.input_value()
    await field.fill(text.replace("when: {}", "when: {min_severity: high}"))
    await expect(page.locator("[role=status]").last).to_contain_text("this file would deliver 1, the one in force 2")
    assert await barriers(page) == []
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#refused")).to_contain_text("Saved.")
    assert "min_severity: high" in (tmp_path / "watches.yaml").read_text()
    await expect(page.locator("tbody tr").first).to_contain_text("at least high")
    assert tab.problems == []


async def test_a_test_of_a_watch_is_seen_among_the_deliveries_with_what_failed(
    tab: Tab, page: Page, address: str, redis_client: redis.asyncio.Redis
) -> None:
    outbox = RedisOutbox(redis_client, RedisCalls(SystemClock(), Waiting()), remember=timedelta(days=8))
    watches = active(a_watch(id_="all-alerts", channels="[c, d]"))
    service = Notifier(watches, outbox=outbox, sender=KeepingSender(SendError("HTTP 500")))
    await opened(page, address, "watches")
    await redis_client.delete(redis_keys.NOTIFIER_TESTS)
    await page.get_by_role("button", name="Send a test").first.click()
    await expect(page.locator("#refused")).to_contain_text("A test goes through")
    (asked,) = await outbox.take_tests()
    assert asked.by == "eve"
    await ask_for_test(redis_client, TestRequest(id=asked.id, watch_id="all-alerts", by=asked.by))
    await service.dispatcher.round()
    shown = page.locator("#deliveries")
    await expect(shown).to_contain_text("test, given up")
    await expect(shown).to_contain_text("test, sent")
    await expect(shown).to_contain_text("HTTP 500")
    assert await barriers(page) == []
    assert tab.problems == []
