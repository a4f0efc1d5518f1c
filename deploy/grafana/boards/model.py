"""Panels, rows and dashboards as values, and the JSON that Grafana reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from deploy.grafana.boards import configuration
from deploy.grafana.boards.promql import BAR, RECENT, happened, quantile
from deploy.grafana.boards.words import GOOD, HEALTH, PLAIN, UNKNOWN, Colours

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
ALERTS_SOURCE = {"type": "prometheus", "uid": "wirewatch-alerts"}  # the api, which answers as Prometheus would
SCHEMA_VERSION = 38  # of Grafana 9.4; later releases read it and migrate
WIDTH = 24
_NARROWEST_COLUMN = 60  # pixels; with the 150 of Grafana the last column of a small table is cut off
LOCAL_TIME = "dateTimeAsIso"  # in the zone of the dashboard, which is the browser's
_ANNOTATION_STEP = "15s"
SECONDS = "suffix:s"  # for axes: Grafana's own "s" has ticks like 1.67 min

Json = dict[str, Any]
Kind = Literal["timeseries", "stat", "table", "geomap", "state-timeline"]
Draw = Literal["line", "bars"]
Thresholds = Sequence[tuple[float | None, str]]
NEUTRAL: Thresholds = ((None, PLAIN),)


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression and what its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel; where it stands follows from its order and size. ``no_data`` is what it says when it has none."""

    title: str
    description: str
    queries: Sequence[Query]
    unit: str = "short"
    kind: Kind = "timeseries"
    draw: Draw = "line"
    width: int = 8
    height: int = 8
    decimals: int | None = None
    thresholds: Thresholds = NEUTRAL
    no_data: str = "none in this time"
    columns: Mapping[str, str] = field(default_factory=dict)
    """For a table or a map: label to heading, in order; all else is hidden. The values of several queries, which are
    put into one row, are "Value #A", "Value #B" and so on."""
    colours: Colours = field(default_factory=dict)
    """Name of a series to its colour."""
    mappings: Sequence[Json] = ()
    overrides: Sequence[Json] = ()
    source: Mapping[str, str] = field(default_factory=lambda: DATASOURCE)

    def json(self, identity: int, x: int, y: int) -> Json:
        """The panel at a place of the grid."""
        fixed = [
            column(name, ("color", {"mode": "fixed", "fixedColor": colour})) for name, colour in self.colours.items()
        ]
        panel: Json = {
            "id": identity,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": dict(self.source),
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [self._target(index, query) for index, query in enumerate(self.queries)],
            "fieldConfig": {"defaults": self._defaults(), "overrides": [*fixed, *self._texts(), *self.overrides]},
            "options": self._options(),
        }
        if self.draw == "bars":
            panel["interval"] = "1m"  # the least width of a bar: the bars stand side by side and add up to the total
        if self.kind in ("table", "geomap"):
            merged = [{"id": "merge", "options": {}}] if len(self.queries) > 1 else []
            panel["transformations"] = [*merged, self._organised()]
        return panel

    def _texts(self) -> list[Json]:
        """The columns of labels: a hash of digits alone is no number."""
        labels = [heading for name, heading in self.columns.items() if not name.startswith("Value")]
        return [column(heading, ("unit", "string")) for heading in labels] if self.kind == "table" else []

    def _target(self, index: int, query: Query) -> Json:
        over_time = self.kind in ("timeseries", "state-timeline")
        return {
            "refId": chr(ord("A") + index),
            "datasource": dict(self.source),
            "expr": " ".join(query.expr.split()),
            "legendFormat": query.legend or "__auto",
            "instant": not over_time,
            "range": over_time,
            "format": "table" if self.kind in ("table", "geomap") else "time_series",
            "editorMode": "code",
        }

    def _defaults(self) -> Json:
        steps = [{"value": value, "color": color} for value, color in self.thresholds]
        defaults: Json = {
            "unit": self.unit,
            "min": 0,
            "noValue": self.no_data,
            "thresholds": {"mode": "absolute", "steps": steps},
            "mappings": list(self.mappings),
        }
        if self.decimals is not None:
            defaults["decimals"] = self.decimals
        if self.kind == "table":
            defaults["custom"] = {"minWidth": _NARROWEST_COLUMN}
        if self.kind == "state-timeline":
            defaults |= {"color": {"mode": "thresholds"}, "custom": {"fillOpacity": 80, "lineWidth": 0}}
        if self.kind == "timeseries":
            bars = self.draw == "bars"
            defaults["custom"] = {
                "drawStyle": self.draw,
                "lineWidth": 1,
                "fillOpacity": 70 if bars else 10,
                "showPoints": "never" if bars else "auto",
                "spanNulls": False,
                "stacking": {"mode": "normal" if bars else "none", "group": "A"},
                "thresholdsStyle": {"mode": "line" if len(steps) > 1 else "off"},
            }
        return defaults

    def _options(self) -> Json:
        if self.kind in ("timeseries", "state-timeline"):
            legend = {"displayMode": "list", "placement": "bottom", "showLegend": self.kind == "timeseries"}
            states = {} if self.kind == "timeseries" else {"showValue": "never", "rowHeight": 0.8, "mergeValues": True}
            return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}, **states}
        if self.kind == "table":
            return {"showHeader": True, "cellHeight": "sm", "footer": {"show": False}}
        if self.kind == "geomap":
            return _world()
        return {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "colorMode": "background" if len(self.thresholds) > 1 else "value",
            "graphMode": "none",
            "textMode": "value_and_name" if len(self.queries) > 1 else "auto",
            "justifyMode": "center",
            "orientation": "auto",
        }

    def _organised(self) -> Json:
        labels = {"Time", "Value", "__name__", "job", "instance", "service", "alertstate", "id", "updated", "dyad"}
        return {
            "id": "organize",
            "options": {
                "excludeByName": dict.fromkeys(sorted(labels - self.columns.keys()), True),
                "indexByName": {name: index for index, name in enumerate(self.columns)},
                "renameByName": dict(self.columns),
            },
        }


@dataclass(frozen=True, slots=True)
class Row:
    """A heading, and the panels under it, which only show once a reader opens it."""

    title: str
    panels: Sequence[Panel]

    def json(self, identity: int, y: int) -> Json:
        """The row at a height of the grid, with what is in it just below."""
        return {
            "id": identity,
            "type": "row",
            "title": self.title,
            "collapsed": True,
            "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1},
            "panels": [panel.json(identity + at + 1, x, y + 1 + down) for at, (panel, x, down) in _grid(self.panels)],
        }


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice above the panels: one value of ``label`` on ``metric``, or all of them."""

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
            "multi": False,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
            "hide": 0,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A file of ``dashboards/``. ``uid`` is in bookmarks and links, so it never changes."""

    uid: str
    title: str
    description: str
    panels: Sequence[Panel | Row]
    variables: Sequence[Variable] = ()

    def json(self) -> Json:
        """The document as Grafana provisions it."""
        others = {"type": "dashboards", "tags": ["wirewatch"], "asDropdown": False}
        return {
            "uid": self.uid,
            "title": self.title,
            "description": f"{self.description} What to do when something here is red: docs/runbooks.md.",
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
            "annotations": {"list": [_pages()]},
            "links": [{**others, "title": "Wirewatch", "includeVars": True, "keepTime": True}],
            "panels": list(_placed(self.panels)),
        }


def stat(
    title: str,
    description: str,
    expr: str,
    unit: str = "short",
    *,
    thresholds: Thresholds = (),
    no_data: str = "none",
    no_data_colour: str = UNKNOWN,
    width: int = 4,
    decimals: int | None = None,
    mappings: Sequence[Json] = (),
    overrides: Sequence[Json] = (),
    more: Sequence[Query] = (),
    legend: str = "",
) -> Panel:
    """A number, or one for each series. ``thresholds`` begin at 0: no data has a colour of its own, never green."""
    return Panel(
        title=title,
        description=description,
        queries=[Query(expr, legend), *more],
        unit=unit,
        kind="stat",
        width=width,
        height=4,
        decimals=decimals,
        thresholds=((None, no_data_colour), *thresholds) if thresholds else NEUTRAL,
        no_data=no_data,
        mappings=mappings,
        overrides=overrides,
    )


def count(title: str, description: str, expr: str, *, bad: str = "", width: int = 4) -> Panel:
    """How many, as a whole number; in the colour ``bad`` from one on."""
    thresholds = ((0, GOOD), (1, bad)) if bad else ()
    more: Any = {"thresholds": thresholds, "no_data": "unknown", "decimals": 0, "width": width}
    return stat(title, description, f"round({expr})", "locale", **more)  # 3,012 and not 3 K


def quantiles(metric: str, window: str = RECENT) -> list[Query]:
    """Half, nine in ten and 99 in a hundred of a histogram."""
    named = ((0.5, "half"), (0.9, "9 in 10"), (0.99, "99 in 100"))
    return [Query(quantile(share, metric, window), name) for share, name in named]


def bars(title: str, description: str, metric: str, label: str, **more: Any) -> Panel:
    """What happened over time: a bar for each value of ``label`` (or of several, with commas) of a counter."""
    legend = ", ".join(f"{{{{{name.strip()}}}}}" for name in label.split(","))
    queries = [Query(happened(metric, label, BAR), legend)]
    return Panel(title=title, description=description, queries=queries, draw="bars", **more)


def durations(title: str, description: str, metric: str, **more: Any) -> Panel:
    """Half, nine in ten and 99 in a hundred of a histogram of seconds, over time."""
    return Panel(title=title, description=description, queries=quantiles(metric), unit=SECONDS, **more)


def text(document: Json) -> str:
    """As it is committed."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def column(name: str, *properties: tuple[str, Any]) -> Json:
    """An override for one column of a table or one series of a chart."""
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": identity, "value": value} for identity, value in properties],
    }


def link(title: str, url: str) -> tuple[str, Any]:
    """A link from a cell, for :func:`column`."""
    return "links", [{"title": title, "url": url, "targetBlank": True}]


def coloured_text() -> list[tuple[str, Any]]:
    """A cell whose words have the colour of their mapping, for 9.4 and for later releases."""
    return [("custom.displayMode", "color-text"), ("custom.cellOptions", {"type": "color-text"})]


def named(words: Mapping[str, str] | Mapping[str, tuple[str, str]]) -> list[Json]:
    """A mapping of values to words, or to words and colours."""
    options = {
        value: {"text": word} if isinstance(word, str) else {"text": word[0], "color": word[1]}
        for value, word in words.items()
    }
    return [{"type": "value", "options": options}]


HEALTH_WORDS = named({str(code): word for code, word in HEALTH.items()})


def _grid(panels: Sequence[Panel]) -> Iterator[tuple[int, tuple[Panel, int, int]]]:
    """Left to right, in lines as high as their highest panel: (position, (panel, x, y))."""
    x = y = line_height = 0
    for at, panel in enumerate(panels):
        if x + panel.width > WIDTH:
            x, y, line_height = 0, y + line_height, 0
        yield at, (panel, x, y)
        x += panel.width
        line_height = max(line_height, panel.height)


def _placed(panels: Sequence[Panel | Row]) -> Iterator[Json]:
    """The panels of the board, then its rows."""
    bottom = 0
    shown = [panel for panel in panels if isinstance(panel, Panel)]
    for at, (panel, x, y) in _grid(shown):
        yield panel.json(at + 1, x, y)
        bottom = max(bottom, y + panel.height)
    identity = len(shown) + 1
    for at, row in enumerate(each for each in panels if isinstance(each, Row)):
        yield row.json(identity, bottom + at)
        identity += 1 + len(row.panels)


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
                "size": {"field": "Alerts", "fixed": 5, "min": 4, "max": 14},
                "color": {"fixed": "dark-orange"},
                "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
                "opacity": 0.5,  # so that neighbours show through
            },
        },
    }
    return {
        "view": {"id": "fit", "lat": 22, "lon": 10, "zoom": 4, "allLayers": True, "padding": 10},
        "controls": {"showZoom": True, "mouseWheelZoom": False, "showAttribution": False, "showScale": False},
        "tooltip": {"mode": "details"},
        "basemap": {
            "type": "geojson",
            "name": "Countries",
            "config": {"src": "public/maps/countries.geojson", "rules": [], "style": grey},
        },
        "layers": [markers],
    }


def _datasource_variable() -> Json:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "regex": "/^(?!Latest alerts).*/",  # the api is no Prometheus
        "current": {"text": "Prometheus", "value": configuration.DATASOURCE_UID},
        "hide": 0,
    }


def _pages() -> Json:
    """The moments at which a person was wanted: tickets, or a line at each step, would paint the charts red."""
    firing = 'ALERTS{alertname!="WirewatchWatchdog", alertstate="firing", severity="page"}'
    return {
        "name": "Pages",
        "datasource": DATASOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": f"{firing} unless {firing} offset {_ANNOTATION_STEP}",
        "titleFormat": "{{alertname}}",
        "textFormat": "{{service}} {{server}} {{reason}}",
        "step": _ANNOTATION_STEP,
    }
