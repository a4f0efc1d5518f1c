"""F18: deduper, alerter and poller in a network namespace of their own, behind a router that loses, delays and cuts.

``unshare --net python -m tests.faults.network`` prints one JSON object. The kernel of the machine that this was
written on has no netem, so the router is a program: it carries the packets of two TUN devices, one in each namespace,
and decides for each. The TCP on both sides is the kernel's. Feeds and operations endpoints are reached by a second
link, so that the supervisor goes on seeing its services. Nothing leaves the two namespaces.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import fcntl
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from services.local import broker, probes, process, store
from services.runtime.kafka.connection import KafkaAccess
from tests.faults.bench import Bench, environment
from tests.faults.feeds import FeedServers
from tests.faults.pipeline import Pipeline
from tests.faults.pool import Pool
from tests.faults.report import Result
from tests.support.stack import started

INSIDE, OUTSIDE = "10.203.7.2", "10.203.7.1"  # by the router
OPS_INSIDE, OPS_OUTSIDE = "10.203.8.2", "10.203.8.1"  # beside it
FEEDS = "10.203.9."
MOVED = ("deduper", "alerter", "poller")
KINDS = ("cut", "one way", "loss", "delay")
_LOSS, _DELAY_SECONDS, _HARM_SECONDS = 0.3, 1.0, 15.0  # a second each way; longer than a session
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


@dataclass
class Router:
    """Carries IPv4 packets between the devices. ``rules`` is TCP port of the server to kind of fault."""

    outside: int
    inside: int
    rules: dict[int, str] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    carried: int = 0
    dropped: int = 0

    def start(self) -> None:
        """Carry from now on, on the running loop."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self.outside, self._carry, self.outside, self.inside, False)
        loop.add_reader(self.inside, self._carry, self.inside, self.outside, True)

    def stop(self) -> None:
        """Carry nothing more."""
        for device in (self.outside, self.inside):
            asyncio.get_running_loop().remove_reader(device)

    def _carry(self, source: int, target: int, from_inside: bool) -> None:
        try:
            packet = os.read(source, 65_536)
        except OSError:
            return
        kind = self.rules.get(_server_port(packet))
        if kind == "cut" or (kind == "one way" and from_inside) or (kind == "loss" and self.chance.random() < _LOSS):
            self.dropped += 1
            return
        if kind == "delay":
            asyncio.get_running_loop().call_later(_DELAY_SECONDS, self._put, target, packet)
        else:
            self._put(target, packet)

    def _put(self, target: int, packet: bytes) -> None:
        self.carried += 1
        try:
            os.write(target, packet)
        except OSError:
            self.dropped += 1


def _server_port(packet: bytes) -> int:
    """The lower of the two ports of a TCP packet: servers listen below the ports of clients. 0 for anything else."""
    if len(packet) < 24 or packet[0] >> 4 != 4 or packet[9] != 6:
        return 0
    start = (packet[0] & 15) * 4
    one, other = struct.unpack_from(">HH", packet, start)
    return min(int(one), int(other))


def _tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return device


def _ip(line: str, inside: int | None = None) -> None:
    prefix = ["nsenter", f"--net=/proc/{inside}/ns/net", "--"] if inside else []
    subprocess.run([*prefix, "ip", *line.split()], check=True)


def _namespaces() -> tuple[subprocess.Popen[bytes], Router]:
    """The second namespace (held by a process that sleeps), the two links, and the router between them."""
    holder = subprocess.Popen(["unshare", "--net", "--", "sleep", "86400"])
    while Path(f"/proc/{holder.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
        time.sleep(0.05)
    _ip("link set lo up")
    _ip("link set lo up", holder.pid)
    router = Router(_tun("wwout"), _tun("wwin"))
    _ip(f"link set wwin netns {holder.pid}")
    _ip(f"link add wwops type veth peer name wwopsin netns {holder.pid}")
    for device, address, inside in (
        ("wwout", OUTSIDE, None), ("wwin", INSIDE, holder.pid), ("wwops", OPS_OUTSIDE, None),
        ("wwopsin", OPS_INSIDE, holder.pid),
    ):  # fmt: skip
        _ip(f"addr add {address}/24 dev {device}", inside)
        _ip(f"link set {device} up", inside)
    for number in range(1, 25):
        _ip(f"addr add {FEEDS}{number}/24 dev wwops")
    _ip(f"route add {FEEDS}0/24 via {OPS_OUTSIDE}", holder.pid)
    return holder, router


def _servers(home: Path) -> tuple[list[process.Child], str, str]:
    """Broker and store, reachable by the router."""
    made = broker.prepare(home / "broker", logs=home / "logs", progress=lambda *_: None)
    configuration = home / "broker" / "server.properties"
    kafka = made.address.replace("127.0.0.1", OUTSIDE)
    configuration.write_text(configuration.read_text().replace(made.address, kafka))
    probe = probes.kafka(KafkaAccess(kafka))
    running = [started(dataclasses.replace(made, address=kafka, probe=probe, alive=probe))]
    kept = store.prepare(home / "store", logs=home / "logs")
    valkey = home / "store" / "valkey.conf"
    text = valkey.read_text().replace("bind 127.0.0.1", f"bind 127.0.0.1 {OUTSIDE}")
    valkey.write_text(text.replace("protected-mode yes", "protected-mode no"))
    running.append(started(kept))
    return running, kafka, kept.address.replace("127.0.0.1", OUTSIDE)


async def _move(bench: Bench, holder: int) -> None:
    """Start the services anew inside."""
    for service in MOVED:
        part = bench.pipeline.part(service)
        port = part.server.program.environment["WIREWATCH_OPS_PORT"]
        address = f"http://{OPS_INSIDE}:{port}"
        bench.pipeline.environment(service, WIREWATCH_OPS_HOST=OPS_INSIDE)
        bench.pipeline.command(service, "/usr/bin/nsenter", f"--net=/proc/{holder}/ns/net", "--")
        part.server = dataclasses.replace(
            part.server,
            address=address,
            probe=probes.http(f"{address}/readyz"),
            alive=probes.http(f"{address}/healthz"),
        )
    await bench.pipeline.until_replaced(bench.pipeline.kill(*MOVED, signum=signal.SIGTERM))


async def measure(full: bool) -> Result:
    """The row."""
    with tempfile.TemporaryDirectory(prefix="wirewatch-faults-net-") as folder:
        home = Path(folder) / "home"
        holder, router = _namespaces()
        router.start()
        servers, kafka, redis = _servers(home)
        environ = environment(home) | {
            "WIREWATCH_KAFKA": kafka, "WIREWATCH_REDIS": redis, "WIREWATCH_POLLER_ALLOW_PRIVATE": f"{FEEDS}0/24",
        }  # fmt: skip
        bench = Bench(Pipeline(home, environ), Pool(20_000), FeedServers(network=FEEDS), full=full)
        try:
            await bench.start()
            await _move(bench, holder.pid)
            return await _harmed(bench, router, full, kafka, redis)
        finally:
            await bench.stop()
            for server in reversed(servers):
                server.stop(grace_seconds=5)
            router.stop()
            holder.kill()
            holder.wait()


async def _harmed(bench: Bench, router: Router, full: bool, kafka: str, redis: str) -> Result:
    ports = {"Kafka": [int(kafka.rpartition(":")[2])], "store": [urlsplit(redis).port or 0]}
    ports["both"] = [*ports["Kafka"], *ports["store"]]
    cases = [(kind, link) for kind in KINDS for link in ports]
    if not full:
        cases = [("cut", "Kafka"), ("one way", "store"), ("loss", "both")]
    longest: list[str] = []

    async def harm() -> list[float]:
        recoveries = []
        async with bench.traffic():
            for kind, link in cases:
                router.rules = dict.fromkeys(ports[link], kind)
                await asyncio.sleep(_HARM_SECONDS)
                router.rules = {}
                recoveries.append(await bench.recovered({}, time.monotonic()))
                longest.append(f"{kind} {link} {recoveries[-1]:.0f} s")
        return recoveries

    what = f"deduper, alerter and poller cut from Kafka, the store, both for {_HARM_SECONDS:.0f} s: {', '.join(KINDS)}"
    result = await bench.row("F18", what, harm)
    result.problems += [f"{count} x {breach}" for breach, count in bench.feeds.breaches.items()]
    packets = f"{router.carried:,} packets carried, {router.dropped:,} dropped"
    result.note = f"{', '.join(longest)}; {packets}; by a router of our own, as this kernel has no netem"
    return result


def main() -> int:
    """Print the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    print(json.dumps(dataclasses.asdict(asyncio.run(measure(parser.parse_args().full)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
