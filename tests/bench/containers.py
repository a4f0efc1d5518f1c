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


def main(options: argparse.Namespace) -> int:
    """On the host: start the sender, kill in turn, and say what the sender found."""
    mount = f"{ROOT / 'tests'}:/opt/check/tests:ro"
    run = [
        "docker",
        "compose",
        "run",
        "--rm",
        "--no-deps",
        "-T",
        "-v",
        mount,
        "-e",
        "PYTHONPATH=/opt/check",
        "operator",
    ]
    amounts = [f"--{name}={getattr(options, name.replace('-', '_'))}" for name in _AMOUNTS]
    command = [*run, "python", "-m", "tests.bench.containers", "--inside", *amounts]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sender:
        time.sleep(options.pause)
        kills = []
        for victim in VICTIMS:
            kills.append(_kill(victim))
            time.sleep(options.pause)
        still_sending = sender.poll() is None
        said, _ = sender.communicate()
    verdict = json.loads(said.splitlines()[-1])
    print(json.dumps({"kills": kills, "sending_to_the_last_kill": still_sending, "ledger": verdict}, indent=1))
    wrong = ("lost", "missing", "doubled", "redis_and_topic_differ", "out_of_order")
    return int(sender.returncode or any(verdict[name] for name in wrong))


def _kill(service: str) -> dict[str, object]:
    """SIGKILL a container's first process; the seconds until Docker calls the container healthy again."""
    container = _docker("compose", "ps", "-q", service)
    os.kill(int(_docker("inspect", "-f", "{{.State.Pid}}", container)), signal.SIGKILL)
    began = time.monotonic()
    state = "{{.State.Running}} {{.State.Health.Status}} {{.RestartCount}}"
    before = _docker("inspect", "-f", "{{.RestartCount}}", container)
    while time.monotonic() - began < READY_SECONDS:
        running, health, restarts = _docker("inspect", "-f", state, container).split()
        if running == "true" and health == "healthy" and restarts != before:
            return {"killed": service, "healthy_again_seconds": round(time.monotonic() - began, 1)}
        time.sleep(0.5)
    return {"killed": service, "healthy_again_seconds": None}


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


async def inside(options: argparse.Namespace) -> ledger.Verdict:
    """In the container: send everything, and judge once nothing changes any more."""
    kafka, redis = (
        kafka_in(os.environ, os.environ["WIREWATCH_KAFKA"]),
        redis_in(os.environ, os.environ["WIREWATCH_REDIS"]),
    )
    before = {codec.decode(value, Alert).id for value in await ledger.read(kafka, topics.ALERTS)}
    before |= {codec.decode(value, DeadLetter).id for value in await ledger.read(kafka, topics.DEAD)}
    items = close_copies(list(corpus.items(options.articles, copies=options.copies, seed=7, words=200)))
    bad = corpus.poison(options.poison)
    await ledger.send(kafka, items, bad, per_second=options.per_second)
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
