"""Every query of every dashboard, every record and every alarm, on a real Prometheus that scraped every service."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from services.runtime.services import names
from tests.support.metrics import Service, served

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SERVICES = names()
PATIENCE_SECONDS = 90
MAY_BE_EMPTY = {"Alarms that fire", "Lost, at least"}  # where nothing is wrong; five minutes after a start

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")


@contextmanager
def asking(folder: Path, port: int) -> Iterator[str]:
    """The address of a Prometheus with our rules that asks the services behind ``port`` every second."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        own = free.getsockname()[1]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_configuration(port)))
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{own}"], stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{own}"
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus with services in which everything has happened."""
    services = {name: Service(name) for name in SERVICES}
    with served(services) as port, asking(tmp_path_factory.mktemp("prometheus"), port) as address:
        yield address


def _configuration(port: int) -> dict[str, Any]:
    targets = [f"127.0.0.1:{port}"]
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(file) for file in sorted((DEPLOY / "prometheus/rules").glob("*.yml"))],
        "scrape_configs": [
            {
                "job_name": "services",
                "static_configs": [
                    {"targets": targets, "labels": {"service": service, "__metrics_path__": f"/{service}"}}
                    for service in SERVICES
                ],
            },
            {"job_name": "redis", "metrics_path": "/redis", "static_configs": [{"targets": targets}]},
        ],
    }


def ask(address: str, path: str, **parameters: str) -> Any:
    """The data of an answer of Prometheus' api. Raises where it says that the question is wrong."""
    with urlopen(f"{address}/api/v1/{path}?{urlencode(parameters)}", timeout=10) as answer:  # noqa: S310 - our own server
        return json.load(answer)["data"]


def shown(document: dict[str, Any]) -> list[Any]:
    """Every panel of a dashboard, those in its closed rows included."""
    return [inner for panel in document["panels"] for inner in panel.get("panels", [panel])]


def filled(expression: str, seconds: int = 300) -> str:
    """With the variables of Grafana filled in for a time shown of ``seconds``."""
    values = {
        "$__rate_interval": "20s",
        "$__range_s": str(seconds),
        "$__range": f"{seconds}s",
        "$__interval_ms": "20000",
        "$__interval": "20s",
        "$topic": ".*",
    }
    for name, value in values.items():
        expression = expression.replace(name, value)
    return expression


def queries() -> dict[str, str]:
    """Dashboard and panel to expression, Grafana's variables filled in."""
    return {
        f"{file.stem}: {panel['title']} {target['refId']}": (filled(target["expr"]))
        for file in sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
        for panel in shown(json.loads(file.read_text()))
        for target in panel.get("targets", ())
        if panel["title"] not in MAY_BE_EMPTY and target["datasource"]["uid"] != "wirewatch-alerts"
    }


def empty(address: str, asked: dict[str, str]) -> dict[str, str]:
    """The panels among ``asked`` that show nothing, or only "not a number"."""
    shown = {name: ask(address, "query", query=expression)["result"] for name, expression in asked.items()}
    return {name: asked[name] for name, result in shown.items() if all(each["value"][1] == "NaN" for each in result)}


def test_no_panel_is_empty_or_in_error(prometheus: str) -> None:
    left = queries()
    assert left
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left and time.monotonic() < deadline:
        try:
            left = empty(prometheus, left)
        except URLError as error:
            if getattr(error, "code", 0) == 400:
                raise
        time.sleep(0.5)
    assert not left.keys()


def test_no_rule_is_in_error(prometheus: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    health = {"unknown"}
    while "unknown" in health and time.monotonic() < deadline:
        try:
            groups = ask(prometheus, "rules")["groups"]
        except URLError:
            groups = []
        health = {rule["health"] for group in groups for rule in group["rules"]} or {"unknown"}
        time.sleep(0.5)
    assert health == {"ok"}


def test_no_target_has_a_thousand_series(prometheus: str) -> None:
    assert prometheus
    for name in SERVICES:
        lines = [line for line in Service(name).look().splitlines() if line and not line.startswith(b"#")]
        assert len(lines) < 1000, name
