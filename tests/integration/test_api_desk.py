"""Sources, topics and watches over HTTP: what each role may, what is written, what is refused and taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis.asyncio

from services.alert_store.redis import AlertRecords
from services.archive_store.recent import RecentArticle, RecentWriter, recent_beside
from services.contracts.ids import feed_id
from services.notifier.edges.redis import RedisOutbox
from services.poller.edges.feedlist import FeedList, read
from services.poller.edges.redis import WISHES
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from services.tagger import library
from services.tagger.template import pack_template
from tests.integration.test_api import EDITOR, READER, TOKEN, a_desk, an_alert, browser, put, store
from tests.integration.test_api_session import BASE, bearer, guarded

pytestmark = pytest.mark.stack

__all__ = ["store"]
FEED = "https://news.example/feed.xml"
SOURCES = "/api/v1/sources"
WATCHES = "/api/v1/watches"
TOPICS = "/api/v1/topics"
SHIPPED = [path.stem for path in library.default_folder().glob("*.yaml")]
GOOD = """\
format: 1
channels:
  - {id: log, kind: log}
watches:
  - {id: all, name: Everything, when: {}, channels: [log]}
"""


@pytest.fixture
async def client(redis_client: redis.asyncio.Redis, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    parts: dict[str, Any] = {"desk": a_desk(redis_client, tmp_path), "archive": tmp_path / "archive.db"}
    async with browser(guarded(redis_client, **parts), BASE) as made:
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


def an_archive(folder: Path, *titles: str) -> Path:
    """The place of an archive with recent articles of these titles beside it."""
    archive = folder / "archive.db"
    made = RecentWriter(recent_beside(archive))
    now = datetime.now(UTC)
    made.add(
        [RecentArticle(id=f"{n}", first_seen_at=now, title=title, text="") for n, title in enumerate(titles)], now=now
    )
    made.close()
    return archive


async def test_a_topic_is_tried_saved_and_taken_back(client: httpx.AsyncClient, tmp_path: Path) -> None:
    an_archive(tmp_path, "Thousands march in Belarus to protest against the government", "A quiet day in Minsk")
    text = pack_template("protests")
    found = (await client.post(TOPICS, json={"text": text})).json()
    assert (found["read"], found["given"], found["form"]) == (2, 1, None)
    assert [one["report"]["given"] for one in found["reports"]] == [True]
    broken = text.replace("threshold: 0.5", "threshold: high")
    (problem,) = (await client.post(TOPICS, json={"text": broken})).json()["problems"]
    assert problem.startswith("line ")
    answer = await client.put(f"{TOPICS}/protests", json={"text": broken})
    assert answer.json()["problems"] == [problem]
    assert not (tmp_path / "topics").exists()
    failing = text.replace("The rally driver from Finland won", "Thousands marched in Belarus against the government")
    assert "should not match" in (await client.put(f"{TOPICS}/protests", json={"text": failing})).json()["problems"][0]
    other = await client.put(f"{TOPICS}/parties", json={"text": text})
    assert other.json()["problems"] == ["The topic of the text is protests, not parties."]
    assert (await client.put(f"{TOPICS}/protests", json={"text": text})).json() == {"problems": []}
    own = tmp_path / "topics"
    assert {pack.topic for pack in library.load(*library.in_force(own)).packs} == {"protests", *SHIPPED}
    later = text.replace('version: "0.1"', 'version: "0.2"')
    assert (await client.put(f"{TOPICS}/protests", json={"text": later})).json() == {"problems": []}
    held = await listed(client, "protests")
    assert (held["text"], held["versions"], held["own"]) == (later, 2, True)
    assert (await client.delete(f"{TOPICS}/protests/version")).json() == {"undone": True}
    assert (own / "protests.yaml").read_text() == text
    assert (await client.delete(f"{TOPICS}/protests/version")).json() == {"undone": True}
    assert not (own / "protests.yaml").exists()  # as before it was made
    assert (await client.delete(f"{TOPICS}/protests/version")).json() == {"undone": False}


async def listed(client: httpx.AsyncClient, topic: str) -> dict[str, Any]:
    topics = (await client.get(TOPICS)).json()["topics"]
    return next(one for one in topics if one["topic"] == topic)


async def test_a_shipped_topic_is_changed_left_out_and_taken_up_again(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    own, shipped = tmp_path / "topics", (await listed(client, "alliances"))["text"]
    assert (await client.post(f"{TOPICS}/alliances/switch", json={"on": True})).status_code == 409
    assert (await client.post(f"{TOPICS}/alliances/switch", json={"on": False})).json() == {"on": False}
    assert (await listed(client, "alliances"))["off"]
    assert [pack.topic for pack in library.load(*library.in_force(own)).packs] == ["naval_moves"]
    assert (await client.post(f"{TOPICS}/alliances/switch", json={"on": True})).json() == {"on": True}
    assert not (await listed(client, "alliances"))["own"]
    # Words of other languages stand beside the shipped pack: a change that they do not fit is refused, by name.
    renamed = shipped.replace("\n  sign:", "\n  conclude:", 1)
    assert renamed != shipped
    problems = (await client.put(f"{TOPICS}/alliances", json={"text": renamed})).json()["problems"]
    assert any("ru.yaml" in problem for problem in problems)
    assert list(own.glob("*.yaml")) == []


async def test_a_topic_is_made_by_the_form_and_read_back(client: httpx.AsyncClient, tmp_path: Path) -> None:
    an_archive(tmp_path, "North Korea fires two ballistic missiles", "Rocket League final in Iowa")
    row: dict[str, Any] = {"verbs": ["fire", "test-fire"], "nouns": ["launch"], "what": {"words": ["missile"]}}
    form: dict[str, Any] = {"topic": "missile_tests", "title": "Missile tests", "rows": [{"verbs": ["fire"]}]}
    found = (await client.post(TOPICS, json={"form": form})).json()
    assert found["missing"] == [
        "Row 1: say who does it, to what, or where; the verb alone finds too much.",
        "Give a sentence that should match.",
        "Give a sentence that should not match.",
    ]
    found = (await client.post(TOPICS, json={"form": form | {"rows": [row]}})).json()
    assert (found["given"], found["problems"], len(found["missing"])) == (1, [], 2)
    examples = {"should_match": ["Iran fires a missile."], "should_not_match": ["He fires a missile."]}
    whole = form | {"rows": [row], **examples}
    found = (await client.post(TOPICS, json={"form": whole})).json()
    assert (found["missing"], found["failing"]) == ([], ["He fires a missile."])
    whole |= {"rows": [row | {"who": {"kinds": ["state"]}}]}
    found = (await client.post(TOPICS, json={"form": whole})).json()
    assert found["failures"] == []
    assert (await client.put(f"{TOPICS}/missile_tests", json={"text": found["text"]})).json() == {"problems": []}
    again = (await client.post(TOPICS, json={"text": (tmp_path / "topics/missile_tests.yaml").read_text()})).json()
    assert again["form"] == found["form"]
    (problem,) = (await client.post(TOPICS, json={"form": whole | {"rows": [{"parties": 9}]}})).json()["problems"]
    assert "rows[0].parties" in problem
    assert (await client.post(TOPICS, json={})).json()["problems"]


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


async def test_a_test_of_a_watch_is_queued_for_the_notifier(
    client: httpx.AsyncClient, redis_client: redis.asyncio.Redis, tmp_path: Path
) -> None:
    (tmp_path / "watches.yaml").write_text(GOOD)
    assert (await client.post(f"{WATCHES}/all/test")).json() == {"channels": 1}
    outbox = RedisOutbox(redis_client, RedisCalls(SystemClock(), Waiting()), remember=timedelta(days=8))
    (asked,) = await outbox.take_tests()
    assert (asked.watch_id, asked.by) == ("all", "eve")
    unknown = await client.post(f"{WATCHES}/none/test")
    assert (unknown.status_code, "no watch 'none'" in unknown.json()["error"]) == (409, True)
