"""A home whose disk is full: broker and store end, and come back by themselves once there is room."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from services.local import stack
from services.local.home import Home
from services.local.supervisor import Part
from services.runtime.process.clock import SystemClock
from tests.support.stack import quiet

pytestmark = [
    pytest.mark.stack,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can mount a small tmpfs"),
]

PATIENCE_SECONDS = 180  # the broker is a JVM that may start on a busy machine


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 160 MB."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(path)], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


async def test_broker_and_store_start_again_once_there_is_room(small_disk: Path) -> None:
    home, filler = Home(small_disk / "home"), small_disk / "filler"
    environ = os.environ | {"WIREWATCH_API_PORT": "0"}
    async with stack.running(
        home, environ, SystemClock(), with_samples=False, progress=quiet, report=unheard
    ) as running:
        assert await running.until_ready(PATIENCE_SECONDS)
        servers = [running.supervisor.parts[name] for name in ("broker", "store")]
        first = [part.pid for part in servers]
        fill(filler)
        for part in servers:
            assert part.child is not None
            part.child.stop(5)
        await until(lambda: ended_again(servers, running.servers.redis.address, filler), PATIENCE_SECONDS)
        filler.unlink()
        ends = [part.restarts for part in servers]
        await until(lambda: all(part.state == "ready" for part in servers), PATIENCE_SECONDS)
        await until(lambda: noted(home) == {part.name: part.pid for part in running.parts()}, PATIENCE_SECONDS)
        # The start that was under way may still have failed; the next one does not.
        assert all(part.restarts <= before + 1 for part, before in zip(servers, ends, strict=True))
        assert [part.pid for part in servers] != first


def noted(home: Home) -> dict[str, int]:
    """What ``run.json`` says of who runs."""
    run = home.read_run()
    return run.pids if run else {}


def ended_again(servers: Sequence[Part], store: str, filler: Path) -> bool:
    """Whether each was started on the full disk and has ended there, too.

    What a server frees as it ends is taken as well. A store starts all the same, and goes on until what it is given
    to write does not fit into the last page of its file: so it is given more than a page.
    """
    fill(filler)
    with suppress(redis.RedisError), redis.Redis.from_url(store) as client:
        client.set("full-disk", b"x" * 10_000)
    return all(part.restarts >= 2 for part in servers)


def fill(file: Path) -> None:
    """Take the last byte of the disk."""
    with file.open("ab", buffering=0) as full:
        for size in (1 << 20, 1):
            try:
                while full.write(b"x" * size):
                    pass
            except OSError:
                continue


async def until(holds: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.1)


def unheard(_part: Part, _what: str) -> None:
    """What happens to the processes."""
