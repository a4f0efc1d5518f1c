"""The health check of the containers, against a real ops endpoint."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from services.runtime.process.healthcheck import main, probe
from services.runtime.process.ops import OpsServer


async def ask(ready: Callable[[], str | None], path: str = "/readyz") -> str | None:
    server = OpsServer(host="127.0.0.1", port=0, registry=CollectorRegistry(), healthy=lambda: None, ready=ready)
    port = await server.start()
    try:
        return await asyncio.to_thread(probe, port, path)
    finally:
        await server.stop()


async def test_ready() -> None:
    assert await ask(lambda: None) is None


async def test_not_ready_says_why() -> None:
    assert await ask(lambda: "waiting for kafka") == "503: waiting for kafka"


async def test_another_path() -> None:
    assert await ask(lambda: "waiting for kafka", "/healthz") is None


def test_nobody_answers(unused_port: int) -> None:
    problem = probe(unused_port, "/readyz")
    assert problem is not None
    assert str(unused_port) in problem


@pytest.mark.parametrize("environ", [{}, {"WIREWATCH_OPS_PORT": "0"}, {"WIREWATCH_OPS_PORT": "http"}])
def test_without_a_port(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], environ) == 2
    assert "WIREWATCH_OPS_PORT" in capsys.readouterr().err


def test_exit_code_of_the_command(unused_port: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.runtime.process.healthcheck"],
        env={"WIREWATCH_OPS_PORT": str(unused_port)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"no answer on port {unused_port}" in done.stdout


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port
