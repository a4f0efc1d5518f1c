"""What analysts do on the page: every button, many at once, undo, notes that survive a revision, views, export."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from services.alert_store.redis import AlertRecords
from services.contracts.messages import Alert
from tests.integration.test_api import TOKEN, an_alert, put
from tests.integration.test_api_page import (
    address,
    browser,
    opened,
    page,
    pytestmark,
    redis_client,
    replaced,
    standing,
    store,
    tab,
)
from tests.support.browser import barriers

__all__ = ["address", "browser", "page", "pytestmark", "redis_client", "standing", "store", "tab"]


async def signed_in(page: Page, address: str, rows: int) -> None:
    await opened(page, f"{address}/#token={TOKEN}", rows)
    await expect(page.locator("#who")).to_have_text("Sign out ann")


async def read(page: Page, title: str) -> Any:
    await page.locator(".row a", has_text=title).click()
    detail = page.locator("#detail")
    await expect(detail.locator("h2")).to_have_text(title)
    return detail


async def test_an_alert_tells_who_did_what(page: Page, address: str, store: AlertRecords) -> None:
    await put(store, [an_alert(1, headline="Fleets meet")])
    await signed_in(page, address, 1)
    detail = await read(page, "Fleets meet")
    await detail.get_by_role("button", name="Assign to me").click()
    await expect(page.locator(".row .state")).to_have_text("→ ann")
    await detail.get_by_label("Note").fill("Confirmed by the ministry.")
    await detail.get_by_label("Note").press("Enter")
    await detail.get_by_label("Not useful…").select_option("trivial")
    history = detail.locator(".history li")
    await expect(history).to_have_count(3)
    await expect(history.nth(0)).to_contain_text("ann found it not useful: trivial (rule naval_moves-1)")
    await expect(history.nth(1)).to_contain_text("Confirmed by the ministry.")
    await expect(history.nth(2)).to_contain_text("ann assigned it to ann")
    await detail.get_by_role("button", name="Undo").click()
    await expect(history.nth(0)).to_contain_text("undid: the feedback")
    await expect(history.nth(1).locator("del")).to_contain_text("not useful")
    assert await barriers(page) == []


async def test_a_note_that_is_being_written_survives_a_revision(page: Page, address: str, store: AlertRecords) -> None:
    alert = an_alert(1, headline="Fleets meet")
    await put(store, [alert])
    await signed_in(page, address, 1)
    await read(page, "Fleets meet")
    await page.keyboard.press("n")
    await page.keyboard.type("half a sen")
    await page.evaluate(
        "(id) => import('/page/client.js').then((api) => api.act([id], { kind: 'state', state: 'acknowledged' }))",
        alert.id,
    )
    await expect(page.locator("#detail .history li")).to_have_count(1)
    await page.keyboard.type("tence")
    await expect(page.locator("#detail textarea")).to_have_value("half a sentence")


async def test_many_are_selected_and_acted_on_and_come_back(page: Page, address: str, store: AlertRecords) -> None:
    await put(store, [an_alert(number, headline=f"Number {number}") for number in range(4)])
    await signed_in(page, address, 4)
    bar = page.locator("#selection")
    await expect(bar).to_be_hidden()
    await page.get_by_label("Select: Number 1").check()
    await page.get_by_label("Select: Number 2").check()
    await expect(bar).to_contain_text("2 alerts selected")
    await bar.get_by_role("button", name="Acknowledge").click()
    await expect(page.locator(".row .acknowledged")).to_have_count(2)
    await bar.get_by_role("button", name="Undo").click()
    await expect(page.locator(".row .acknowledged")).to_have_count(0)
    assert await barriers(page) == []
    await page.keyboard.press("V")
    await expect(bar).to_contain_text("4 alerts selected")
    await page.keyboard.press("c")
    await expect(page.locator(".row")).to_have_count(0)
    await expect(bar).to_be_hidden()


async def test_selected_alerts_are_merged_and_the_merge_is_undone(
    page: Page, address: str, store: AlertRecords
) -> None:
    await put(store, [an_alert(number, headline=f"Number {number}") for number in (1, 2)])
    await signed_in(page, address, 2)
    await page.keyboard.press("V")
    await page.locator("#selection").get_by_role("button", name="Merge").click()
    await expect(page.locator(".row")).to_have_count(1)
    await page.locator("#detail").get_by_role("button", name="Undo").click()
    await expect(page.locator(".row")).to_have_count(2)


async def test_a_snoozed_alert_leaves_the_list_and_wakes_up(page: Page, address: str, store: AlertRecords) -> None:
    await put(store, [an_alert(1, headline="Fleets meet")])
    await signed_in(page, address, 1)
    detail = await read(page, "Fleets meet")
    await detail.get_by_label("Snooze…").select_option("4 hours")
    await expect(page.locator(".row")).to_have_count(0)
    await page.locator("[name=done]").check()
    await expect(page.locator(".row .state")).to_contain_text("snoozed until")
    detail = await read(page, "Fleets meet")
    await detail.get_by_role("button", name="Wake up").click()
    await expect(page.locator(".row .state")).to_have_count(0)
    await page.locator("[name=done]").uncheck()
    await expect(page.locator(".row")).to_have_count(1)


async def test_a_view_is_kept_opened_and_saved_as_a_file(page: Page, address: str, store: AlertRecords) -> None:
    formula = an_alert(1, headline='=HYPERLINK("http://evil.example")', severity="high")
    await put(store, [formula, an_alert(2, headline="Quiet", severity="low")])
    await signed_in(page, address, 2)
    await page.locator("[name=min_severity]").select_option("high")
    await expect(page.locator(".row")).to_have_count(1)
    await page.locator("#views summary").click()
    await page.locator("#keep input").fill("The grave ones")
    await page.locator("#keep button").click()
    feed = page.get_by_role("link", name="Atom feed of The grave ones")
    assert await feed.get_attribute("href") == "/api/v1/alerts.atom?min_severity=high"
    assert await barriers(page) == []
    held = {}
    for name in ("CSV", "JSON", "Markdown brief"):
        async with page.expect_download() as download:
            await page.locator("#formats").get_by_role("button", name=name).click()
        held[name] = Path(await (await download.value).path()).read_text(encoding="utf-8")
    (row,) = csv.DictReader(held["CSV"].splitlines())
    assert row["headline"] == '\'=HYPERLINK("http://evil.example")'
    assert json.loads(held["JSON"])[0]["id"] == formula.id
    assert "**high**" in held["Markdown brief"]
    await page.keyboard.press("Escape")
    await page.goto(address)
    await expect(page.locator(".row")).to_have_count(2)
    await page.locator("#views summary").click()
    await page.get_by_role("link", name="The grave ones", exact=True).click()
    await expect(page.locator(".row")).to_have_count(1)


def in_arabic() -> Alert:
    alert = an_alert(1, headline="مدمرة تعبر المضيق", language="ar")
    quote = replaced(alert.evidence[0], quote="عبرت المدمرة المضيق يوم الخميس")
    return replaced(alert, evidence=(quote,), lead=("عبرت المدمرة المضيق.",))


async def test_words_run_in_their_own_direction(page: Page, address: str, store: AlertRecords) -> None:
    await put(store, [in_arabic()])
    await opened(page, address, 1)
    await page.locator(".row a").click()
    for place in ("#detail h2", "#detail .lead", "#detail blockquote", ".row h3", ".row .proof"):
        shown = page.locator(place).first
        assert await shown.evaluate("(it) => getComputedStyle(it).direction") == "rtl", place
    assert await page.locator("#detail h2").get_attribute("lang") == "ar"
