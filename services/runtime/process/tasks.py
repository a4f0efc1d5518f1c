"""How a task is ended."""

import asyncio
from collections.abc import Iterable
from typing import Any

_AGAIN_SECONDS = 1.0


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel ``tasks`` and wait until they are over; what they raise is nobody's any more.

    Asked again until it is heard: ``asyncio.wait_for`` of Python 3.11, by which redis-py sends, loses a cancellation
    that comes in the moment in which what it waits for is done.
    """
    asked = list(tasks)
    left = {task for task in asked if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_SECONDS)
    for task in asked:
        if not task.cancelled():
            task.exception()  # else asyncio logs it as never retrieved
