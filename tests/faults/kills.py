"""F01-F09, F12: processes killed at random, at chosen points, together, frozen, replaced, and the servers too."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import defaultdict

from tests.faults.bench import Bench
from tests.faults.pipeline import SERVICES, SESSION_SECONDS, STREAM_SERVICES
from tests.faults.report import Result

_WAVES = (("deduper", "poller"), ("tagger", "api"), ("alerter", "notifier", "archive"))
_POLL_POINTS = ("poller.fetched", "publisher.sent", "poller.acknowledged", "poller.remembered")
_ALERT_POINTS = ("alerter.decided", "alerter.written", "alerter.sent", "alerter.ticked", "deduper.remembered")


async def at_random(bench: Bench) -> list[Result]:
    """F01 and F03: two services at a time, the longest way back noted for each."""
    rounds = 18 if bench.full else 1
    longest: dict[str, list[float]] = defaultdict(list)

    async def harm() -> list[float]:
        async with bench.traffic():
            for _ in bench.rounds(rounds):
                for wave in _WAVES:
                    await asyncio.sleep(0.5 + bench.chance.random())
                    seconds = await bench.kill(*wave)
                    for victim in wave:
                        longest[victim].append(seconds)
        return [seconds for victim, found in longest.items() if victim != "poller" for seconds in found]

    result = await bench.row("F03", "SIGKILL of deduper, tagger, alerter, notifier, archive, api at random", harm)
    result.note = ", ".join(f"{victim} {len(found)}, {max(found):.0f} s" for victim, found in longest.items())
    result.kills -= len(longest["poller"])
    times = len(longest["poller"])
    poller = Result(
        fault="F01", what="poller SIGKILL at random (with F03, same articles)", times=times, kills=times,
        recovery=max(longest["poller"]), lost=result.lost, doubled=result.doubled,
    )  # fmt: skip
    return [poller, result]


async def at_points(bench: Bench) -> list[Result]:
    """F02 and F04: each process is killed by itself at one named point, with traffic that takes it there."""
    polls, alerts = (5, 7) if bench.full else (1, 1)
    recoveries: dict[str, list[float]] = defaultdict(list)

    async def of_the_poller() -> None:
        for number in bench.rounds(polls * len(_POLL_POINTS)):
            point = _POLL_POINTS[number % len(_POLL_POINTS)]
            await reach(bench, "poller", point, recoveries)

    async def of_the_services() -> None:
        for number in bench.rounds(alerts * len(_ALERT_POINTS)):
            point = _ALERT_POINTS[number % len(_ALERT_POINTS)]
            await reach(bench, point.partition(".")[0], point, recoveries)

    async def harm() -> list[float]:
        async with bench.traffic():
            await asyncio.gather(of_the_poller(), of_the_services())
        return [seconds for point in _ALERT_POINTS for seconds in recoveries[point]]

    result = await bench.row("F04", "SIGKILL exactly at " + ", ".join(_ALERT_POINTS), harm)
    of_polls = [seconds for point in _POLL_POINTS for seconds in recoveries[point]]
    result.kills -= len(of_polls)
    poller = Result(
        fault="F02", what="SIGKILL exactly at " + ", ".join(_POLL_POINTS), times=len(of_polls), kills=len(of_polls),
        recovery=max(of_polls), lost=result.lost, doubled=result.doubled, note="with F04, same articles",
    )  # fmt: skip
    return [poller, result]


async def reach(bench: Bench, service: str, point: str, recoveries: dict[str, list[float]]) -> None:
    """Start a service anew, armed with a point, and wait until it has ended there and the line has recovered."""
    part = bench.pipeline.part(service)
    bench.pipeline.environment(service, WIREWATCH_FAILPOINT=point)
    plain = bench.pipeline.kill(service, signum=signal.SIGTERM)
    await bench.until(lambda: part.pid not in (None, plain.get(service)), f"{service} runs armed with {point}")
    armed = part.pid or 0
    bench.pipeline.environment(service, WIREWATCH_FAILPOINT="")
    await bench.until(lambda: part.pid != armed, f"{service} ends at {point}", 240)
    began = time.monotonic()
    bench.kills += 1
    recoveries.setdefault(point, []).append(await bench.recovered({service: armed}, began))


async def together(bench: Bench) -> list[Result]:
    """F05: every service at the same moment."""

    async def harm() -> list[float]:
        async with bench.traffic():
            return [await _after_a_while(bench, *SERVICES) for _ in bench.rounds(15 if bench.full else 1)]

    return [await bench.row("F05", "all seven services SIGKILL together", harm)]


async def servers(bench: Bench) -> list[Result]:
    """F09 and F12: the broker, the store."""

    async def harm(name: str, times: int) -> list[float]:
        async with bench.traffic():
            return [await _after_a_while(bench, name) for _ in bench.rounds(times)]

    times = 10 if bench.full else 1
    return [
        await bench.row("F09", "broker SIGKILL and restart", lambda: harm("broker", times)),
        await bench.row("F12", "store SIGKILL and restart (appendfsync always)", lambda: harm("store", times)),
    ]


async def _after_a_while(bench: Bench, *names: str) -> float:
    await asyncio.sleep(0.5 + 2 * bench.chance.random())
    return await bench.kill(*names)


async def zombies(bench: Bench) -> list[Result]:
    """F06: a worker stands still for longer than its session, another takes over, and then the first goes on."""
    times = 9 if bench.full else 1

    async def harm() -> list[float]:
        recoveries = []
        async with bench.traffic():
            for number in bench.rounds(times):
                service = STREAM_SERVICES[number % len(STREAM_SERVICES)]
                second = await bench.pipeline.add(service, 2)
                bench.pipeline.release(second)
                await bench.until(bench.pipeline.standing, f"{second} is ready")
                began = time.monotonic()
                bench.pipeline.kill(service, signum=signal.SIGSTOP)
                await asyncio.sleep(1.8 * SESSION_SECONDS)
                bench.pipeline.kill(service, signum=signal.SIGCONT)
                recoveries.append(await bench.recovered({}, began))
                bench.pipeline.hold(second, signal.SIGTERM)
                await bench.until(bench.pipeline.standing, "the first is alone again")
        return recoveries

    what = f"a stream service SIGSTOP for {1.8 * SESSION_SECONDS:.0f} s (session {SESSION_SECONDS:.0f} s), then SIGCONT"
    return [await bench.row("F06", what, harm)]


async def storm(bench: Bench) -> list[Result]:
    """F07: workers come and go every five seconds."""
    steps = 20 if bench.full else 4
    worst = 0.0

    async def harm() -> list[float]:
        nonlocal worst
        names = [await bench.pipeline.add(service, number) for service in STREAM_SERVICES for number in (2, 3)]
        async with bench.traffic():
            for step in range(steps):
                for name in names:
                    if step % 2:
                        bench.pipeline.hold(name, signal.SIGTERM)
                    else:
                        bench.pipeline.release(name)
                began = time.monotonic()
                while time.monotonic() - began < 5 or not (step % 2 or bench.pipeline.standing()):
                    await asyncio.sleep(0.5)
                    worst = max(worst, bench.lag())
                    if time.monotonic() - began > 60:
                        break
            if steps % 2:
                for name in names:
                    bench.pipeline.hold(name, signal.SIGTERM)
            began = time.monotonic()
            return [0.0] * (steps - 1) + [await bench.recovered({}, began)]

    result = await bench.row("F07", "each stream service from 1 worker to 3 and back every 5 s", harm)
    result.note = f"the oldest article was {worst:.0f} s behind at worst"
    return [result]


async def rolling(bench: Bench) -> list[Result]:
    """F08: SIGTERM, one service after the other."""
    exits: list[float] = []

    async def harm() -> list[float]:
        recoveries = []
        async with bench.traffic():
            for _ in bench.rounds(4 if bench.full else 1):
                for service in SERVICES:
                    began = time.monotonic()
                    old = bench.pipeline.kill(service, signum=signal.SIGTERM)
                    await bench.replaced(service, old[service], f"{service} ends")
                    exits.append(time.monotonic() - began)
                    recoveries.append(await bench.recovered(old, began))
        return recoveries

    repeated = bench.book.alert_messages - sum(len(revisions) for revisions in bench.book.alerts.values())
    result = await bench.row("F08", "SIGTERM of each of the seven services in turn", harm)
    repeated = bench.book.alert_messages - sum(len(r) for r in bench.book.alerts.values()) - repeated
    result.note = f"slowest exit {max(exits):.1f} s; {repeated} alert messages sent again"
    return [result]
