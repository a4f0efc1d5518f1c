"""Panels and dashboards as values, and the JSON that Grafana reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
ALERTS_SOURCE = {"type": "prometheus", "uid": "wirewatch-alerts"}  # the api, which answers as Prometheus would
SCHEMA_VERSION = 38  # of Grafana 9.4; later releases read it and migrate
RUNBOOKS = "What to do when something here is red: docs/runbooks.md."
WIDTH = 24

SERVICES = ("poller", "deduper", "tagger", "alerter", "notifier")
STREAM_SERVICES = SERVICES[1:]
OK = ((None, "green"),)

Json = dict[str, Any]
Kind = Literal["timeseries", "stat", "bargauge", "table", "geomap"]
Thresholds = Sequence[tuple[float | None, str]]


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression and what its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel; where it stands follows from its order and size."""

    title: str
    description: str
    queries: Sequence[Query]
    unit: str = "short"
    kind: Kind = "timeseries"
    width: int = 8
    height: int = 8
    stacked: bool = False
    decimals: int | None = None
    thresholds: Thresholds = OK
    columns: Mapping[str, str] = field(default_factory=dict)
    """For a table or a map: label to heading, in order; all else is hidden."""
    overrides: Sequence[Json] = ()
    source: Mapping[str, str] = field(default_factory=lambda: DATASOURCE)
    calculation: str = "lastNotNull"

    def json(self, identity: int, x: int, y: int) -> Json:
        """The panel at a place of the grid."""
        panel: Json = {
            "id": identity,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": dict(self.source),
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [self._target(index, query) for index, query in enumerate(self.queries)],
            "fieldConfig": {"defaults": self._defaults(), "overrides": list(self.overrides)},
            "options": self._options(),
        }
        if self.kind in ("table", "geomap"):
            panel["transformations"] = [self._organised()]
        return panel

    def _target(self, index: int, query: Query) -> Json:
        instant = self.kind != "timeseries"
        return {
            "refId": chr(ord("A") + index),
            "datasource": dict(self.source),
            "expr": " ".join(query.expr.split()),
            "legendFormat": query.legend or "__auto",
            "instant": instant,
            "range": not instant,
            "format": "table" if self.kind in ("table", "geomap") else "time_series",
            "editorMode": "code",
        }

    def _defaults(self) -> Json:
        steps = [{"value": value, "color": color} for value, color in self.thresholds]
        defaults: Json = {
            "unit": self.unit,
            "min": 0,
            "noValue": "none",
            "thresholds": {"mode": "absolute", "steps": steps},
        }
        if self.decimals is not None:
            defaults["decimals"] = self.decimals
        if self.kind == "timeseries":
            defaults["custom"] = {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": 25 if self.stacked else 10,
                "showPoints": "never",
                "spanNulls": True,
                "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "line" if len(steps) > 1 else "off"},
            }
        return defaults

    def _options(self) -> Json:
        if self.kind == "timeseries":
            return {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        if self.kind == "table":
            return {"showHeader": True, "cellHeight": "sm", "footer": {"show": False}}
        if self.kind == "geomap":
            return _world()
        reduced = {"calcs": [self.calculation], "fields": "", "values": False}
        if self.kind == "bargauge":
            return {"reduceOptions": reduced, "orientation": "horizontal", "displayMode": "basic", "showUnfilled": True}
        return {
            "reduceOptions": reduced,
            "colorMode": "background" if len(self.thresholds) > 1 else "value",
            "graphMode": "none",
            "textMode": "auto",
            "justifyMode": "center",
        }

    def _organised(self) -> Json:
        labels = {"Time", "Value", "__name__", "job", "instance", "service", "alertstate", "id"}
        return {
            "id": "organize",
            "options": {
                "excludeByName": dict.fromkeys(sorted(labels - self.columns.keys()), True),
                "indexByName": {name: index for index, name in enumerate(self.columns)},
                "renameByName": dict(self.columns),
            },
        }


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice above the panels: the values of ``label`` on ``metric``, all of them at first."""

    name: str
    title: str
    metric: str
    label: str

    def json(self) -> Json:
        """As Grafana reads it."""
        query = f"label_values({self.metric}, {self.label})"
        return {
            "name": self.name,
            "label": self.title,
            "type": "query",
            "datasource": DATASOURCE,
            "definition": query,
            "query": {"query": query, "refId": f"variable-{self.name}"},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
            "hide": 0,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A file of ``dashboards/``. ``uid`` is in bookmarks and links, so it never changes."""

    uid: str
    title: str
    description: str
    panels: Sequence[Panel]
    variables: Sequence[Variable] = ()

    def json(self) -> Json:
        """The document as Grafana provisions it."""
        others = {"type": "dashboards", "tags": ["wirewatch"], "asDropdown": False}
        return {
            "uid": self.uid,
            "title": self.title,
            "description": f"{self.description} {RUNBOOKS}",
            "tags": ["wirewatch"],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "time": {"from": "now-30m", "to": "now"},
            "timezone": "browser",
            "refresh": "10s",
            "timepicker": {"refresh_intervals": ["10s", "30s", "1m", "5m"]},
            "templating": {"list": [_datasource_variable(), *(one.json() for one in self.variables)]},
            "annotations": {"list": [_alarms()]},
            "links": [{**others, "title": "Wirewatch", "includeVars": True, "keepTime": True}],
            "panels": list(_placed(self.panels)),
        }


def stat(title: str, description: str, expr: str, unit: str = "short", thresholds: Thresholds = OK) -> Panel:
    """One number of the first row: six stand beside each other."""
    return Panel(
        title=title,
        description=description,
        queries=[Query(expr)],
        unit=unit,
        kind="stat",
        width=4,
        height=4,
        thresholds=thresholds,
        decimals=0 if unit == "short" else None,
    )


def quantile(share: float, metric: str, window: str = "5m") -> str:
    """The value that ``share`` of the observations of a histogram stay below."""
    return f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket[{window}])))"


def quantiles(metric: str) -> list[Query]:
    """Half, nine in ten and 99 in a hundred of a histogram."""
    named = ((0.5, "half"), (0.9, "9 in 10"), (0.99, "99 in 100"))
    return [Query(quantile(share, metric), name) for share, name in named]


def text(document: Json) -> str:
    """As it is committed."""
    return json.dumps(document, indent=2) + "\n"


def column(name: str, *properties: tuple[str, Any]) -> Json:
    """An override for one column of a table."""
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": identity, "value": value} for identity, value in properties],
    }


def _world() -> Json:
    """A map whose countries are drawn from a file that Grafana brings along: no server of map tiles is asked.

    A country is found by its ISO 3166-1 alpha-3 code in the list that Grafana brings along, too.
    """
    grey = {"color": {"fixed": "#6e7781"}, "opacity": 0.25, "lineWidth": 1, "size": {"fixed": 1, "min": 1, "max": 1}}
    markers = {
        "type": "markers",
        "name": "Alerts",
        "tooltip": True,
        "location": {"mode": "lookup", "lookup": "Country", "gazetteer": "public/gazetteer/countries.json"},
        "config": {
            "showLegend": False,
            "style": {
                "size": {"field": "Alerts", "fixed": 5, "min": 6, "max": 24},
                "color": {"fixed": "dark-orange"},
                "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
                "opacity": 0.7,
                "text": {"mode": "field", "field": "Alerts", "fixed": ""},
                "textConfig": {
                    "fontSize": 12,
                    "offsetX": 0,
                    "offsetY": 0,
                    "textAlign": "center",
                    "textBaseline": "middle",
                },
            },
        },
    }
    return {
        "view": {"id": "zero", "lat": 22, "lon": 10, "zoom": 1.3, "allLayers": True},
        "controls": {"showZoom": True, "mouseWheelZoom": False, "showAttribution": False, "showScale": False},
        "tooltip": {"mode": "details"},
        "basemap": {
            "type": "geojson",
            "name": "Countries",
            "config": {"src": "public/maps/countries.geojson", "rules": [], "style": grey},
        },
        "layers": [markers],
    }


def _placed(panels: Sequence[Panel]) -> Iterator[Json]:
    """Left to right, in rows as high as their highest panel."""
    x = y = row_height = 0
    for identity, panel in enumerate(panels, 1):
        if x + panel.width > WIDTH:
            x, y, row_height = 0, y + row_height, 0
        yield panel.json(identity, x, y)
        x += panel.width
        row_height = max(row_height, panel.height)


def _datasource_variable() -> Json:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {"text": "Prometheus", "value": "wirewatch-prometheus"},
        "hide": 0,
    }


def _alarms() -> Json:
    return {
        "name": "Alarms",
        "datasource": DATASOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": 'ALERTS{alertname!="WirewatchWatchdog", alertstate="firing"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{service}} {{server}} {{reason}}",
        "step": "15s",
    }
