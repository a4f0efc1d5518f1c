"""Since when a server is away: since the first room has waited for it."""

from __future__ import annotations

from services.local.figures import RoomStatus, away_since


def a_room(name: str, **waiting_since: str) -> RoomStatus:
    return RoomStatus(
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


def test_the_first_room_that_waits_says_since_when() -> None:
    rooms = [
        a_room("tagger"),
        a_room("poller", redis="2026-01-01T00:00:05Z"),
        a_room("d", redis="2026-01-01T00:00:02Z"),
    ]
    assert away_since(rooms, "redis") == "2026-01-01T00:00:02Z"
    assert away_since(rooms, "kafka") is None
