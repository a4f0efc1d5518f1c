"""Rules and alarms: they ask for what exists and say what to do. `make check` runs promtool's tests of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from services.runtime.services import names as service_names
from tests.support.metrics import Service
from tests.unit.deploy.compose import ROOT, SERVICES
from tests.unit.deploy.promql import assert_exists, names

PROMETHEUS = ROOT / "deploy/prometheus"
TESTS = sorted((PROMETHEUS / "rules_tests").glob("*.yml"))


def rules() -> list[dict[str, Any]]:
    return [
        rule
        for file in sorted((PROMETHEUS / "rules").glob("*.yml"))
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]


RULES = rules()
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
ALARMS = [rule for rule in RULES if "alert" in rule]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("record") or rule["alert"])
def test_asks_for_what_exists(rule: dict[str, Any]) -> None:
    assert_exists(rule["expr"], RECORDED)


def test_every_record_is_named_level_metric_operation_and_used() -> None:
    for name in RECORDED:
        assert re.fullmatch(r"[a-z_]+:wirewatch_[a-z_]+:[a-z0-9_]+", name), name


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda rule: rule["alert"])
class TestEveryAlarm:
    def test_says_how_bad_it_is(self, alarm: dict[str, Any]) -> None:
        assert alarm["labels"]["severity"] in {"page", "ticket", "none"}

    def test_says_what_happened_and_where_to_read_on(self, alarm: dict[str, Any]) -> None:
        assert {"summary", "description", "runbook_url"} == set(alarm["annotations"])
        file, _, anchor = alarm["annotations"]["runbook_url"].partition("#")
        headings = re.findall(r"^## (\w+)$", (ROOT / file).read_text(), re.MULTILINE)
        assert anchor in {heading.lower() for heading in headings}

    def test_is_tested_to_fire_and_to_stay_silent(self, alarm: dict[str, Any]) -> None:
        if alarm["alert"] == "WirewatchWatchdog":
            return
        cases = [
            case
            for file in TESTS
            for test in yaml.safe_load(file.read_text())["tests"]
            for case in test.get("alert_rule_test", ())
            if case["alertname"] == alarm["alert"]
        ]
        assert any(case["exp_alerts"] for case in cases)
        assert any(not case["exp_alerts"] for case in cases)


def test_every_section_of_the_runbooks_has_its_alarm() -> None:
    headings = re.findall(r"^## (Wirewatch\w+)$", (ROOT / "docs/runbooks.md").read_text(), re.MULTILINE)
    assert sorted(headings) == sorted({alarm["alert"] for alarm in ALARMS})


def test_every_service_is_asked() -> None:
    configuration = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    (job,) = (job for job in configuration["scrape_configs"] if job["job_name"] == "services")
    assert sorted(job["dns_sd_configs"][0]["names"]) == sorted(SERVICES)


def test_the_expressions_read_as_one_name_each() -> None:
    assert names("sum(a:wirewatch_b_c:rate1m) / wirewatch_d_total{x='y'}") == {
        "a:wirewatch_b_c:rate1m",
        "wirewatch_d_total",
    }


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_takes_the_configuration() -> None:
    subprocess.run(["promtool", "check", "config", PROMETHEUS / "prometheus.yml"], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize("service", service_names())
def test_promtool_takes_the_metrics_of(service: str) -> None:
    shown = Service(service).look()
    done = subprocess.run(["promtool", "check", "metrics"], check=False, capture_output=True, input=shown)
    assert done.returncode == 0, done.stdout + done.stderr
