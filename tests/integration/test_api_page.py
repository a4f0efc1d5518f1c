"""The page in a real Chromium: live rows, filters in the address, keys, states, and hostile text that stays text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
import redis.asyncio

from services.alerter.edges.redis import RedisAlertStore
from services.contracts.messages import Alert, AlertEvidence, AlertTopic
from services.runtime.redis import RedisCalls
from services.runtime.retry import Waiting
from tests.integration.test_api import TOKEN, an_alert, put, served
from tests.support.browser import Page, a_page, chromium
from tests.support.clock import FakeClock

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: install one to test the page"),
]

T = TypeVar("T", bound=msgspec.Struct)
HOSTILE = "<img src=x onerror=\"window.harmed='img'\"><script>window.harmed='script'</script>"
ROWS = "document.querySelectorAll('.row').length"
HEADING = "document.querySelector('#detail h2')?.textContent"


@pytest.fixture
def store(redis_client: redis.asyncio.Redis) -> RedisAlertStore:
    clock = FakeClock()
    calls = RedisCalls(clock, Waiting())
    return RedisAlertStore(
        redis_client, calls, clock, retention_days=30, closed_retention_days=7, stream_revisions=1000
    )


@pytest.fixture
async def address(redis_client: redis.asyncio.Redis) -> AsyncIterator[str]:
    service = served(redis_client)
    await service.start()
    yield service.address or ""
    await service.stop()


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with a_page(tmp_path / "profile") as made:
        yield made


def hostile_alert() -> Alert:
    """Every text of it tries to become markup, every address to become a script."""
    alert = an_alert(
        7,
        headline=HOSTILE,
        severity="high",
        lead=(HOSTILE,),
        severity_reasons=(HOSTILE,),
        topics=(AlertTopic(topic=HOSTILE, score=0.5, role="primary"),),
    )
    evidence = tuple(
        AlertEvidence(
            article_id=alert.sources[0].article_id,
            topic=HOSTILE,
            field="text",
            start=0,
            end=9,
            quote=f"{HOSTILE} {number}",
            rule=HOSTILE,
        )
        for number in range(2)
    )
    changed: dict[str, Any] = {"title": HOSTILE, "outlet": HOSTILE, "url": "javascript:window.harmed='url'"}
    return replaced(alert, evidence=evidence, sources=(replaced(alert.sources[0], **changed),))


def replaced(value: T, **changes: Any) -> T:
    return msgspec.structs.replace(value, **changes)


async def test_rows_come_by_themselves_and_an_alert_is_read_with_keys(
    page: Page, address: str, store: RedisAlertStore
) -> None:
    await put(store, [an_alert(1, headline="The first"), an_alert(2, headline="The second")])
    await page.open(address)
    await page.until(f"{ROWS} === 2 && document.querySelector('#status').textContent === 'live'")
    await put(store, [an_alert(3, headline="Just in")])
    await page.until(f"{ROWS} === 3 && document.querySelector('.row h3').textContent === 'Just in'")
    assert await page.run("document.querySelector('#news').textContent") == "New medium alert: Just in"
    for _ in range(2):
        await page.press("j")
    await page.until(f"{HEADING} === 'The second'")
    assert await page.run("location.hash.slice(1)") == an_alert(2).id
    assert await page.run("document.querySelectorAll('.timeline > li').length") == 1
    assert not page.problems


async def test_filters_stand_in_the_address(page: Page, address: str, store: RedisAlertStore) -> None:
    await put(store, [an_alert(1, severity="low"), an_alert(2, severity="critical", headline="Loud")])
    await page.open(f"{address}/?min_severity=high")
    await page.until(f"{ROWS} === 1")
    await page.run("document.querySelector('#filters').reset()")
    await page.until(f"{ROWS} === 2 && location.search === ''")
    await page.run(
        "(() => { const f = document.querySelector('#filters'); f.elements.words.value = 'loud';"
        " f.dispatchEvent(new Event('input')); })()"
    )
    await page.until(f"{ROWS} === 1 && location.search === '?words=loud'")


async def test_hostile_text_stays_text(page: Page, address: str, store: RedisAlertStore) -> None:
    alert = hostile_alert()
    await put(store, [alert])
    await page.open(f"{address}/#{alert.id}")
    await page.until(f"{ROWS} === 1 && {HEADING} !== undefined")
    assert await page.run(HEADING) == HOSTILE
    assert await page.run("document.querySelectorAll('main img, main script').length") == 0
    assert await page.run("[...document.links].filter(a => !/^https?:/.test(a.href)).length") == 0
    assert await page.run("window.harmed === undefined")
    assert not page.problems


async def test_a_state_is_changed_with_a_token(page: Page, address: str, store: RedisAlertStore) -> None:
    await put(store, [an_alert(1)])
    await page.open(address)
    await page.until(f"{ROWS} === 1")
    await page.press("j")
    await page.until(f"{HEADING} !== undefined")
    await page.press("a")
    await page.until("document.querySelector('#ask').open")
    await page.run(
        f"(() => {{ document.querySelector('#token').value = '{TOKEN}';"
        " document.querySelector('#ask button[value=ok]').click(); })()"
    )
    await page.until("document.querySelector('.row .state')?.textContent === 'acknowledged'")
    await page.press("c")
    await page.until(f"{ROWS} === 0")


async def test_a_narrow_window_shows_one_thing_at_a_time(page: Page, address: str, store: RedisAlertStore) -> None:
    await put(store, [an_alert(n) for n in range(30)])
    await page.open(address, width=400, height=800)
    await page.until(f"{ROWS} === 30")
    assert await page.run("document.documentElement.scrollWidth <= 400")
    await page.run("document.querySelector('.row a').click()")
    await page.until("getComputedStyle(document.querySelector('#detail')).position === 'fixed'")
    await page.run("document.querySelector('.back').click()")
    await page.until("getComputedStyle(document.querySelector('#detail')).display === 'none'")


async def test_thousands_of_alerts_are_loaded_as_one_scrolls(page: Page, address: str, store: RedisAlertStore) -> None:
    await put(store, [an_alert(n) for n in range(350)])
    await page.open(address)
    await page.until(f"{ROWS} >= 100")
    assert await page.run(ROWS) < 300
    await page.until(f"scrollTo(0, document.body.scrollHeight), {ROWS} === 350")
    order = await page.run("[...document.querySelectorAll('.row')].map(row => row.dataset.id)")
    assert order == [an_alert(n).id for n in reversed(range(350))]
