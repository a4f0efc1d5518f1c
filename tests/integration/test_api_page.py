"""The page in a real Chromium: live rows, filters in the address, keys, states, and hostile text that stays text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import pytest
import pytest_asyncio
import redis.asyncio
from playwright.async_api import Browser, Page, expect

from services.alert_store.redis import AlertRecords
from services.api.core.pipeline import ServiceState
from services.contracts.feed_health import feed_health
from services.contracts.messages import (
    Actor,
    Alert,
    AlertEvent,
    AlertEvidence,
    AlertTopic,
    Change,
    Difference,
    PageChange,
    Place,
)
from services.runtime.kafka.connection import RedisAccess
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls, connect
from tests.integration.test_api import READER, TOKEN, Standing, an_alert, put, served
from tests.support import newsroom
from tests.support.alerts import RETENTION
from tests.support.browser import Tab, a_browser, a_tab_of, barriers, chromium
from tests.support.clock import START, FakeClock

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="module"),  # all of them share a browser
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: install one to test the page"),
]

T = TypeVar("T", bound=msgspec.Struct)
HOSTILE = "<img src=x onerror=\"window.harmed='img'\"><script>window.harmed='script'</script>"
# A headline that reads as another one where its marks are obeyed: overrides, zero width, soft hyphen, tag characters.
SEIZED = AlertEvent(
    article_id="a" * 24,
    topic="naval_moves",
    act="seizure",
    verb="seizes",
    agents=(Actor(id="USA", name="United States", kind="state"),),
    objects=(Actor(id="RUS", name="Russia", kind="state"),),
    asset="oil tanker",
    place=Place(id="north-atlantic", name="North Atlantic", kind="sea"),
    mode="done",
    field="text",
    start=0,
    end=6,
    quote="seized",
    rule="seizure",
)
TURNED = "Fleet\u202e sliaf \u202cof\u2066 no\u200bbody\u2069 sai\u00adls\ufeff\U000e0041 \u0007home"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def redis_client(redis_server: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with connect(RedisAccess(redis_server)) as client:  # closed, too, where the database cannot be emptied
        await client.flushdb()
        yield client


@pytest.fixture
def store(redis_client: redis.asyncio.Redis) -> AlertRecords:
    clock = FakeClock()
    calls = RedisCalls(clock, Waiting())
    return AlertRecords(redis_client, calls, clock, RETENTION)


@pytest.fixture
def standing() -> Standing:
    return Standing()


@pytest_asyncio.fixture(loop_scope="module")
async def address(redis_client: redis.asyncio.Redis, standing: Standing) -> AsyncIterator[str]:
    service = served(redis_client, services=standing)
    await service.start()
    yield service.address or ""
    await service.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def tab(browser: Browser) -> AsyncIterator[Tab]:
    async with a_tab_of(browser) as made:
        yield made


@pytest.fixture
def page(tab: Tab) -> Page:
    return tab.page


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
    addresses = ("javascript:window.harmed='url'", "data:text/html,<script>1</script>", "vbscript:x", "/relative")
    sources = tuple(
        replaced(alert.sources[0], article_id=f"{n:024x}", title=HOSTILE, outlet=HOSTILE, url=url)
        for n, url in enumerate(addresses)
    )
    return replaced(alert, evidence=evidence, sources=sources)


def replaced(value: T, **changes: Any) -> T:
    return msgspec.structs.replace(value, **changes)


async def opened(page: Page, address: str, rows: int) -> None:
    """Open the page, and wait until it shows so many rows and is connected."""
    await page.goto(address)
    await expect(page.locator(".row")).to_have_count(rows)
    await expect(page.locator("#status")).to_have_text("connected")


async def test_rows_come_by_themselves_and_an_alert_is_read_with_keys(
    tab: Tab, page: Page, address: str, store: AlertRecords
) -> None:
    await put(store, [an_alert(1, headline="The first"), an_alert(2, headline="The second")])
    await opened(page, address, 2)
    await put(store, [an_alert(3, headline="Just in")])
    await expect(page.locator(".row h3").first).to_have_text("Just in")
    await expect(page.locator("#news")).to_have_text("New medium alert: Just in")
    for _ in range(2):
        await page.keyboard.press("j")
    await expect(page.locator("#detail h2")).to_have_text("The second")
    assert page.url.endswith(f"#{an_alert(2).id}")
    await expect(page.locator(".timeline > li")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator("#detail h2")).to_have_text("At a glance")
    assert "#" not in page.url
    assert not tab.problems


async def test_the_page_says_which_service_cannot_work_and_since_when(
    page: Page, address: str, standing: Standing
) -> None:
    line = page.locator("#pipeline")
    standing.services = [
        ServiceState(service="poller", state="ready", detail=None, since=START),
        ServiceState(
            service="deduper", state="waiting", detail="waiting for kafka since 2026-11-26T12:05:42Z", since=START
        ),
        ServiceState(service="tagger", state="silent", detail="no answer within 2 s", since=START),
    ]
    await opened(page, address, 0)
    await expect(line).to_have_text(
        "New alerts may be missing. The deduper: waiting for kafka since 2026-11-26 12:05 UTC. "
        "The tagger has not answered since 2024-06-20 09:00 UTC (no answer within 2 s)."
    )
    standing.services = [ServiceState(service="poller", state="ready", detail=None, since=START)]
    await expect(line).to_be_hidden()


async def test_filters_stand_in_the_address(page: Page, address: str, store: AlertRecords) -> None:
    sea = Place(id="red-sea", name="Red Sea", kind="sea", lat=20.0, lon=38.5)
    await put(store, [an_alert(1, severity="low", places=(sea,)), an_alert(2, severity="critical", headline="Loud")])
    await opened(page, f"{address}/?min_severity=high", 1)
    await page.keyboard.press("x")
    await expect(page.locator(".row")).to_have_count(2)
    assert "?" not in page.url
    await page.keyboard.press("/")
    await page.keyboard.type("loud")
    await expect(page.locator(".row")).to_have_count(1)
    await expect(page).to_have_url(f"{address}/?words=loud")
    await opened(page, f"{address}/?place=red-sea", 1)
    await expect(page.locator("#filters [name=place]")).to_have_value("red-sea")


async def test_hostile_text_stays_text(tab: Tab, page: Page, address: str, store: AlertRecords) -> None:
    alert = hostile_alert()
    await put(store, [alert])
    await opened(page, f"{address}/#{alert.id}", 1)
    await expect(page.locator("#detail h2")).to_have_text(HOSTILE)
    await expect(page.locator(".timeline > li")).to_have_count(4)
    assert await page.locator("main img, main script").count() == 0
    assert await page.evaluate("[...document.links].filter(a => !/^https?:/.test(a.href)).length") == 0
    assert await page.locator("#detail .timeline a, #detail h2 a").count() == 0
    assert await page.evaluate("window.harmed === undefined")
    assert not tab.problems


async def test_a_headline_cannot_turn_or_hide_its_words(page: Page, address: str, store: AlertRecords) -> None:
    alert = an_alert(1, headline=TURNED, lead=(TURNED,))
    await put(store, [replaced(alert, sources=(replaced(alert.sources[0], title=TURNED, outlet=TURNED),))])
    await opened(page, f"{address}/#{alert.id}", 1)
    await expect(page.locator("#detail h2")).to_have_text("Fleet sliaf of nobody sails home")
    await put(store, [an_alert(2, headline=TURNED)])
    await expect(page.locator(".row h3").first).to_have_text("Fleet sliaf of nobody sails home")
    shown = await page.evaluate(
        "document.body.innerText + document.title + document.querySelector('#news').textContent"
    )
    assert not set(shown) & set("\u202e\u202c\u2066\u2069\u200b\u00ad\ufeff\U000e0041\u0007")


async def test_a_state_is_changed_with_a_token(page: Page, address: str, store: AlertRecords) -> None:
    await put(store, [an_alert(1)])
    await opened(page, address, 1)
    await page.keyboard.press("j")
    await expect(page.locator("#detail .states")).to_be_visible()
    await page.keyboard.press("a")
    await page.locator("#token").fill("not the token at all")
    await page.locator("#ask button[value=ok]").click()
    await expect(page.locator("#unknown")).to_have_text("This token is not known.")
    await page.locator("#token").fill(f"ann: {TOKEN}")
    await page.locator("#ask button[value=ok]").click()
    await expect(page.locator(".row .state")).to_have_text("acknowledged")
    await expect(page.locator("#refused")).to_be_hidden()
    await page.keyboard.press("c")
    await expect(page.locator(".row")).to_have_count(0)


async def test_the_address_that_up_prints_signs_in_and_leaves_no_token_behind(
    page: Page, address: str, store: AlertRecords
) -> None:
    await put(store, [an_alert(1)])
    await opened(page, f"{address}/#token={TOKEN}", 1)
    assert TOKEN not in page.url
    await expect(page.locator("#who")).to_have_text("Sign out ann")
    await page.locator(".row a").first.click()
    await page.get_by_role("button", name="Acknowledge").click()
    await expect(page.locator(".row .state")).to_have_text("acknowledged")
    await opened(page, address, 1)  # the session is kept
    await expect(page.locator("#who")).to_have_text("Sign out ann")
    kept = await page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])")
    assert "session" not in kept
    assert TOKEN not in kept
    await page.locator("#who").click()
    await expect(page.locator("#who")).to_have_text("Sign in")


async def test_a_button_that_may_not_act_says_so_beforehand(page: Page, address: str, store: AlertRecords) -> None:
    await put(store, [an_alert(1)])
    await opened(page, address, 1)
    await page.locator(".row a").first.click()
    close = page.locator("#detail").get_by_role("button", name="Close")
    await expect(close).to_be_disabled()
    await expect(page.locator(".refusal")).to_have_text("Sign in to act on alerts.")
    await page.locator("#detail").get_by_role("button", name="Sign in").click()
    await page.locator("#token").fill(READER)
    await page.locator("#ask button[value=ok]").click()
    await expect(page.locator(".refusal")).to_have_text("rex may read alerts, not act on them (role: reader).")
    await expect(close).to_be_disabled()


async def test_a_link_to_an_alert_that_is_gone_and_a_filter_that_is_none_are_said(
    page: Page, address: str, store: AlertRecords
) -> None:
    await put(store, [an_alert(1)])
    await opened(page, f"{address}/#{'0' * 24}", 1)
    await expect(page.locator("#refused")).to_have_text("The alert of this link is no longer stored.")
    await expect(page.locator("#detail h2")).to_have_text("At a glance")
    assert "#" not in page.url
    await opened(page, f"{address}/?min_severity=bogus&colour=red", 1)
    await expect(page.locator("#refused")).to_contain_text("The address asks for colour and min_severity")
    assert "bogus" not in page.url


async def test_what_the_filter_excludes_is_shown_no_longer(page: Page, address: str, store: AlertRecords) -> None:
    await put(store, [an_alert(1, severity="low"), an_alert(2, severity="high", headline="Loud")])
    await opened(page, f"{address}/#{an_alert(1).id}", 2)
    await expect(page.locator("#detail .level")).to_have_text("low")
    await page.locator("#filters [name=min_severity]").select_option("high")
    await expect(page.locator("#detail h2")).to_have_text("At a glance")


async def test_back_leads_from_an_alert_to_the_list(page: Page, address: str, store: AlertRecords) -> None:
    await put(store, [an_alert(n) for n in range(3)])
    for width in (390, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        await opened(page, address, 3)
        await page.locator(".row a").first.click()
        await expect(page.locator("#detail .timeline")).to_be_visible()
        await page.go_back()
        await expect(page.locator("#detail .timeline")).to_be_hidden()
        assert page.url == f"{address}/"
        await page.go_forward()
        await expect(page.locator("#detail .timeline")).to_be_visible()
        await page.go_back()


async def test_what_is_wrong_stays_in_sight_however_far_one_scrolls(
    page: Page, address: str, store: AlertRecords, standing: Standing
) -> None:
    await put(store, [an_alert(n) for n in range(60)])
    standing.health = feed_health({"ok": 215}, local=0, offline_since=START.timestamp())
    for width in (390, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        await opened(page, address, 60)
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        await expect(page.locator("#pipeline")).to_be_in_viewport(ratio=1)
        await expect(page.locator("#pipeline")).to_have_text(
            "None of 215 feeds from elsewhere answers: this machine seems to be offline since 09:00 UTC."
        )
        await expect(page.locator("#status")).to_be_in_viewport(ratio=1)


async def test_a_source_shows_who_publishes_it_and_which_state_controls_it(
    page: Page, address: str, store: AlertRecords
) -> None:
    alert = an_alert(1)
    owned = msgspec.structs.replace(
        alert.sources[0],
        outlet="tass.example",
        owner=f"Government of Russia {HOSTILE}",
        country="RUS",
        kind="agency",
        state_control="RUS",
        publisher_source="https://survey.example/tass",
        publisher_source_date="2025-07",
    )
    told = "All of its sources are controlled by one state, Russia, and count as one."
    await put(store, [msgspec.structs.replace(alert, sources=(owned,), severity_reasons=(told,))])
    await opened(page, address, 1)
    await page.locator("#alerts li").first.click()
    card = page.locator(".timeline .publisher")
    await expect(card).to_contain_text("agency, Russia · Government of Russia")
    await expect(card).to_contain_text("state-controlled (Russia) · source: survey.example, 2025-07")
    await expect(card.get_by_role("link")).to_have_attribute("href", "https://survey.example/tass")
    await expect(page.locator("#detail")).to_contain_text(told)
    assert await page.evaluate("window.harmed") is None


async def test_a_source_shows_what_its_page_became(page: Page, address: str, store: AlertRecords) -> None:
    alert = an_alert(1)
    change = PageChange(
        outcome="changed",
        looked_at=alert.last_updated,
        first_looked_at=alert.first_seen,
        differences=(Difference(before="three ships", after=f"two {HOSTILE} ships"),),
    )
    told = Change(kind="source_changed", before="three ships", after="two ships")
    source = msgspec.structs.replace(alert.sources[0], changed=change)
    await put(store, [msgspec.structs.replace(alert, sources=(source,), revision=2, changes=(told,))])
    await opened(page, address, 1)
    await page.locator("#alerts li").first.click()
    shown = page.locator(".timeline .recheck")
    await expect(shown).to_contain_text("changed")
    await expect(shown.locator("del")).to_have_text("three ships")
    await expect(shown.locator("ins")).to_contain_text("two ")
    await expect(page.locator("#detail .changes")).to_contain_text("source changed")
    assert await page.evaluate("window.harmed") is None


async def test_an_empty_list_says_how_the_feeds_answer(page: Page, address: str, standing: Standing) -> None:
    standing.health = feed_health({"ok": 3, "failing": 1}, local=0, offline_since=0)
    await opened(page, address, 0)
    await expect(page.locator("#empty")).to_contain_text("3 of 4 feeds answer, 1 failing.")


async def test_the_map_gives_way_to_an_alert_and_stays_as_it_was_left(
    page: Page, address: str, store: AlertRecords
) -> None:
    await put(store, [an_alert(1)])
    await opened(page, address, 1)
    tall = await page.locator("#map").evaluate("map => map.clientHeight")
    await page.locator(".row a").first.click()
    await expect(page.locator("#detail .timeline")).to_be_visible()
    assert await page.locator("#map").evaluate("map => map.clientHeight") < 0.6 * tall
    await page.locator("#world summary").click()
    await expect(page.locator("#map")).to_be_hidden()
    await opened(page, address, 1)
    await expect(page.locator("#map")).to_be_hidden()


async def test_an_event_stands_over_the_headline_and_a_sentence_where_there_is_none(
    page: Page, address: str, store: AlertRecords
) -> None:
    alert = an_alert(1, headline="", events=(SEIZED,))
    await put(store, [alert])
    await opened(page, address, 1)
    said = "United States → seizes → oil tanker (Russia) · North Atlantic · done"
    await expect(page.locator(".row .event")).to_contain_text(said)
    await expect(page.locator(".row h3")).to_have_text(alert.evidence[0].quote)
    await page.locator(".row a").first.click()
    await expect(page.locator("#detail .event")).to_contain_text(said)
    tree = await page.locator("#detail .event").aria_snapshot()
    assert "→" not in tree
    assert "seizes" in tree


async def test_a_narrow_window_shows_one_thing_at_a_time(page: Page, address: str, store: AlertRecords) -> None:
    await put(store, [an_alert(n) for n in range(30)])
    await page.set_viewport_size({"width": 390, "height": 800})
    await opened(page, address, 30)
    assert await page.evaluate("document.documentElement.scrollWidth <= 390")
    await expect(page.locator("#filters")).to_be_hidden()
    await page.locator("#filter").click()
    await expect(page.locator("#filters")).to_be_visible()
    await page.locator(".row a").first.click()
    await expect(page.locator("#detail")).to_be_in_viewport(ratio=0.9)
    assert await page.evaluate("document.documentElement.scrollWidth <= 390")
    await page.locator(".back").click()
    await expect(page.locator("#detail")).to_be_hidden()


async def test_thousands_of_alerts_are_loaded_as_one_scrolls(page: Page, address: str, store: AlertRecords) -> None:
    await put(store, [an_alert(n) for n in range(350)])
    await opened(page, address, 100)
    for rows in (200, 300, 350):
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        await expect(page.locator(".row").nth(rows - 1)).to_be_attached()
    order = await page.evaluate("[...document.querySelectorAll('.row')].map(row => row.dataset.id)")
    assert order == [an_alert(n).id for n in reversed(range(350))]


async def test_it_says_when_the_api_is_away_and_goes_on_where_it_was(
    page: Page, redis_client: redis.asyncio.Redis, store: AlertRecords
) -> None:
    await put(store, [an_alert(1)])
    first = served(redis_client)
    await first.start()
    address = first.address or ""
    await opened(page, address, 1)
    await first.stop()
    await expect(page.locator("#trouble")).to_contain_text("may be old")
    await expect(page.locator("#status")).to_have_text("not connected")
    await put(store, [an_alert(2, headline="While it was away")])
    again = served(redis_client, port=int(address.rpartition(":")[2]))
    await again.start()
    try:
        await expect(page.locator(".row h3").first).to_have_text("While it was away")
        await expect(page.locator("#trouble")).to_be_hidden()
        await expect(page.locator("#status")).to_have_text("connected")
    finally:
        await again.stop()


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
async def test_axe_finds_no_serious_barrier(
    browser: Browser, address: str, store: AlertRecords, *, width: int, dark: bool
) -> None:
    async with a_tab_of(browser, width=width, height=900, dark=dark) as tab:
        page = tab.page
        await page.goto(address)
        await expect(page.locator("#empty")).to_be_visible()
        raised = newsroom.raised(datetime.now(UTC))
        await put(store, [item.alert for item in raised])
        await expect(page.locator(".row")).to_have_count(len(raised))
        await page.locator("#world").evaluate("element => { element.open = true; }")
        found = await barriers(page)
        await page.locator(".row a").first.click()
        await expect(page.locator("#detail .timeline")).to_be_visible()
        found += await barriers(page)
        await page.locator("#detail").get_by_role("button", name="Sign in").click()
        await page.locator("#token").fill("not the token at all")
        await page.locator("#ask button[value=ok]").click()
        await expect(page.locator("#unknown")).to_be_visible()
        found += await barriers(page)
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await expect(page.locator("#help")).to_be_visible()
        found += await barriers(page)
        assert not found
        await page.keyboard.press("Escape")
        await page.evaluate("document.body.append(document.createElement('button'))")
        assert await barriers(page), "axe does not look"
