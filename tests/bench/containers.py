"""kill -9 in each container of a running Compose stack while articles flow; then the ledger.

    docker compose up -d --build --wait
    python -m tests.bench.containers [--articles 1500] [--copies 400] [--poison 20] [--per-second 15]

It prints one JSON object and ends with 1 where anything was lost or doubled. As root: each container's first process is
killed from outside, since `docker compose kill` is a stop that no restart follows. Articles are sent and the ledger is
read by this module, run in the container `operator` with that user's rights.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from services.contracts import codec, topics
from services.contracts.messages import Alert, DeadLetter
from services.runtime.kafka.connection import kafka_in, redis_in
from tests.bench import corpus, ledger
from tests.bench.cluster import close_copies

VICTIMS = ("kafka", "redis", "poller", "deduper", "tagger", "alerter", "notifier", "archive", "api")
ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 180.0
SETTLED_SECONDS = 180.0
_SENDING = "sending"


def main(options: argparse.Namespace) -> int:
    """On the host: start the sender, kill in turn, and say what the sender found."""
    mount = f"{ROOT / 'tests'}:/opt/check/tests:ro"
    options_of_run = ["--rm", "--no-deps", "-T", "-v", mount, "-e", "PYTHONPATH=/opt/check"]
    amounts = [f"--{name}={getattr(options, name.replace('-', '_'))}" for name in _AMOUNTS]
    inside = ["python", "-m", "tests.bench.containers", "--inside", *amounts]
    command = ["docker", "compose", "run", *options_of_run, "operator", *inside]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
        if sender.stdout is None or sender.stdout.readline().strip() != _SENDING:
            sys.exit("the sender did not start")
        kills = []
        for victim in VICTIMS:
            time.sleep(options.pause)
            kills.append(_kill(victim))
        said, _ = sender.communicate("judge\n")
    verdict = json.loads(said.splitlines()[-1])
    print(json.dumps({"kills": kills, "ledger": verdict}, indent=1))
    wrong = ("lost", "missing", "doubled", "redis_and_topic_differ", "out_of_order")
    return int(sender.returncode or any(verdict[name] for name in wrong))


def _kill(service: str) -> dict[str, object]:
    """SIGKILL a container's first process; the seconds until Docker calls the container healthy again."""
    container = _docker("compose", "ps", "-q", service)
    before, pid = _docker("inspect", "-f", "{{.RestartCount}} {{.State.Pid}}", container).split()
    os.kill(int(pid), signal.SIGKILL)
    began = time.monotonic()
    while time.monotonic() - began < READY_SECONDS:
        state = "{{.RestartCount}} {{.State.Running}} {{.State.Health.Status}}"
        restarts, *rest = _docker("inspect", "-f", state, container).split()
        if restarts != before and rest == ["true", "healthy"]:
            return {"killed": service, "healthy_again_seconds": round(time.monotonic() - began, 1)}
        time.sleep(0.5)
    return {"killed": service, "healthy_again_seconds": None}


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()


async def inside(options: argparse.Namespace) -> ledger.Verdict:
    """In the container: send everything, wait for a line, and judge once nothing changes any more."""
    kafka, redis = (
        kafka_in(os.environ, os.environ["WIREWATCH_KAFKA"]),
        redis_in(os.environ, os.environ["WIREWATCH_REDIS"]),
    )
    before = {codec.decode(value, Alert).id for value in await ledger.read(kafka, topics.ALERTS)}
    before |= {codec.decode(value, DeadLetter).id for value in await ledger.read(kafka, topics.DEAD)}
    items = close_copies(list(corpus.items(options.articles, copies=options.copies, seed=7, words=200)))
    bad = corpus.poison(options.poison)
    print(_SENDING, flush=True)
    await ledger.send(kafka, items, bad, per_second=options.per_second)
    await asyncio.to_thread(sys.stdin.readline)  # the last kill is over
    deadline, last = time.monotonic() + SETTLED_SECONDS, None
    while (verdict := await ledger.check(kafka, redis, items, bad, before=before)) != last:
        last = verdict
        await asyncio.sleep(10)
        if time.monotonic() > deadline:
            break
    return verdict


_AMOUNTS = {"articles": 1_500, "copies": 400, "poison": 20, "per-second": 15.0}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in _AMOUNTS.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    parser.add_argument("--pause", type=float, default=5.0, help="seconds before each kill")
    parser.add_argument("--inside", action="store_true", help="what it runs in the container")
    chosen = parser.parse_args()
    if chosen.inside:
        print(json.dumps(asyncio.run(inside(chosen)).as_json()))
        sys.exit(0)
    sys.exit(main(chosen))
