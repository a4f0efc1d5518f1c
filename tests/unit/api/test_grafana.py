"""The latest alerts as Grafana's Prometheus data source asks for them."""

from __future__ import annotations

from typing import Any

import pytest

from services.api.core.query import Query
from services.api.ports import Page
from services.api.routes import grafana
from services.contracts import codec
from tests.support.alerts import an_opened_alert
from tests.support.clock import START


class Reader:
    """Has one alert, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Query] = []

    async def page(self, query: Query) -> Page:
        self.asked.append(query)
        return Page(alerts=[codec.encode(an_opened_alert())], next_cursor=None)


async def latest(reader: Any, query: str) -> list[Any]:
    return await grafana.latest(reader, query, START)


async def test_each_alert_is_a_series_with_what_a_reader_needs() -> None:
    reader = Reader()
    (series,) = await latest(reader, 'latest_alerts{min_severity="high"}')
    alert = an_opened_alert()
    assert series["metric"]["headline"] == alert.headline
    assert series["metric"]["url"] == "https://news.example/two-navies"
    assert series["metric"]["severity"] == alert.severity
    assert float(series["value"][1]) == alert.last_updated.timestamp() * 1000
    assert (reader.asked[0].severities, reader.asked[0].limit) == (("high", "critical"), grafana.LIMIT)


@pytest.mark.parametrize("query", ["up", "", "latest_alerts or up", "1+1"])
async def test_anything_else_has_no_series(query: str) -> None:
    reader = Reader()
    assert await latest(reader, query) == []
    assert not reader.asked


@pytest.mark.parametrize(("chosen", "topic"), [("naval_moves", "naval_moves"), (".*", None), ("", None)])
async def test_the_topic_that_a_variable_chooses_or_all_of_them(chosen: str, topic: str | None) -> None:
    reader = Reader()
    await latest(reader, f'latest_alerts{{topic=~"{chosen}"}}')
    assert reader.asked[0].topic == topic
