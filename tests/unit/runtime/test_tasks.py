"""Tasks are ended for good, also one that loses a cancellation."""

from __future__ import annotations

import asyncio

import pytest

from services.runtime.process import tasks


async def forever() -> None:
    await asyncio.Event().wait()


async def test_what_runs_is_cancelled_and_waited_for() -> None:
    running = [asyncio.create_task(forever()) for _ in range(3)]
    await asyncio.sleep(0)
    await tasks.end(running)
    assert all(task.cancelled() for task in running)


async def test_a_cancellation_that_is_lost_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_AGAIN_SECONDS", 0.01)
    lost: list[BaseException] = []

    async def loses_one() -> None:
        try:
            await forever()
        except asyncio.CancelledError as error:
            lost.append(error)
        await forever()

    running = asyncio.create_task(loses_one())
    await asyncio.sleep(0)
    await tasks.end([running])
    assert running.cancelled()
    assert len(lost) == 1


async def test_what_a_task_raised_before_is_not_raised_again() -> None:
    async def fails() -> None:
        raise ValueError

    failed = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await tasks.end([failed])
    await tasks.end([])
    assert failed.done()
