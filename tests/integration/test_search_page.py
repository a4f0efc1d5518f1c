"""The search page and the API's page in a real browser: found, narrowed, followed, on a small screen, by keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import expect

from tests.support.alerts import HAVANA, RUSSIA, a_tag, an_event
from tests.support.archive import Archive, a_tagged, an_alert_of
from tests.support.browser import a_tab, barriers, chromium
from tests.unit.api.test_search import an_app

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine")


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    service = Archive(tmp_path / "archive.db")
    event = an_event(agents=(RUSSIA,), place=HAVANA)
    tags = [a_tag(actors=(RUSSIA,), places=(HAVANA,), events=(event,))]
    first = a_tagged(1, title="𝔘 Navy seizes <img src=x onerror=alert(1)> tanker", tags=tags)
    second = a_tagged(2, title="Tanker \u202ereleased", tags=tags, text="The tanker sailed on.")
    await service.take(first, second, *(a_tagged(number) for number in range(3, 30)), an_alert_of([first]))
    service.file.close()
    server = uvicorn.Server(uvicorn.Config(an_app(tmp_path / "archive.db"), port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
async def test_a_search_is_found_marked_narrowed_and_followed(address: str, width: int, dark: bool) -> None:
    async with a_tab(width=width, dark=dark) as tab:
        page = tab.page
        await page.goto(f"{address}/search")
        await expect(page.locator("#count")).to_have_text("29 articles")
        await page.keyboard.press("Escape")
        await page.fill("input[name=q]", "tanker")
        await page.keyboard.press("Enter")
        await expect(page.locator("#count")).to_have_text("2 articles")
        first = page.locator("#hits .row").filter(has_text="Navy")
        await expect(first.locator("h3")).to_have_text("𝔘 Navy seizes <img src=x onerror=alert(1)> tanker")
        await expect(first.locator("h3 mark")).to_have_text("tanker")
        assert "\u202e" not in await page.locator("#hits").inner_text()
        assert await page.locator("#hits img").count() == 0
        await page.get_by_role("button", name="high").click()
        await expect(page.locator("#count")).to_have_text("1 article")
        assert "min_severity=high" in page.url
        assert "q=tanker" in (await page.locator("#feed").get_attribute("href") or "")
        await page.get_by_role("button", name="As a watch").click()
        await expect(page.locator("#yaml pre")).to_contain_text("min_severity: high")
        assert await barriers(page) == []
        assert tab.problems == []


async def test_an_actor_has_a_page_and_a_mistake_has_a_sentence(address: str) -> None:
    async with a_tab() as tab:
        page = tab.page
        await page.goto(f"{address}/search?actor=RUS")
        await expect(page.locator("#about h2")).to_have_text("Russia")
        await expect(page.locator("#about .months li")).to_have_count(1)
        assert await barriers(page) == []
        await page.goto(f"{address}/search?q=%22tanker")
        await expect(page.locator("#trouble")).to_have_text("q: Character 1: this quotation mark has no second one.")


async def test_more_follows_and_keys_move_through_the_articles(address: str) -> None:
    async with a_tab() as tab:
        page = tab.page
        await page.goto(f"{address}/search?q=navies")
        await expect(page.locator("#hits .row")).to_have_count(20)
        await page.locator("#more").click()
        await expect(page.locator("#hits .row")).to_have_count(28)
        await expect(page.locator("#more")).to_be_hidden()
        await page.locator("#count").click()
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        assert await page.evaluate("document.activeElement.closest('.row').textContent.length") > 0
        await page.keyboard.press("/")
        assert await page.evaluate("document.activeElement.name") == "q"


async def test_the_api_describes_itself_and_can_be_tried_without_anything_from_elsewhere(address: str) -> None:
    async with a_tab() as tab:
        page = tab.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{address}/docs")
        search = page.locator("#get-api-v1-search")
        await search.locator("input[name=q]").fill("tanker")
        await search.get_by_role("button", name="Try").click()
        await expect(search.locator("pre")).to_contain_text('"count": 2')
        assert all(url.startswith(address) for url in asked)
        assert await barriers(page) == []
        assert tab.problems == []
