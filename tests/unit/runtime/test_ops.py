"""The ops endpoint says in words what is wrong, and in one sentence that its port is taken."""

from __future__ import annotations

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Gauge, Histogram

from services.runtime.errors import UsageError
from services.runtime.process.ops import OpsServer


async def get(port: int, path: str, *, accept: str = "*/*") -> tuple[int, str]:
    url, headers = f"http://127.0.0.1:{port}{path}", {"Accept": accept}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
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


async def test_exemplars_are_given_to_who_asks_for_openmetrics() -> None:
    registry = CollectorRegistry()
    trace_id = {"trace_id": "0af7651916cd43dd8448eb211c80319c"}
    Histogram("wirewatch_test_seconds", "A test.", registry=registry, buckets=[1]).observe(0.5, trace_id)
    ops = OpsServer(host="127.0.0.1", port=0, registry=registry, healthy=lambda: None, ready=lambda: None)
    port = await ops.start()
    try:
        _, plain = await get(port, "/metrics")
        _, open_metrics = await get(port, "/metrics", accept="application/openmetrics-text;version=1.0.0")
        assert 'wirewatch_test_seconds_bucket{le="1.0"} 1.0\n' in plain
        assert 'le="1.0"} 1.0 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 0.5' in open_metrics
        assert open_metrics.endswith("# EOF\n")
    finally:
        await ops.stop()
