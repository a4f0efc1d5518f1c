"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2024, 6, 20, 9, 0, tzinfo=UTC)


class FakeClock:
    """Starts at :data:`START`; ``sleep`` returns at once and moves the time on."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move both times on."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
