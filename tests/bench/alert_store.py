"""Alerts in Redis: how long a page of the list takes, and what an alert costs in memory.

``python -m tests.bench.alert_store [--alerts 100000]`` prints one JSON object. The store is one of its own, filled with
invented stories that went through the shipped packs and the alerter's core; every alert has its dossier beside it.
Pages are asked of the real api over HTTP on loopback, one request after the other; a first page and one from deep
within, by its cursor. The time is that of the whole request, without parsing the answer.
``cpu_ms`` is the processor time of api and client together, a page: what a busy machine cannot spoil.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import redis.asyncio

from services.contracts import redis_keys
from services.runtime.process import logging
from tests.bench.alert_page import a_store, put
from tests.integration.test_api import served
from tests.support import newsroom

ASKED: dict[str, dict[str, str]] = {
    "time": {},
    "topic": {"topic": "naval_moves"},
    "actor": {"actor": "RUS"},
    "place": {"place": "CUB"},
    "place by its id": {"place": "gulf-of-aden"},
    "severity": {"min_severity": "high"},
    "critical": {"min_severity": "critical"},
    "topic and actor": {"topic": "alliances", "actor": "RUS"},
    "topic, actor and severity": {"topic": "naval_moves", "actor": "RUS", "min_severity": "critical"},
    "nothing has both": {"actor": "AUS", "place": "gulf-of-aden"},
    "since": {"since": ""},
}
_BATCH = 500


async def measure(alerts: int, rounds: int) -> dict[str, object]:
    """The whole run, as one JSON object."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="wirewatch-alerts-") as folder:
        async with a_store(Path(folder)) as client:
            before = await _used(client)
            began = time.perf_counter()
            sizes = await _fill(client, newsroom.many(alerts, now))
            filled = time.perf_counter() - began
            after = await _used(client)
            print("filled", file=sys.stderr, flush=True)
            pages = await _pages(client, rounds, since=now - timedelta(seconds=25 * alerts / 2))
            keys = await _keys(client)
    return {
        "alerts": alerts,
        "fill_seconds": round(filled, 1),
        "alert_json_bytes": _spread(sizes),
        "memory_bytes": {
            "per_alert": round((after - before) / alerts),
            "store": after - before,
            **keys,
        },
        "pages_of_50": pages,
        "slowest_p99_ms": max(page["p99_ms"] for asked in pages.values() for page in asked.values()),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load": [round(load, 1) for load in os.getloadavg()],
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


async def _fill(client: redis.asyncio.Redis, raised: Iterator[newsroom.Raised]) -> list[int]:
    """Write all, and say how long each alert is as JSON."""
    sizes: list[int] = []
    while batch := list(itertools.islice(raised, _BATCH)):
        await put(client, batch)
        lengths = client.pipeline(transaction=False)
        for item in batch:
            lengths.hstrlen(redis_keys.alert(item.alert.id), "alert")
        sizes += await lengths.execute()
    return sizes


async def _pages(
    client: redis.asyncio.Redis, rounds: int, *, since: datetime
) -> dict[str, dict[str, dict[str, float]]]:
    service = served(client)
    await service.start()
    found: dict[str, dict[str, dict[str, float]]] = {}
    try:
        async with httpx.AsyncClient(base_url=service.address or "", timeout=60) as browser:
            for name, asked in ASKED.items():
                parameters = {**asked, "limit": "50"}
                if "since" in asked:
                    parameters["since"] = since.isoformat()
                deep = await _deep(browser, parameters)
                found[name] = {"first": await _timed(browser, parameters, rounds)}
                if deep is not None:
                    found[name]["deep"] = await _timed(browser, {**parameters, "cursor": deep}, rounds)
    finally:
        await service.stop()
    return found


async def _deep(browser: httpx.AsyncClient, parameters: dict[str, str]) -> str | None:
    """The cursor of the twentieth page, or of the last that has one."""
    cursor: str | None = None
    for _ in range(20):
        answer = await browser.get("/api/v1/alerts", params=parameters | ({"cursor": cursor} if cursor else {}))
        following = answer.json()["next_cursor"]
        if following is None:
            break
        cursor = following
    return cursor


async def _timed(browser: httpx.AsyncClient, parameters: dict[str, str], rounds: int) -> dict[str, float]:
    waits: list[float] = []
    got, busy = 0, time.process_time()
    for _ in range(rounds):
        began = time.perf_counter()
        answer = await browser.get("/api/v1/alerts", params=parameters)
        waits.append(1000 * (time.perf_counter() - began))
        got = answer.content.count(b'"story_id"')
    busy = time.process_time() - busy
    waits.sort()
    return {
        "alerts": got,
        "p50_ms": round(statistics.median(waits), 1),
        "p99_ms": round(waits[min(int(len(waits) * 0.99), len(waits) - 1)], 1),
        "cpu_ms": round(1000 * busy / rounds, 1),
    }


async def _used(client: redis.asyncio.Redis) -> int:
    info: dict[str, Any] = await client.info("memory")
    return int(info["used_memory"])


async def _keys(client: redis.asyncio.Redis) -> dict[str, int]:
    """What the parts cost: the mean of a hundred hashes, and each index as a whole."""
    hashes: list[Any] = await client.zrevrange(redis_keys.ALERTS_BY_TIME, 0, 99)
    sizes = [await client.memory_usage(redis_keys.alert(id_.decode()), samples=0) or 0 for id_ in hashes]
    indexes = 0
    async for key in client.scan_iter(match=f"{redis_keys.PREFIX}:{{al}}:by:*"):
        indexes += await client.memory_usage(key, samples=100) or 0
    return {
        "alert_and_dossier_mean": round(statistics.mean(sizes)),
        "indexes_all": indexes,
        "expiry": await client.memory_usage(redis_keys.ALERTS_EXPIRY, samples=100) or 0,
        "stream_of_10000_revisions": await client.memory_usage(redis_keys.ALERTS_STREAM, samples=100) or 0,
    }


def _spread(values: list[int]) -> dict[str, int]:
    values = sorted(values)
    return {"median": values[len(values) // 2], "p99": values[int(len(values) * 0.99)], "max": values[-1]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=100)
    chosen = parser.parse_args()
    logging.configure(service="api", log_format="console", log_level="error")  # the output is JSON
    print(json.dumps(asyncio.run(measure(chosen.alerts, chosen.rounds)), indent=2))
