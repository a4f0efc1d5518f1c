"""Dashboards: generated, provisioned, complete, and asking for metrics that exist."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
import yaml

from deploy.grafana.boards import documents, words
from deploy.grafana.boards.model import text
from services.alerter.status import STATUSES as ALERTER_STATUSES
from services.api.routes import grafana
from services.contracts.messages import SEVERITIES
from services.deduper.status import STATUSES as DEDUPER_STATUSES
from services.poller.status import ARTICLE_STATUSES, FEED_HEALTHS
from services.tagger.handler import Status as TaggerStatus
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
    "state-timeline",
}
GREEN = {"green", "light-green", "dark-green"}


def shown(document: dict[str, Any]) -> list[Any]:
    """Every panel of a dashboard, those in its closed rows included."""
    rows = [panel for panel in document["panels"] if panel["type"] == "row"]
    return [panel for panel in document["panels"] if panel["type"] != "row"] + [
        panel for row in rows for panel in row["panels"]
    ]


def panels() -> list[Any]:
    return [
        pytest.param(panel, id=f"{file.stem}-{panel['title']}")
        for file in FILES
        for panel in shown(json.loads(file.read_text()))
        if panel["type"] != "text"
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
        open_at_first = [panel for panel in document["panels"] if panel["type"] not in ("row", "text")]
        assert len(open_at_first) <= 24
        assert document["refresh"] == "10s"
        assert all(row["collapsed"] for row in document["panels"] if row["type"] == "row")

    def test_titles_fit_at_1280_pixels(self, file: Any) -> None:
        for panel in shown(json.loads(file.read_text())):
            assert len(panel["title"]) <= 6 * panel["gridPos"]["w"], panel["title"]

    def test_every_panel_has_a_number_and_a_title_of_its_own(self, file: Any) -> None:
        document = json.loads(file.read_text())
        titles = [panel["title"] for panel in shown(document)]
        assert len(titles) == len(set(titles))
        numbers = [panel["id"] for panel in [*shown(document), *(p for p in document["panels"] if p["type"] == "row")]]
        assert len(numbers) == len(set(numbers))

    def test_only_what_wants_a_person_now_is_drawn_into_the_charts(self, file: Any) -> None:
        (annotation,) = json.loads(file.read_text())["annotations"]["list"]
        assert 'severity="page"' in annotation["expr"]

    def test_no_two_panels_overlap(self, file: Any) -> None:
        document = json.loads(file.read_text())
        for group in [document["panels"], *(panel.get("panels", []) for panel in document["panels"])]:
            taken: set[tuple[int, int]] = set()
            for panel in group:
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

    def test_is_never_green_without_data(self, panel: dict[str, Any]) -> None:
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["noValue"]
        overridden = [
            part["value"]["steps"]
            for override in panel["fieldConfig"]["overrides"]
            for part in override["properties"]
            if part["id"] == "thresholds"
        ]
        for steps in [defaults["thresholds"]["steps"], *overridden]:
            assert steps[0]["value"] is None
            assert steps[0]["color"] not in GREEN

    def test_a_name_has_one_colour_on_all_boards(self, panel: dict[str, Any]) -> None:
        severities = [
            override
            for override in panel["fieldConfig"]["overrides"]
            if override["matcher"]["options"] in words.SEVERITY and override["properties"][0]["id"] == "color"
        ]
        for override in severities:
            colour = override["properties"][0]["value"]["fixedColor"]
            assert colour == words.SEVERITY[override["matcher"]["options"]]

    def test_asks_no_server_of_maps_and_chooses_its_symbol(self, panel: dict[str, Any]) -> None:
        if panel["type"] == "geomap":
            options = panel["options"]
            assert options["basemap"]["type"] == "geojson"
            assert options["basemap"]["config"]["src"].startswith("public/")
            for layer in options["layers"]:
                assert layer["location"]["gazetteer"].startswith("public/")
                assert layer["config"]["style"]["symbol"]["fixed"]


def test_every_state_has_a_colour_on_the_boards() -> None:
    assert set(words.FEED_HEALTH) == set(FEED_HEALTHS)
    assert words.SEVERITY.keys() == set(SEVERITIES)
    assert words.STATUS.keys() >= {*ARTICLE_STATUSES, *DEDUPER_STATUSES, *ALERTER_STATUSES, *get_args(TaggerStatus)}


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
