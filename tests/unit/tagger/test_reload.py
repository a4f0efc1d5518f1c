"""Packs change while the service runs: all of them, or none."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.runtime.files.reload import Reloading
from services.tagger import library
from services.tagger.library import Library
from services.tagger.metrics import TaggerMetrics
from tests.support.clock import FakeClock
from tests.support.packs import SMALL_PACK, small


class Watched:
    """A watch on a folder with one pack."""

    def __init__(self, folder: Path, clock: FakeClock | None = None) -> None:
        small(folder)
        self.folder = folder
        self.taken: list[Library] = []
        self.registry = CollectorRegistry()
        self.watch = Reloading(
            "packs",
            stamp=partial(library.stamp, folder),
            load=partial(library.load, folder),
            use=self.taken.append,
            reloads=TaggerMetrics(self.registry).reloads,
            clock=clock or FakeClock(),
            every_seconds=1,
        )

    def reloads(self, result: str) -> float | None:
        return self.registry.get_sample_value("wirewatch_tagger_pack_reloads_total", {"result": result})


async def test_an_unchanged_folder_is_left_alone(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    await watched.watch.look()
    assert watched.taken == []


async def test_a_changed_pack_is_taken(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    (tmp_path / "storms.yaml").write_text(SMALL_PACK.replace('"2.1"', '"2.22"'))
    await watched.watch.look()
    assert watched.taken[0].packs[0].version.startswith("2.22-")
    assert watched.reloads("taken") == 1


async def test_one_bad_pack_refuses_all_and_is_said_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    (tmp_path / "storms.yaml").write_text(SMALL_PACK.replace('"2.1"', '"2.22"'))
    (tmp_path / "zz.yaml").write_text("format: 7")
    await watched.watch.look()
    await watched.watch.look()
    assert watched.taken == []
    assert watched.reloads("refused") == 1
    (tmp_path / "zz.yaml").unlink()
    await watched.watch.look()
    assert len(watched.taken) == 1


async def test_a_bomb_or_a_pipe_beside_the_packs_is_refused_and_they_stay(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    (tmp_path / "brackets.yaml").write_bytes(b"[" * 200_000)
    os.mkfifo(tmp_path / "pipe.yaml")
    await watched.watch.look()
    assert watched.taken == []
    assert watched.reloads("refused") == 1


class PassingClock(FakeClock):
    """Lets other tasks run while it sleeps."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        await super().sleep(seconds)


async def test_it_looks_until_cancelled(tmp_path: Path) -> None:
    watched = Watched(tmp_path, PassingClock())
    task = asyncio.create_task(watched.watch.run())
    (tmp_path / "storms.yaml").write_text(SMALL_PACK.replace('"2.1"', '"2.22"'))
    for _ in range(200):
        await asyncio.sleep(0.01)
        if watched.taken:
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(watched.taken) == 1


async def test_the_first_pack_of_ones_own_is_taken_beside_the_shipped_ones(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder in (shipped, own):
        folder.mkdir()
    watched = Watched(shipped)
    watched.watch = Reloading(
        "packs",
        stamp=partial(library.stamp, shipped, own),
        load=partial(library.load, shipped, own),
        use=watched.taken.append,
        reloads=TaggerMetrics(CollectorRegistry()).reloads,
        clock=FakeClock(),
        every_seconds=1,
    )
    (own / "gales.yaml").write_text(SMALL_PACK.replace("topic: storms", "topic: gales"))
    await watched.watch.look()
    assert [pack.topic for pack in watched.taken[-1].packs] == ["gales", "storms"]
    (own / "storms.yaml").write_text(library.OFF)
    await watched.watch.look()
    assert [pack.topic for pack in watched.taken[-1].packs] == ["gales"]
