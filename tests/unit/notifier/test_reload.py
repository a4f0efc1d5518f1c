"""The watch file changes while the notifier runs: all of it is taken, or nothing."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.notifier.core.watches import ActiveWatches
from services.notifier.edges import watch_file
from services.notifier.metrics import NotifierMetrics
from services.runtime.files.reload import Reloading
from tests.support.clock import FakeClock
from tests.support.notifier import SECRET, written

GOOD = "format: 1\nchannels:\n  - {id: h, kind: webhook, url: 'https://h.example/', secret_file: key}\n"


class Service:
    """A watch on a file, and what it took."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[ActiveWatches] = []
        self.registry = CollectorRegistry()
        self.turn = 0
        self.key(SECRET)
        self.file(GOOD)
        self.watch = Reloading(
            "watches",
            stamp=partial(watch_file.stamp, folder / "watches.yaml"),
            load=partial(watch_file.load, folder / "watches.yaml", {}),
            use=self.taken.append,
            reloads=NotifierMetrics(self.registry).reloads,
            clock=FakeClock(),
            every_seconds=1,
        )

    def file(self, text: str) -> None:
        self._touch(written(self.folder, text))

    def key(self, text: str) -> None:
        path = self.folder / "key"
        path.write_text(text)
        self._touch(path)

    def count(self, result: str) -> float | None:
        return self.registry.get_sample_value("wirewatch_notifier_watch_reloads_total", {"result": result})

    def _touch(self, path: Path) -> None:
        self.turn += 1
        os.utime(path, (self.turn, self.turn))


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


async def test_nothing_changed_is_nothing_done(service: Service) -> None:
    await service.watch.look()
    assert service.taken == []


async def test_a_change_is_taken_once(service: Service) -> None:
    service.file(GOOD + "  - {id: l, kind: log}\n")
    await service.watch.look()
    await service.watch.look()
    assert [sorted(active.routes) for active in service.taken] == [["h", "l"]]
    assert service.count("taken") == 1


async def test_a_new_key_is_taken(service: Service) -> None:
    service.key("whsec_" + "b" * 32)
    await service.watch.look()
    assert [active.routes["h"].secret for active in service.taken] == ["whsec_" + "b" * 32]


@pytest.mark.parametrize("text", ["", "format: 1\nchannels: 1", GOOD + "watches: [{id: w}]\n"])
async def test_a_mistake_changes_nothing_until_it_is_mended(service: Service, text: str) -> None:
    service.file(text)
    await service.watch.look()
    await service.watch.look()
    assert service.taken == []
    assert service.count("refused") == 1
    service.file(GOOD)
    await service.watch.look()
    assert len(service.taken) == 1


async def test_a_file_that_is_gone_changes_nothing(service: Service) -> None:
    (service.folder / "watches.yaml").unlink()
    await service.watch.look()
    assert service.taken == []
