"""Copies of the product with one rule broken on purpose. The ledger has to find each, or it proves nothing.

- R1 validators and the next poll are stored only once Kafka has every item of the feed
- R3 nothing is marked as done before it is written: the outbox after Kafka, what the deduper knows is sent again
- R5 no exception leaves an agent: a batch that failed is not acknowledged

One copy is not broken: there the ledger must find nothing.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.runtime.files import shipped as files
from tests.faults.bench import Bench, environment
from tests.faults.feeds import FeedServers
from tests.faults.kills import reach
from tests.faults.pipeline import Pipeline
from tests.faults.pool import Pool
from tests.faults.report import Result

UNBROKEN = "none"


@dataclass(frozen=True)
class Mutant:
    """``edits`` are file, text and what stands there instead; ``harm`` is what the broken rule was for."""

    rule: str
    what: str
    edits: Sequence[tuple[str, str, str]]
    harm: Callable[[Bench], Awaitable[None]]


async def _in_the_poll(bench: Bench) -> None:
    for _ in range(3):
        await reach(bench, "poller", "publisher.sent", {})


async def _before_the_send(bench: Bench) -> None:
    for _ in range(2):
        await reach(bench, "alerter", "alerter.written", {})


async def _after_the_script(bench: Bench) -> None:
    for _ in range(2):
        await reach(bench, "deduper", "deduper.remembered", {})


async def _nothing(_bench: Bench) -> None:
    await asyncio.sleep(10)


async def _store_killed(bench: Bench) -> None:
    for _ in range(3):
        await asyncio.sleep(3)
        await bench.kill("store")


_GUARD = '        with _exiting(70):\n            log.exception("agent_failed")\n'


def _unguarded(where: str, text: str, instead: str) -> Mutant:
    """No guard around the agent, and something that raises now and then in it."""
    guard = "services/runtime/kafka/stream.py", _GUARD, '        log.exception("agent_failed")\n        raise\n'
    return Mutant(
        "R5",
        f"{where} raises at times, the exception leaves the agent, and the batch is acknowledged all the same",
        (guard, ("services/runtime/kafka/stream.py", text, instead)),
        _nothing,
    )


MUTANTS = (
    Mutant(UNBROKEN, "a copy in which nothing is broken, killed in the deduper", (), _after_the_script),
    Mutant(
        "R1",
        "the poller stores validators and what it sent before it sends",
        (
            (
                "services/poller/ingest.py",
                "        await self._publish_all(source, new, polite=polite)\n",
                "        seen.add(((item.id, item.version) for item in new), self.clock.now())\n"
                "        from services.poller.core import policy\n"
                "        early = dataclasses.replace(polled, complete=True, feed=feed)\n"
                "        state = policy.after(config, claim.state, early, self.clock.now(), 0.0)\n"
                "        await self.store.finish(claim, state, seen.pack(len(items)))\n"
                "        await self._publish_all(source, new, polite=polite)\n",
            ),
        ),
        _in_the_poll,
    ),
    Mutant(
        "R3",
        "the alerter takes alerts out of the outbox before it sends them",
        (
            (
                "services/alerter/handler.py",
                '        failpoints.reach("alerter.written")\n',
                "        await self._store.published(list(revisions.values()))\n"
                '        failpoints.reach("alerter.written")\n',
            ),
        ),
        _before_the_send,
    ),
    Mutant(
        "R3",
        "the deduper takes what it knows for done and does not send it again",
        (
            (
                "services/deduper/handler.py",
                "        if decision.known:\n            return\n",
                "        if decision.known:\n            one.outgoing = None\n            return\n",
            ),
        ),
        _after_the_script,
    ),
    Mutant(
        "R5",
        "a store that is away raises in the agent, and the batch is acknowledged all the same",
        (
            (
                "services/runtime/kafka/stream.py",
                _GUARD,
                '        log.exception("agent_failed")\n        raise\n',
            ),
            (
                "services/runtime/messages/isolate.py",
                "                raise\n            log.exception",
                "                raise\n            raise\n            log.exception",
            ),
            (
                "services/runtime/redis/connection.py",
                "reply = await until_available(attempt, server",
                "reply = await attempt() or await until_available(attempt, server",
            ),
        ),
        _store_killed,
    ),
    _unguarded(
        "making a delivery of a record",
        '    """A Faust event as a plain value. Faust gives the time in seconds."""\n',
        "    if event.message.offset % 50 == 49:\n        raise ValueError\n",
    ),
    _unguarded(
        "counting a batch",
        "    work = asyncio.ensure_future(handler.handle(batch))\n",
        "    if batch[0].offset % 50 == 49:\n        raise ValueError\n"
        "    work = asyncio.ensure_future(handler.handle(batch))\n",
    ),
)


async def run(tell: Callable[[Result], None], wanted: Collection[str] = ()) -> None:
    """A result for each mutant, told when it is known; one that the ledger did not find has a problem."""
    for mutant in MUTANTS:
        if not wanted or mutant.rule in wanted:
            tell(await _one(mutant))


async def _one(mutant: Mutant) -> Result:
    with tempfile.TemporaryDirectory(prefix="wirewatch-mutant-") as folder:
        source = _copied(Path(folder) / "source", mutant)
        home = Path(folder) / "home"
        bench = Bench(Pipeline(home, environment(home, source=source)), Pool(3000), FeedServers(), patient=False)
        try:
            await bench.start()

            async def harm() -> list[float]:
                async with bench.traffic():
                    await mutant.harm(bench)
                    return [0.0]

            result = await bench.row(mutant.rule, mutant.what, harm, feeds=True)
        finally:
            await bench.stop()
    if mutant.rule == UNBROKEN:
        return result
    found = result.lost + result.doubled
    result.note = f"red, as it must be: {result.problems[0]}" if found else ""
    result.problems = [] if found else ["THE LEDGER DID NOT FIND IT"]
    return result


def _copied(folder: Path, mutant: Mutant) -> Path:
    root = files.seeds().parent
    for name in ("services", "schemas", "seeds"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path, text, instead in mutant.edits:
        file = folder / path
        content = file.read_text()
        if content.count(text) != 1:
            raise RuntimeError(f"{path} has changed: the mutant of {mutant.rule} has to be written anew")
        file.write_text(content.replace(text, instead))
    return folder
