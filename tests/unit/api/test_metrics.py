"""The api's series: there from the start, and one for each route."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry

from services.api.core.tokens import Tokens
from services.api.metrics import ApiMetrics
from services.api.routes.app import build_app
from services.api.routes.authorization import Authorization
from services.api.routes.stream import Followers
from tests.support.clock import FakeClock


def test_every_route_is_at_zero_before_the_first_request() -> None:
    registry = CollectorRegistry()
    metrics = ApiMetrics(registry)
    untouched: Any = object()  # nobody asks: neither the store nor the states are read
    build_app(
        untouched,
        untouched,
        untouched,
        untouched,
        archive=untouched,
        access=Authorization(tokens=Tokens(()), clock=FakeClock(), loopback=True, open_reads=True),
        metrics=metrics,
        clock=FakeClock(),
        followers=Followers(1, metrics),
    )
    for route in ("/", "/api/v1/alerts", "/api/v1/alerts/{alert_id}", "/api/v1/alerts/{alert_id}/state"):
        assert registry.get_sample_value("wirewatch_api_requests_total", {"route": route, "code": "200"}) == 0
        assert registry.get_sample_value("wirewatch_api_request_seconds_count", {"route": route}) == 0
