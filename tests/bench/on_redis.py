"""The integration tests of all that keeps something in Redis, on a master that sentinels watch and on a cluster.

``python -m tests.bench.on_redis [sentinel|cluster]...`` tries a failover with users, then starts the servers, runs
pytest against each kind, and ends with the first exit code that is not 0.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.redis_nodes import clustered, watched

SUITES = (
    "alerter_redis",
    "alerter_rebuild",
    "alerter",
    "api",
    "deduper_store",
    "notifier_outbox",
    "notifier",
    "poller",
)


def run(kind: str) -> int:
    """The exit code of pytest on one kind of servers."""
    with tempfile.TemporaryDirectory(prefix=f"wirewatch-{kind}-") as folder:
        if kind == "cluster":
            with clustered(Path(folder) / "nodes") as address:
                return _pytest(address)
        with watched(Path(folder) / "nodes") as redis:
            return _pytest(redis.address)


def _pytest(address: str) -> int:
    print(f"on {address}", flush=True)
    files = [f"tests/integration/test_{name}.py" for name in SUITES]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *files], env={**os.environ, "WIREWATCH_REDIS": address}, check=False
    ).returncode


if __name__ == "__main__":
    failover = [sys.executable, "-m", "pytest", "tests/bench/failover_of_users.py"]
    if code := subprocess.run(failover, check=False).returncode:
        sys.exit(code)
    sys.exit(next((code for kind in sys.argv[1:] or ("sentinel", "cluster") if (code := run(kind))), 0))
