"""A real Chromium, the one of this machine, driven by Playwright; with axe to look at what it shows."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update")
_PATIENCE_MS = 60_000  # a busy machine is no failure
GRAVE = ("serious", "critical")


@dataclass(slots=True)
class Tab:
    """A page, and what its console said at level error beside exceptions that nobody caught."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def heard(self, message: ConsoleMessage) -> None:
        """Note an error."""
        if message.type == "error":
            self.problems.append(message.text)


def chromium() -> str | None:
    """Where a Chromium is on this machine, None where there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """A Chromium without tabs."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=list(_QUIET), chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def a_tab_of(browser: Browser, *, width: int = 1280, height: int = 800, dark: bool = False) -> AsyncIterator[Tab]:
    """A tab in a window of that size, with cookies and storage of its own."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    tab = Tab(await context.new_page())
    tab.page.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    tab.page.on("console", lambda message: tab.heard(message))
    tab.page.on("pageerror", lambda error: tab.problems.append(str(error)))
    try:
        yield tab
    finally:
        await context.close()


@asynccontextmanager
async def a_tab(*, width: int = 1280, height: int = 800, dark: bool = False) -> AsyncIterator[Tab]:
    """A tab of a Chromium of its own."""
    async with a_browser() as browser, a_tab_of(browser, width=width, height=height, dark=dark) as tab:
        yield tab


async def barriers(page: Page, *, impacts: tuple[str, ...] = GRAVE) -> list[str]:
    """What axe finds on the page as it stands, of these impacts: rule, what is wrong, where."""
    found = (await Axe().run(page)).response["violations"]
    return [
        f"{item['id']} ({item['impact']}): {item['help']}: {node['html'][:160]}"
        for item in found
        if item["impact"] in impacts
        for node in item["nodes"]
    ]
