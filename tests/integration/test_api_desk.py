"""Sources, topics and watches over HTTP: what each role may, what is written, what is refused and taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis.asyncio

from services.alert_store.redis import AlertRecords
from services.contracts.ids import feed_id
from services.poller.edges.feedlist import FeedList, read
from services.poller.edges.redis import WISHES
from services.tagger import library
from tests.integration.test_api import EDITOR, READER, TOKEN, a_desk, an_alert, browser, put, store
from tests.integration.test_api_session import BASE, bearer, guarded

pytestmark = pytest.mark.stack

__all__ = ["store"]
FEED = "https://news.example/feed.xml"
SOURCES = "/api/v1/sources"
WATCHES = "/api/v1/watches"
GOOD = """\
format: 1
channels:
  - {id: log, kind: log}
watches:
  - {id: all, name: Everything, when: {}, channels: [log]}
"""


@pytest.fixture
async def client(redis_client: redis.asyncio.Redis, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(guarded(redis_client, desk=a_desk(redis_client, tmp_path)), BASE) as made:
        made.headers.update(bearer(EDITOR))
        yield made


async def change(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post(SOURCES, json=body)


async def test_a_feed_is_added_paused_moved_asked_and_removed(
    client: httpx.AsyncClient, redis_client: redis.asyncio.Redis, tmp_path: Path
) -> None:
    listed = (await client.get(SOURCES)).json()
    assert listed["editable"]
    shipped = len(listed["feeds"])
    assert (await change(client, do="add", urls=[FEED], title="News", tier=None)).json() == {"changed": 1}
    again = await change(client, do="add", urls=[FEED])
    assert (again.status_code, again.json()["error"]) == (409, f"{FEED} is in the list already.")
    own = tmp_path / "feeds.opml"
    assert len(read(own)) == shipped + 1
    assert (await change(client, do="pause", urls=[FEED])).json() == {"changed": 1}
    asked = FeedList([own])
    asked.load()
    assert feed_id(FEED) not in asked.feeds
    row = next(feed for feed in (await client.get(SOURCES)).json()["feeds"] if feed["url"] == FEED)
    assert row["health"] == "paused"
    await change(client, do="resume", urls=[FEED])
    assert (await change(client, do="tier", urls=[FEED], tier=listed["tiers"][0])).json() == {"changed": 1}
    assert (await change(client, do="tier", urls=[FEED], tier="nonsense")).status_code == 409
    assert (await change(client, do="check", urls=[FEED])).json() == {"changed": 1}
    assert await redis_client.smembers(WISHES) == {feed_id(FEED).encode()}
    opml = (await client.get(f"{SOURCES}.opml")).text
    assert FEED in opml
    assert (await change(client, do="remove", urls=[FEED])).json() == {"changed": 1}
    assert (await change(client, do="import", opml=opml)).json() == {"changed": 1}
    assert (await change(client, do="import", opml="<html/>")).status_code == 409
    assert (await change(client, do="add", urls=["ftp://news.example"])).status_code == 409
    assert (await change(client, do="add", urls=[])).status_code == 409


async def test_a_topic_is_tried_saved_and_taken_back(
    client: httpx.AsyncClient, store: AlertRecords, tmp_path: Path
) -> None:
    await put(store, [an_alert(1, headline="Thousands march in Belarus to protest against the government")])
    text = (await client.get("/api/v1/topics", params={"new": "protests"})).json()["text"]
    (report,) = (await client.post("/api/v1/topics", json={"text": text})).json()["reports"]
    assert report["report"]["given"]
    broken = text.replace("threshold: 0.5", "threshold: high")
    (problem,) = (await client.post("/api/v1/topics", json={"text": broken})).json()["problems"]
    assert problem.startswith("line ")
    answer = await client.put("/api/v1/topics/protests", json={"text": broken})
    assert answer.json()["problems"] == [problem]
    assert not (tmp_path / "topics").exists()
    failing = text.replace("The rally driver from Finland won", "Thousands marched in Belarus against the government")
    assert (
        "should not match"
        in (await client.put("/api/v1/topics/protests", json={"text": failing})).json()["problems"][0]
    )
    other = await client.put("/api/v1/topics/parties", json={"text": text})
    assert other.json()["problems"] == ["The topic of the text is protests, not parties."]
    assert (await client.put("/api/v1/topics/protests", json={"text": text})).json() == {"problems": []}
    topics = {pack.topic for pack in library.load(tmp_path / "topics").packs}
    assert topics == {"protests", *(pack.topic for pack in library.load(library.default_folder()).packs)}
    later = text.replace('version: "0.1"', 'version: "0.2"')
    assert (await client.put("/api/v1/topics/protests", json={"text": later})).json() == {"problems": []}
    listed = (await client.get("/api/v1/topics")).json()["topics"]
    held = next(one for one in listed if one["topic"] == "protests")
    assert (held["text"], held["versions"], held["failing"]) == (later, 1, 0)
    assert (await client.delete("/api/v1/topics/protests/version")).json() == {"undone": True}
    assert (tmp_path / "topics" / "protests.yaml").read_text() == text
    assert (await client.delete("/api/v1/topics/protests/version")).json() == {"undone": False}
    assert (await client.get("/api/v1/topics", params={"new": "No"})).status_code == 400


async def test_watches_are_tried_on_stored_alerts_saved_and_taken_back(
    client: httpx.AsyncClient, store: AlertRecords, tmp_path: Path
) -> None:
    await put(store, [an_alert(1), an_alert(2)])
    shown = (await client.get(WATCHES)).json()
    assert shown["watches"]
    assert shown["deliveries"] == []
    tried = (await client.post(WATCHES, json={"text": GOOD})).json()
    assert tried["summary"]["changed"] == 2
    wrong = (await client.post(WATCHES, json={"text": GOOD.replace("[log]", "[mail]")})).json()
    assert wrong["problems"][0].startswith("line ")
    assert (await client.put(WATCHES, json={"text": GOOD})).json() == {"problems": []}
    assert (tmp_path / "watches.yaml").read_text() == GOOD
    assert [watch["id"] for watch in (await client.get(WATCHES)).json()["watches"]] == ["all"]
    assert (await client.put(WATCHES, json={"text": GOOD.replace("Everything", "All")})).json() == {"problems": []}
    assert (await client.delete(f"{WATCHES}/version")).json() == {"undone": True}
    assert (tmp_path / "watches.yaml").read_text() == GOOD


async def test_without_a_file_of_its_own_the_api_shows_and_does_not_change(redis_client: redis.asyncio.Redis) -> None:
    async with browser(guarded(redis_client), BASE) as client:
        client.headers.update(bearer(EDITOR))
        assert not (await client.get(SOURCES)).json()["editable"]
        refused = await change(client, do="pause", urls=[FEED])
        assert (refused.status_code, "WIREWATCH_API_FEEDS" in refused.text) == (409, True)
        assert "WIREWATCH_API_PACKS" in (await client.delete("/api/v1/topics/protests/version")).text
        assert "WIREWATCH_API_WATCHES" in (await client.put(WATCHES, json={"text": GOOD})).text


WRITES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", SOURCES, {"do": "check", "urls": [FEED]}),
    ("POST", "/api/v1/topics", {"text": "x"}),
    ("PUT", "/api/v1/topics/protests", {"text": "x"}),
    ("DELETE", "/api/v1/topics/protests/version", None),
    ("POST", WATCHES, {"text": "x"}),
    ("PUT", WATCHES, {"text": "x"}),
    ("DELETE", f"{WATCHES}/version", None),
]


@pytest.mark.parametrize(
    ("token", "reads", "writes", "text"),
    [(None, 401, 401, 0), (READER, 200, 403, 0), (TOKEN, 200, 403, 0), (EDITOR, 200, 200, 1)],
)
async def test_each_role_on_each_route(
    redis_client: redis.asyncio.Redis, tmp_path: Path, token: str | None, reads: int, writes: int, text: int
) -> None:
    made = guarded(redis_client, open_reads=False, desk=a_desk(redis_client, tmp_path))
    async with browser(made, BASE) as client:
        client.headers.update(bearer(token) if token else {})
        for address in (SOURCES, f"{SOURCES}.opml", "/api/v1/topics", WATCHES, "/api/v1/feedback"):
            assert (await client.get(address)).status_code == reads, address
        for method, address, body in WRITES:
            assert (await client.request(method, address, json=body)).status_code == writes, address
        if reads == 200:
            assert bool((await client.get(WATCHES)).json()["text"]) == bool(text)
