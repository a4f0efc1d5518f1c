"""Who hears of an alarm: the routes, and the receiver that Compose brings along."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
import yaml

from deploy.alertmanager import receiver
from deploy.alertmanager.receiver import SILENT_SECONDS, Alarms
from tests.unit.deploy.compose import ROOT, services
from tests.unit.deploy.test_rules import ALARMS

CONFIGURATION = ROOT / "deploy/alertmanager/alertmanager.yml"


class Bench:
    """A receiver, what it said, and a clock that a test turns."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.now = 1000.0
        self.alarms = Alarms(self.said.append, lambda: self.now)


def notified(*, status: str = "firing", name: str = "WirewatchServiceDown", fingerprint: str = "f1") -> dict[str, Any]:
    return {
        "status": status,
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": name, "service": "tagger", "severity": "page"},
                "annotations": {"summary": "The tagger does not answer.", "other": "left out"},
                "startsAt": "2026-01-01T00:00:00Z",
                "fingerprint": fingerprint,
            }
        ],
    }


def test_an_alarm_is_said_when_it_begins_and_when_it_ends_and_not_between() -> None:
    bench = Bench()
    for _ in range(3):
        assert bench.alarms.take(notified()) == 1
    assert len(bench.alarms.firing()) == 1
    bench.alarms.take(notified(status="resolved"))
    bench.alarms.take(notified(status="resolved"))
    assert [said["event"] for said in bench.said] == ["alarm", "alarm_over"]
    assert bench.said[0]["summary"] == "The tagger does not answer."
    assert "other" not in bench.said[0]
    assert bench.alarms.firing() == []


@pytest.mark.parametrize("odd", [None, [], {}, {"alerts": None}, {"alerts": [1, "x", None]}, {"alerts": [{}]}])
def test_odd_notifications_break_nothing(odd: object) -> None:
    bench = Bench()
    bench.alarms.take(odd)
    bench.alarms.take(notified())
    assert any(said["summary"] for said in bench.said if "summary" in said)


def test_silence_of_the_watchdog_is_the_alarm() -> None:
    bench = Bench()
    assert bench.alarms.problem() is None
    bench.now += SILENT_SECONDS + 1
    assert bench.alarms.problem() == "the watchdog has been silent for 181 s: look at prometheus and alertmanager"
    bench.alarms.bark()
    assert bench.alarms.problem() is None


@pytest.fixture
def served() -> Iterator[tuple[Bench, HTTPConnection]]:
    bench = Bench()
    server = ThreadingHTTPServer(("127.0.0.1", 0), receiver.handler_of(bench.alarms))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
    yield bench, connection
    connection.close()
    server.shutdown()
    server.server_close()


def test_over_http(served: tuple[Bench, HTTPConnection]) -> None:
    bench, connection = served

    def ask(method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    assert ask("POST", "/alarms", json.dumps(notified())) == (200, "1 taken\n")
    assert ask("POST", "/alarms", "{")[0] == 400
    assert ask("POST", "/elsewhere", "{}")[0] == 404
    assert json.loads(ask("GET", "/")[1])[0]["labels"]["service"] == "tagger"
    assert ask("GET", "/readyz") == (200, "ok\n")
    bench.now += SILENT_SECONDS + 1
    assert ask("GET", "/readyz")[0] == 503
    assert ask("POST", "/watchdog", "{}")[0] == 200
    assert ask("GET", "/readyz")[0] == 200
    assert ask("GET", "/metrics")[0] == 404


def test_everything_is_routed_to_the_receiver_of_compose() -> None:
    configuration = yaml.safe_load(CONFIGURATION.read_text())
    ports = services()["alarms"]["environment"]["WIREWATCH_OPS_PORT"]
    urls = {hook["url"] for each in configuration["receivers"] for hook in each["webhook_configs"]}
    assert urls == {f"http://alarms:{ports}/alarms", f"http://alarms:{ports}/watchdog"}
    assert configuration["route"]["receiver"] == "alarms"
    prometheus = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    assert prometheus["alerting"]["alertmanagers"] == [{"static_configs": [{"targets": ["alertmanager:9093"]}]}]
    assert set(services()["alertmanager"]["networks"]) & set(services()["alarms"]["networks"])


def test_what_holds_an_alarm_back_and_what_it_holds_back_exist() -> None:
    names = {alarm["alert"] for alarm in ALARMS}
    for rule in yaml.safe_load(CONFIGURATION.read_text())["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            assert set(matcher.partition("=")[2].strip('~"').split("|")) <= names, matcher


@pytest.mark.skipif(shutil.which("amtool") is None, reason="amtool is not installed")
class TestAmtool:
    def test_configuration(self) -> None:
        subprocess.run(["amtool", "check-config", CONFIGURATION], check=True, capture_output=True)

    @pytest.mark.parametrize(
        ("labels", "receiver_name"),
        [
            (["alertname=WirewatchWatchdog", "severity=none"], "watchdog"),
            (["alertname=WirewatchServiceDown", "severity=page"], "alarms"),
            (["alertname=WirewatchBacklog", "severity=ticket"], "alarms"),
        ],
    )
    def test_routes(self, labels: list[str], receiver_name: str) -> None:
        command = ["amtool", "config", "routes", "test", f"--config.file={CONFIGURATION}", *labels]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stdout.strip() == receiver_name
