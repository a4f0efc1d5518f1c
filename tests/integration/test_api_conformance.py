"""The API against its own OpenAPI document, by schemathesis: what it documents is what it does."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
import redis.asyncio

from services.alert_store.redis import AlertRecords
from tests.integration.test_api import EDITOR, an_alert, put, served, store

pytestmark = pytest.mark.stack

__all__ = ["store"]
TYPED = "^/api/v1/search"  # what a person types can be mistyped, which no schema says: tests/unit/api/test_search.py
ENDLESS = "/api/v1/stream"  # its answers are tested with the followers


async def test_what_is_documented_is_what_is_done(
    redis_client: redis.asyncio.Redis, store: AlertRecords, tmp_path: Path
) -> None:
    await put(store, [an_alert(n) for n in range(3)])
    service = served(redis_client)
    await service.start()
    try:
        running = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            f"{service.address}/api/v1/openapi.json",
            f"--header=Authorization: Bearer {EDITOR}",
            f"--exclude-path={ENDLESS}",
            f"--exclude-path-regex={TYPED}",
            "--max-examples=8",
            "--generation-deterministic",
            "--max-time=15",
            "--continue-on-failure",
            "--no-color",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
        )
        said, _ = await running.communicate()
    finally:
        await service.stop()
    assert running.returncode == 0, said.decode()
