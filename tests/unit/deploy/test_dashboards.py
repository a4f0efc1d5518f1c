"""Dashboards: generated, provisioned, complete, and asking for metrics that exist."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from deploy.grafana.boards import documents
from deploy.grafana.boards.model import text
from services.api.routes import grafana
from tests.unit.deploy.compose import ROOT, services
from tests.unit.deploy.promql import assert_exists
from tests.unit.deploy.test_rules import RECORDED

GRAFANA = ROOT / "deploy/grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))
OF_GRAFANA_ITSELF = {
    "timeseries",
    "stat",
    "table",
    "gauge",
    "bargauge",
    "barchart",
    "heatmap",
    "text",
    "piechart",
    "geomap",
}


def panels() -> list[Any]:
    return [
        pytest.param(panel, id=f"{file.stem}-{panel['title']}")
        for file in FILES
        for panel in json.loads(file.read_text())["panels"]
    ]


def test_the_files_are_what_the_code_generates() -> None:
    generated = {name: text(document) for name, document in documents().items()}
    assert {file.name: file.read_text() for file in FILES} == generated, "run: python -m deploy.grafana.boards"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
class TestEveryDashboard:
    def test_has_a_stable_name_and_cannot_be_edited(self, file: Any) -> None:
        document = json.loads(file.read_text())
        assert document["uid"] == f"wirewatch-{file.stem}"
        assert document["editable"] is False
        assert document["description"]
        assert "id" not in document

    def test_stays_small_enough_to_read(self, file: Any) -> None:
        document = json.loads(file.read_text())
        assert 1 <= len(document["panels"]) <= 20
        assert document["refresh"] == "10s"

    def test_no_two_panels_overlap(self, file: Any) -> None:
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(file.read_text())["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert at["x"] + at["w"] <= 24
            assert not taken & cells, panel["title"]
            taken |= cells


@pytest.mark.parametrize("panel", panels())
class TestEveryPanel:
    def test_says_what_it_shows(self, panel: dict[str, Any]) -> None:
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]

    def test_needs_no_plugin(self, panel: dict[str, Any]) -> None:
        assert panel["type"] in OF_GRAFANA_ITSELF

    def test_asks_for_what_exists(self, panel: dict[str, Any]) -> None:
        assert panel["targets"]
        for target in panel["targets"]:
            if target["datasource"]["uid"] == "wirewatch-alerts":
                assert grafana.QUERY.fullmatch(target["expr"])
            else:
                assert_exists(target["expr"], RECORDED)

    def test_asks_no_server_of_maps_and_chooses_its_symbol(self, panel: dict[str, Any]) -> None:
        if panel["type"] == "geomap":
            options = panel["options"]
            assert options["basemap"]["type"] == "geojson"
            assert options["basemap"]["config"]["src"].startswith("public/")
            for layer in options["layers"]:
                assert layer["location"]["gazetteer"].startswith("public/")
                assert layer["config"]["style"]["symbol"]["fixed"]


def test_the_data_source_is_the_prometheus_of_compose() -> None:
    source, latest = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert (latest["uid"], latest["url"]) == ("wirewatch-alerts", "http://api:8080/grafana")
    assert latest["jsonData"]["httpMethod"] == "GET"
    assert set(services()["grafana"]["networks"]) & set(services()["api"]["networks"])
    for file in FILES:
        variable = json.loads(file.read_text())["templating"]["list"][0]
        assert variable["current"]["value"] == source["uid"]


def test_the_folder_of_dashboards_is_the_one_that_is_mounted() -> None:
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/wirewatch.yml").read_text())["providers"]
    assert provider["allowUiUpdates"] is False
    mounted = f"./deploy/grafana/dashboards:{provider['options']['path']}:ro"
    assert mounted in services()["grafana"]["volumes"]
