"""The life of a service's process: how it starts, what its probes say, and with which code it ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from services.runtime.errors import UsageError
from services.runtime.process import ops
from services.runtime.process import run as process
from services.runtime.process.run import Context
from services.runtime.process.settings import CommonSettings


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch, logging_as_it_was: None) -> None:
    for variable in [name for name in os.environ if name.startswith("WIREWATCH_")]:
        monkeypatch.delenv(variable)


@dataclass
class FakeService:
    """Does what a test tells it to when it starts, and notes what happened to it."""

    on_start: Callable[[FakeService], object] = lambda _: None
    log: list[str] = field(default_factory=list)
    waits: bool = False
    ends_with: Exception | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        self.log.append("start")
        self.on_start(self)
        if self.waits:
            await asyncio.Event().wait()

    async def stop(self) -> None:
        self.log.append("stop")

    async def ended(self) -> None:
        await self.over.wait()
        if self.ends_with is not None:
            raise self.ends_with

    def note(self) -> str | None:
        return None

    def ready(self) -> str | None:
        return None

    def healthy(self) -> str | None:
        return None


def terminate(_: FakeService) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def ends_by_itself(service: FakeService) -> None:
    service.over.set()


def fails(_: FakeService) -> None:
    raise RuntimeError("defect")


def ran(service: FakeService | Exception) -> object:
    """The exit code of a process that runs the service."""

    def build(_settings: CommonSettings, _context: Context) -> FakeService:
        if isinstance(service, Exception):
            raise service
        return service

    with pytest.raises(SystemExit) as caught:
        process.run("tagger", CommonSettings, build)
    return caught.value.code


def test_stopped_as_asked() -> None:
    service = FakeService(on_start=terminate)
    assert ran(service) == 0
    assert service.log == ["start", "stop"]


def test_stopped_while_it_still_waits_for_a_server() -> None:
    service = FakeService(on_start=terminate, waits=True)
    assert ran(service) == 0
    assert service.log == ["start", "stop"]


def test_service_that_ends_by_itself_is_a_failure() -> None:
    service = FakeService(on_start=ends_by_itself)
    assert ran(service) == 70
    assert service.log == ["start", "stop"]


def test_service_that_ends_for_want_of_a_person_says_what_to_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(FakeService(on_start=ends_by_itself, ends_with=UsageError("Correct the password."))) == 2
    assert capsys.readouterr().err.endswith("wirewatch tagger: Correct the password.\n")


def test_defect_asks_to_be_started_again(capsys: pytest.CaptureFixture[str]) -> None:
    service = FakeService(on_start=fails)
    assert ran(service) == 70
    assert service.log == ["start", "stop"]
    assert "RuntimeError: defect" in capsys.readouterr().err


def test_what_a_person_has_to_change_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ran(UsageError("The packs are not there.")) == 2
    assert capsys.readouterr().err == "wirewatch tagger: The packs are not there.\n"
    monkeypatch.setenv("WIREWATCH_KAFFKA", "x")
    assert ran(FakeService()) == 2
    assert "Unknown setting WIREWATCH_KAFFKA" in capsys.readouterr().err


def test_readiness_names_what_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    probes: list[ops.Probe] = []

    class Listening(ops.OpsServer):
        def __init__(self, **given: object) -> None:
            probe = given["ready"]
            assert callable(probe)
            probes.append(probe)

        async def start(self) -> int:
            return 1

        async def stop(self) -> None:
            return None

    said: list[str | None] = []
    seen: list[Context] = []

    def build(_settings: CommonSettings, context: Context) -> FakeService:
        seen.append(context)
        return FakeService(on_start=look)

    def look(service: FakeService) -> None:
        said.append(probes[0]())
        seen[0].waiting.set("redis", True)
        seen[0].waiting.set("kafka", True)
        said.append(probes[0]())
        terminate(service)

    monkeypatch.setattr(process, "OpsServer", Listening)
    with pytest.raises(SystemExit):
        process.run("tagger", CommonSettings, build)
    assert said[0] == "starting"
    since = r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(rf"starting, waiting for kafka {since} and redis {since}", said[1] or "")
