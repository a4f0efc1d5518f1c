"""The dashboards and rules with the names of another installation."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.grafana.boards import configuration, mixin
from tests.unit.deploy.test_dashboards import FILES
from tests.unit.deploy.test_rules import PROMETHEUS


def test_with_the_names_of_compose_it_is_what_compose_has(tmp_path: Path) -> None:
    mixin.main([str(tmp_path)])
    for file in (*FILES, *(PROMETHEUS / "rules").glob("*.yml")):
        assert (tmp_path / file.parent.name / file.name).read_text() == file.read_text()


def test_every_name_is_the_one_that_was_given(tmp_path: Path) -> None:
    names = ["--job", "wire", "--page-url", "https://alerts.example", "--datasource-uid", "main"]
    mixin.main([str(tmp_path), *names, "--runbooks-url", "https://docs.example/runbooks.md"])
    for file in tmp_path.rglob("*.*"):
        written = file.read_text()
        json.loads(written) if file.suffix == ".json" else yaml.safe_load(written)
        assert 'job="services' not in written.replace("\\", "")
        assert configuration.PAGE_URL not in written
        assert configuration.DATASOURCE_UID not in written
    assert "runbook_url: https://docs.example/runbooks.md#" in (tmp_path / "rules/alerts.yml").read_text()
    assert "https://alerts.example/#" in (tmp_path / "dashboards/newsroom.json").read_text()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_reads_the_rules(tmp_path: Path) -> None:
    mixin.main([str(tmp_path), "--job", "wire"])
    subprocess.run(["promtool", "check", "rules", *(tmp_path / "rules").glob("*.yml")], check=True, capture_output=True)
