"""Since when a server is away: since the first service has waited for it."""

from __future__ import annotations

from services.local.process_status import ServiceStatus, away_since


def a_service(name: str, **waiting_since: str) -> ServiceStatus:
    return ServiceStatus(
        name=name,
        pid=1,
        ops="http://127.0.0.1:1",
        ready=not waiting_since,
        waits_for=None,
        lag_seconds=None,
        articles={},
        dead=0,
        waiting_since=waiting_since,
    )


def test_the_first_service_that_waits_says_since_when() -> None:
    services = [
        a_service("tagger"),
        a_service("poller", redis="2026-01-01T00:00:05Z"),
        a_service("d", redis="2026-01-01T00:00:02Z"),
    ]
    assert away_since(services, "redis") == "2026-01-01T00:00:02Z"
    assert away_since(services, "kafka") is None
