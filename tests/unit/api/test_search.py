"""The archive over HTTP: what is found, what is refused with a sentence, feeds, watches, context, a brief."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from services.api.core.tokens import Tokens, User
from services.api.edges.archive import ArchiveReader
from services.api.metrics import ApiMetrics
from services.api.routes.app import build_app
from services.api.routes.authorization import Authorization
from services.api.routes.stream import Followers
from services.contracts.messages import Actor, Place
from services.notifier.edges import watch_file
from tests.support.alerts import HAVANA, RUSSIA, a_tag, an_event
from tests.support.archive import Archive, a_tagged, an_alert_of
from tests.support.clock import START, FakeClock

CHINA = Actor(id="CHN", name="China", kind="state")
TAIPEI = Place(id="taipei", name="Taipei", kind="city", country="TWN")
TOKEN = "a-token-of-a-reader"


def an_app(path: Path, *, open_reads: bool = True) -> FastAPI:
    """The api on an archive, without a Redis."""
    untouched: Any = object()  # no route of the archive asks Redis
    metrics = ApiMetrics(CollectorRegistry())
    return build_app(
        untouched,
        untouched,
        untouched,
        untouched,
        archive=ArchiveReader(path),
        access=Authorization(
            tokens=Tokens([(User("rex", "reader"), TOKEN)]), clock=FakeClock(), loopback=False, open_reads=open_reads
        ),
        metrics=metrics,
        clock=FakeClock(),
        followers=Followers(1, metrics),
    )


def client(path: Path, *, open_reads: bool = True) -> httpx.AsyncClient:
    app = an_app(path, open_reads=open_reads)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://wire.example")


def tagged(number: int, actor: Actor = RUSSIA, place: Place = HAVANA, act: str = "seize", **more: Any) -> Any:
    event = an_event(act, agents=(actor,), place=place)
    return a_tagged(number, tags=[a_tag(actors=(actor,), places=(place,), events=(event,))], **more)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    service = Archive(tmp_path / "archive.db")
    first = tagged(1, title="Navy seizes <b>tanker</b>", text="The frigate stopped the tanker at dawn.")
    second = tagged(2, title="Tanker released", text="It sailed on.", seen=START + timedelta(hours=1), language="ru")
    third = tagged(3, CHINA, TAIPEI, "sign", title="两国签署协议", text="两国在台北签署了安全协议。", language="zh")
    await service.take(first, second, third)
    await service.take(an_alert_of([first]), an_alert_of([second], severity="low"), an_alert_of([third]))
    service.file.close()
    async with client(tmp_path / "archive.db") as asked:
        yield asked


async def titles(api: httpx.AsyncClient, **parameters: Any) -> list[str]:
    answer = await api.get("/api/v1/search", params=parameters)
    assert answer.status_code == 200, answer.text
    return [hit["title"]["text"] for hit in answer.json()["hits"]]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, [2, 3, 1]),
        ({"q": "tanker"}, [2, 1]),
        ({"q": "TANKER dawn"}, [1]),
        ({"q": '"stopped the tanker"'}, [1]),
        ({"q": "frig*"}, [1]),
        ({"q": "frigate NEAR/2 tanker"}, [1]),
        ({"q": "frigate NEAR/1 dawn"}, []),
        ({"q": "tanker -dawn"}, [2]),
        ({"q": "title:released OR dawn"}, [2, 1]),
        ({"q": "签署"}, [3]),
        ({"q": "协"}, [3]),
        ({"q": "安全 协议"}, [3]),
        ({"q": "国签"}, [3]),
        ({"actor": "CHN"}, [3]),
        ({"actor": ["CHN", "RUS"], "language": "ru"}, [2]),
        ({"place": "CUB"}, [2, 1]),
        ({"place": "taipei"}, [3]),
        ({"act": "sign"}, [3]),
        ({"topic": "naval_moves", "outlet": "news.example", "q": "tanker"}, [2, 1]),
        ({"min_severity": "high"}, [3, 1]),
        ({"since": (START + timedelta(minutes=30)).isoformat()}, [2]),
        ({"until": (START + timedelta(minutes=30)).isoformat()}, [3, 1]),
    ],
)
async def test_words_and_filters(api: httpx.AsyncClient, parameters: dict[str, Any], found: list[int]) -> None:
    named = {1: "Navy seizes <b>tanker</b>", 2: "Tanker released", 3: "两国签署协议"}
    assert sorted(await titles(api, **parameters)) == sorted(named[number] for number in found)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"q": '"tanker'}, "q: Character 1: this quotation mark has no second one."),
        ({"q": "a (b"}, "q: Character 3: this bracket has no second one."),
        ({"q": "-a"}, "q: Character 1: a search needs a word that it looks for."),
        ({"q": "a OR"}, "q: Character 5: a word is missing here."),
        ({"q": "x " * 300}, "q: A search has at most 500 characters, and this one has 600."),
        ({"cursor": "r99999999999", "q": "a"}, "Ranking looks at 5000 articles: order by time"),
        ({"cursor": "t9999999999999999999"}, "give next_cursor of the page before"),
        ({"cursor": "oops"}, "cursor is 'oops': give next_cursor"),
        ({"since": "2024-02-31T00:00:00Z"}, "since is '2024-02-31T00:00:00Z': give a time"),
        ({"limit": 1000}, "limit: "),
    ],
)
async def test_what_cannot_be_asked_is_one_sentence(
    api: httpx.AsyncClient, parameters: dict[str, Any], sentence: str
) -> None:
    answer = await api.get("/api/v1/search", params=parameters)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


async def test_what_was_found_is_marked_by_numbers_and_nothing_is_html(api: httpx.AsyncClient) -> None:
    hit = (await api.get("/api/v1/search", params={"q": "tanker dawn"})).json()["hits"][0]
    assert hit["title"]["text"] == "Navy seizes <b>tanker</b>"
    assert [hit["title"]["text"][start:end] for start, end in hit["title"]["marks"]] == ["tanker"]
    assert [hit["snippet"]["text"][start:end] for start, end in hit["snippet"]["marks"]] == ["tanker", "dawn"]


async def test_facets_count_what_was_found(api: httpx.AsyncClient) -> None:
    answer = (await api.get("/api/v1/search", params={"q": "tanker"})).json()
    assert (answer["count"], answer["more"]) == (2, False)
    assert answer["facets"]["actor"] == [{"value": "RUS", "name": "Russia", "count": 2}]
    assert {(one["value"], one["count"]) for one in answer["facets"]["severity"]} == {("high", 1), ("low", 1)}


@pytest.mark.parametrize("order", ["time", "rank"])
async def test_pages_follow_one_another_and_end(api: httpx.AsyncClient, order: str) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        parameters: dict[str, Any] = {"q": "tanker OR 签署", "limit": 1, "order": order}
        parameters |= {"cursor": cursor} if cursor else {}
        answer = (await api.get("/api/v1/search", params=parameters)).json()
        seen += [hit["title"]["text"] for hit in answer["hits"]]
        cursor = answer["next_cursor"]
    assert cursor is None
    assert len(set(seen)) == 3


async def test_a_search_can_be_followed_as_atom(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/v1/search.atom", params={"q": "tanker", "order": "rank"})
    feed = feedparser.parse(answer.text)
    assert [entry.title for entry in feed.entries] == ["Tanker released", "Navy seizes <b>tanker</b>"]
    again = await api.get("/api/v1/search.atom", params={"q": "tanker", "order": "rank"})
    assert feed.feed.id == feedparser.parse(again.text).feed.id


async def test_a_search_becomes_a_watch_that_the_notifier_takes(api: httpx.AsyncClient, tmp_path: Path) -> None:
    parameters = {"q": '"shadow fleet" -oil', "actor": "RUS", "place": ["CUB", "havana"], "min_severity": "high"}
    answer = await api.get("/api/v1/search/watch", params={**parameters, "act": "seize", "name": "Shadow fleet!"})
    assert answer.status_code == 200
    written = "format: 1\nchannels:\n- {id: desk-log, kind: log}\nwatches:\n" + answer.text
    (tmp_path / "watches.yaml").write_text(written)
    (watch,) = watch_file.load(tmp_path / "watches.yaml", {}).watches
    assert (watch.id, watch.when.min_severity, set(watch.when.actors)) == ("shadow-fleet", "high", {"rus"})
    refused = await api.get("/api/v1/search/watch", params={"q": "a NEAR b"})
    assert refused.status_code == 400
    assert "A watch knows words and phrases" in refused.json()["error"]


async def test_before_this_are_earlier_alerts_that_share_two_facts(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    told = [
        tagged(1, seen=START),
        tagged(2, CHINA, TAIPEI, "sign", seen=START + timedelta(hours=1)),
        tagged(3, RUSSIA, TAIPEI, "sail", seen=START + timedelta(hours=2)),
        tagged(4, seen=START + timedelta(hours=3)),
        tagged(5, seen=START + timedelta(hours=4)),
    ]
    alerts = [an_alert_of([one]) for one in told]
    await service.take(*told, *alerts)
    async with client(tmp_path / "archive.db") as api:
        earlier = (await api.get(f"/api/v1/alerts/{alerts[3].id}/before")).json()["alerts"]
        assert [one["id"] for one in earlier] == [alerts[0].id]
        assert set(earlier[0]["shared"]) == {"seizes", "Russia", "Havana", "CUB"}
        about = (await api.get("/api/v1/actors/RUS")).json()
        assert (about["name"], about["months"]) == ("Russia", [["2024-06", 4]])
        assert [one["id"] for one in about["alerts"]] == [alerts[number].id for number in (4, 3, 2, 0)]
        assert ["seize", "seizes", 3] in about["acts"]
        assert (await api.get("/api/v1/places/nowhere")).json()["alerts"] == []
        revision = await api.get(f"/api/v1/alerts/{alerts[0].id}/revisions/1")
        assert revision.json()["id"] == alerts[0].id
        assert (await api.get(f"/api/v1/alerts/{alerts[0].id}/revisions/9")).status_code == 404
    service.file.close()


async def test_a_brief_is_extracts_with_links_and_none_of_it_markup(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/v1/brief", params={"days": 2})
    assert answer.headers["content-type"].startswith("text/markdown")
    assert "3 alerts: 2 high, 1 low." in answer.text
    assert "### Navy seizes \\<b\\>tanker\\</b\\>" in answer.text
    assert "](https://news.example/1)" in answer.text


async def test_reading_needs_the_role_of_a_reader(tmp_path: Path) -> None:
    async with client(tmp_path / "archive.db", open_reads=False) as api:
        assert (await api.get("/api/v1/search")).status_code == 401
        answer = await api.get("/api/v1/search", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 503, "there is no file yet"
        assert answer.json()["error"] == "The archive cannot be read now: its service and the log say why."


async def test_searching_while_the_archive_writes(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    await service.take(a_tagged(0))

    async def write() -> None:
        for number in range(1, 60):
            await service.take(a_tagged(number))

    async with client(tmp_path / "archive.db") as api:
        writing = asyncio.create_task(write())
        counts = []
        while not writing.done():
            counts.append((await api.get("/api/v1/search", params={"q": "navies"})).json()["count"])
        await writing
    assert counts == sorted(counts)
    service.file.close()
