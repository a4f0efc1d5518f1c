"""Pictures of the page with invented alerts, in a real Chromium: to look at, and for the README.

``python -m tests.bench.alert_page FOLDER`` saves them as PNG: wide and narrow, light and dark, with an alert open, and
empty, and with the api away. With ``--alerts 10000`` it prints instead how fast the page is with so many (JSON).
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import redis.asyncio
from playwright.async_api import Page, expect

from services.alert_store.redis import AlertRecords
from services.api.service import ApiService
from services.contracts import ids
from services.local import store as local_store
from services.runtime.process import logging
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.integration.test_api import served
from tests.support import newsroom
from tests.support.alerts import RETENTION, a_write
from tests.support.browser import a_tab, barriers
from tests.support.stack import started

WIDE, NARROW = (1440, 900), (390, 844)
IMPACTS = ("minor", "moderate", "serious", "critical")


@asynccontextmanager
async def a_store(folder: Path) -> AsyncIterator[redis.asyncio.Redis]:
    """A client of an empty store of its own."""
    server = local_store.prepare(folder / "store", logs=folder / "logs")
    running = started(server)
    client = redis.asyncio.Redis.from_url(server.address, protocol=3)
    try:
        while not await _answers(client):
            await asyncio.sleep(0.05)
        yield client
    finally:
        await client.aclose()
        running.stop(grace_seconds=5)


async def _answers(client: redis.asyncio.Redis) -> bool:
    try:
        await client.ping()
    except redis.exceptions.ConnectionError:
        return False
    return True


async def put(client: redis.asyncio.Redis, raised: Iterable[newsroom.Raised]) -> None:
    """Write alerts with what the alerter remembers of them."""
    clock = SystemClock()
    store = AlertRecords(client, RedisCalls(clock, Waiting()), clock, RETENTION)
    alerts = list(raised)
    await store.write([a_write(one.alert, one.facts) for one in alerts])
    await store.acknowledge([one.alert for one in alerts])


async def pictures(folder: Path) -> None:
    """Save every picture, and print what axe finds, however slight."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="wirewatch-page-") as scratch:
        async with a_store(Path(scratch)) as client:
            service = served(client, most=100)
            await service.start()
            address = service.address or ""
            await _empty(address, folder)
            await put(client, newsroom.raised(datetime.now(UTC)))
            for size, name in ((WIDE, "wide"), (NARROW, "narrow")):
                for dark in (False, True):
                    await _all(address, size, folder / f"{name}-{'dark' if dark else 'light'}", dark=dark)
            await _away(service, address, folder)


async def _empty(address: str, folder: Path) -> None:
    async with a_tab(width=WIDE[0], height=WIDE[1]) as tab:
        await tab.page.goto(address)
        await expect(tab.page.locator("#empty")).to_be_visible()
        await tab.page.screenshot(path=folder / "wide-light-empty.png")


async def _all(address: str, size: tuple[int, int], stem: Path, *, dark: bool) -> None:
    """The list, the first alert open, and further down in it."""
    async with a_tab(width=size[0], height=size[1], dark=dark) as tab:
        page = tab.page
        await page.goto(address)
        await expect(page.locator("#status")).to_have_text("connected")
        await expect(page.locator(".row").nth(5)).to_be_attached()
        await page.screenshot(path=stem.with_name(f"{stem.name}-list.png"))
        found = await barriers(page, impacts=IMPACTS)
        await page.locator(".row a").first.click()
        await expect(page.locator("#detail .timeline")).to_be_attached()
        await page.screenshot(path=stem.with_name(f"{stem.name}-open.png"))
        found += await barriers(page, impacts=IMPACTS)
        await page.locator("#detail").evaluate("element => element.scrollBy(0, 600)")
        await page.screenshot(path=stem.with_name(f"{stem.name}-open-below.png"))
        print(stem.name, "axe:", "; ".join(found) or "nothing")


async def _away(service: ApiService, address: str, folder: Path) -> None:
    async with a_tab(width=WIDE[0], height=WIDE[1]) as tab:
        await tab.page.goto(address)
        await expect(tab.page.locator(".row").nth(5)).to_be_attached()
        await service.stop()
        await expect(tab.page.locator("#trouble")).to_be_visible()
        await tab.page.screenshot(path=folder / "wide-light-away.png")


async def speed(alerts: int) -> dict[str, object]:
    """How long a reader waits, with so many alerts in the store and then in the list. Milliseconds."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="wirewatch-page-") as scratch:
        async with a_store(Path(scratch)) as client, a_tab(width=WIDE[0], height=WIDE[1]) as tab:
            stored = newsroom.many(alerts, now)
            while batch := list(itertools.islice(stored, 500)):
                await put(client, batch)
            service = served(client, most=10)
            await service.start()
            print("measuring", file=sys.stderr, flush=True)
            page, figures = tab.page, {}
            began = time.perf_counter()
            await page.goto(service.address or "")
            await page.locator(".row").nth(99).wait_for(state="attached")
            figures["first_100_rows_ms"] = _since(began)
            figures["live_with_100_rows_ms"] = await _live(page, client, alerts)
            began = time.perf_counter()
            for rows in range(200, alerts + 1, 100):
                await page.evaluate("scrollTo(0, document.body.scrollHeight)")
                await page.locator(".row").nth(rows - 1).wait_for(state="attached")
            figures["all_by_scrolling_ms"] = _since(began)
            figures["live_with_all_rows_ms"] = await _live(page, client, alerts + 1)
            figures["next_alert_by_key_ms"] = await _keys(page)
            figures["heap_mb"] = await page.evaluate("Math.round(performance.memory.usedJSHeapSize / 1e6)")
            await service.stop()
    return {"alerts": alerts, **figures, "machine": f"{os.cpu_count()} cores, {platform.machine()}"}


async def _live(page: Page, client: redis.asyncio.Redis, number: int) -> float:
    """From a write in the store to the row."""
    (new,) = newsroom.many(1, datetime.now(UTC) + timedelta(seconds=number))
    story = f"{number:024x}"
    id_ = ids.alert_id(story)
    began = time.perf_counter()
    await put(client, [replace(new, alert=msgspec.structs.replace(new.alert, id=id_, story_id=story))])
    await page.locator(f'.row[data-id="{id_}"]').wait_for(state="attached")
    return _since(began)


async def _keys(page: Page) -> float:
    """The mean of twenty steps down the list, each with the alert read."""
    await page.evaluate("scrollTo(0, 0)")
    began = time.perf_counter()
    for _ in range(20):
        await page.keyboard.press("j")
    await page.locator(".row.chosen").wait_for(state="attached")
    return round(_since(began) / 20, 1)


def _since(began: float) -> float:
    return round(1000 * (time.perf_counter() - began), 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("pictures"))
    parser.add_argument("--alerts", type=int)
    chosen = parser.parse_args()
    logging.configure(service="api", log_format="console", log_level="error")  # the output is JSON
    if chosen.alerts:
        print(json.dumps(asyncio.run(speed(chosen.alerts)), indent=2))
    else:
        asyncio.run(pictures(chosen.folder))
