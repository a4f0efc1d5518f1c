"""The hostile report (``make hostile``): every case, what it ended in, how long it took, and what it did to others.

Beside each case a healthy feed is asked again and again; its longest delay and the longest stall of the event loop are
measured, and the largest memory of a parsing process.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing

import uvloop

from services.poller.core.articles import items_of
from services.poller.core.model import Request
from services.poller.edges.egress import Egress
from services.poller.errors import WorkerError
from services.poller.parsing.pool import WorkerPool
from services.runtime.http.ssrf_guard import parse_allowed
from tests.support.hostile import DOCUMENTS, PLAIN, SERVERS, head, listening, sends

HEALTHY = sends(head(f"Content-Length: {len(PLAIN)}", "Connection: close") + PLAIN)


async def outcome_of(egress: Egress, workers: WorkerPool, url: str) -> str:
    """What a poll of ``url`` ends in."""
    answer = await egress.feed(Request(url=url))
    if answer.outcome != "ok":
        return answer.outcome
    try:
        feed = await workers.feed(answer.body, url=answer.url, content_type=(answer.headers or {}).get("content-type"))
    except WorkerError as error:
        return "not_a_feed" if error.kind == "NotAFeedError" else "parse_error"
    return "ok" if items_of(feed, feed_id="0", base=answer.url) else "empty"


async def _report() -> int:
    egress = Egress(allowed=parse_allowed(["127.0.0.1/32"]), user_agent="wirewatch-test/1 (+https://wirewatch.example)")
    worst = {"stall": 0.0, "late": 0.0}
    bad = 0
    async with aclosing(WorkerPool(2)) as workers, listening(HEALTHY) as healthy:
        await outcome_of(egress, workers, healthy)
        beside = [
            asyncio.create_task(_forever(lambda: _stall(worst))),
            asyncio.create_task(_forever(lambda: _healthy(egress, workers, healthy, worst))),
        ]
        cases = [(d.name, sends(head(f"Content-Length: {len(b := d.body())}") + b), d.ends) for d in DOCUMENTS]
        cases += [(s.name, s.speak, s.ends) for s in SERVERS]
        worst |= {"stall": 0.0, "late": 0.0}
        for name, speak, ends in cases:
            async with listening(speak) as url:
                started = time.perf_counter()
                outcome = await outcome_of(egress, workers, url)
                seconds = time.perf_counter() - started
            bad += outcome not in ends
            print(f"{'ok ' if outcome in ends else 'BAD'} {seconds:6.2f} s  {name:34} {outcome}", flush=True)
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        killed = workers.killed
    await egress.aclose()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{len(cases)} cases, {bad} bad, {killed} workers killed")
    print(f"longest stall of the event loop {worst['stall'] * 1000:.0f} ms")
    print(f"longest time a healthy feed took beside them {worst['late']:.2f} s")
    print(f"peak memory: this process, servers included, {own} MB; a parsing process {peak} MB")
    return bad


async def _forever(step: Callable[[], Coroutine[None, None, None]]) -> None:
    while True:
        await step()


async def _stall(worst: dict[str, float]) -> None:
    before = time.perf_counter()
    await asyncio.sleep(0.01)
    worst["stall"] = max(worst["stall"], time.perf_counter() - before - 0.01)


async def _healthy(egress: Egress, workers: WorkerPool, url: str, worst: dict[str, float]) -> None:
    before = time.perf_counter()
    outcome = await outcome_of(egress, workers, url)
    if outcome != "ok":
        raise AssertionError(f"the healthy feed ended in {outcome}")
    worst["late"] = max(worst["late"], time.perf_counter() - before)
    await asyncio.sleep(0.1)


def main() -> None:
    """Print the report; exit code 1 where a case ended otherwise than it may."""
    sys.exit(bool(uvloop.run(_report())))


if __name__ == "__main__":
    main()
