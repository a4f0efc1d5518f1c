"""kill -9 of every process, broker and store included, while articles flow; then the ledger.

``python -m tests.bench.kills [--articles 20000] [--copies 5000] [--poison 200] [--kills 5]`` prints one JSON object and
ends with 1 where anything was lost or doubled. The victims are taken in turn, ``--kills`` times each; every process is
started anew by the supervisor of ``wirewatch up``, as on a user's machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from tests.bench import corpus, ledger
from tests.bench.stack import Stack, is_ready, running

VICTIMS = ("broker", "store", "poller", "deduper", "tagger", "alerter", "api")
QUIET_SECONDS = 6.0


async def measure(articles: int, copies: int, poison: int, kills: int, per_second: float) -> dict[str, object]:
    """The whole run, as one JSON object."""
    items = list(corpus.items(articles, copies=copies, seed=7))
    bad = corpus.poison(poison)
    with tempfile.TemporaryDirectory(prefix="wirewatch-kills-") as folder:
        async with running(Path(folder) / "home", WIREWATCH_LOG_LEVEL="warning") as stack:
            began = time.perf_counter()
            sending = asyncio.ensure_future(ledger.send(KafkaAccess(stack.kafka), items, bad, per_second=per_second))
            done = await _kill_in_turn(stack, kills, pause=(articles + copies) / per_second / (kills * len(VICTIMS)))
            await sending
            await _drained(stack)
            seconds = time.perf_counter() - began
            verdict = await ledger.check(KafkaAccess(stack.kafka), RedisAccess(stack.redis), items, bad)
    return {"kills": done, "seconds": round(seconds, 1), "ledger": verdict.as_json()}


async def _kill_in_turn(stack: Stack, kills: int, pause: float) -> dict[str, dict[str, object]]:
    """Kill each victim ``kills`` times, ``pause`` seconds apart: per victim, how often and the longest way back."""
    done: dict[str, dict[str, object]] = {}
    for _ in range(kills):
        for victim in VICTIMS:
            await asyncio.sleep(pause)
            back = await _kill(stack, victim)
            before = done.setdefault(victim, {"kills": 0, "longest_recovery_seconds": 0.0})
            before["kills"] = int(str(before["kills"])) + 1
            before["longest_recovery_seconds"] = max(float(str(before["longest_recovery_seconds"])), round(back, 1))
    return done


async def _kill(stack: Stack, victim: str) -> float:
    """SIGKILL ``victim`` and wait until every service is ready again: the seconds it took."""
    pid = stack.pids()[victim]
    os.kill(pid, signal.SIGKILL)
    began = time.perf_counter()
    while stack.pids().get(victim) == pid or not _all_back(stack):
        await asyncio.sleep(0.1)
        if time.perf_counter() - began > 120:
            sys.exit(
                f"not ready 120 s after {victim} was killed: {[u for u in stack.ops.items() if not is_ready(u[1])]}"
            )
    return time.perf_counter() - began


def _all_back(stack: Stack) -> bool:
    """Whether broker and store take connections and every service is ready."""
    store = urlsplit(stack.redis)
    servers = [tuple(stack.kafka.rsplit(":", 1)), (store.hostname or "", str(store.port))]
    for host, port in servers:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
    return all(is_ready(url) for url in stack.ops.values())


async def _drained(stack: Stack) -> None:
    """Wait until no service has counted anything for a while."""
    last, since = "", time.perf_counter()
    while time.perf_counter() - since < QUIET_SECONDS:
        await asyncio.sleep(0.5)
        seen = json.dumps({service: stack.statuses(service) for service in ("deduper", "tagger", "alerter")})
        if seen != last:
            last, since = seen, time.perf_counter()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--copies", type=int, default=5_000)
    parser.add_argument("--poison", type=int, default=200)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--per-second", type=float, default=150.0)
    chosen = parser.parse_args()
    result = asyncio.run(measure(chosen.articles, chosen.copies, chosen.poison, chosen.kills, chosen.per_second))
    print(json.dumps(result, indent=2))
    verdict = result["ledger"]
    clean = isinstance(verdict, dict) and not any(
        verdict[name] for name in ("lost", "missing", "doubled", "redis_and_topic_differ")
    )
    sys.exit(0 if clean else 1)
