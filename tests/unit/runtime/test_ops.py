"""The ops endpoint says in words what is wrong, and in one sentence that its port is taken."""

from __future__ import annotations

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Gauge

from services.runtime.errors import UsageError
from services.runtime.process.ops import OpsServer


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def test_probes_and_metrics() -> None:
    registry = CollectorRegistry()
    Gauge("wirewatch_test", "A test.", registry=registry).set(3)
    problem: list[str | None] = [None]
    ops = OpsServer(host="127.0.0.1", port=0, registry=registry, healthy=lambda: None, ready=lambda: problem[0])
    port = await ops.start()
    try:
        assert await get(port, "/healthz") == (200, "ok\n")
        assert await get(port, "/readyz") == (200, "ok\n")
        problem[0] = "waiting for kafka"
        assert await get(port, "/readyz") == (503, "waiting for kafka\n")
        status, text = await get(port, "/metrics")
        assert status == 200
        assert "wirewatch_test 3.0" in text
        with pytest.raises(UsageError, match=rf"Cannot listen on 127\.0\.0\.1:{port} .*WIREWATCH_OPS_PORT"):
            await OpsServer(
                host="127.0.0.1", port=port, registry=registry, healthy=lambda: None, ready=lambda: None
            ).start()
    finally:
        await ops.stop()
