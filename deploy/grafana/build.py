"""The dashboards as code: ``python deploy/grafana/build.py`` writes ``dashboards/*.json``, which Grafana provisions.

The JSON is committed, and a test holds it to this file, so what is reviewed is what is shown. Panels use only what
Grafana itself ships (no plugin, no map server). A query names its metrics in full, never by a pattern, so that the test
that compares them with the metrics of the rooms sees every one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "dashboards"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SCHEMA_VERSION = 38  # of Grafana 9.4; later releases read it and migrate
RUNBOOKS = "docs/runbooks.md"

STREAM_ROOMS = ("deduper", "tagger", "alerter")
ROOMS = ("poller", *STREAM_ROOMS)
WIDTH = 24

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression and what its series are called."""

    expr: str
    legend: str = ""
    instant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel; where it stands follows from its order and size."""

    title: str
    description: str
    queries: Sequence[Query]
    unit: str
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    stacked: bool = False
    decimals: int | None = None
    thresholds: Sequence[tuple[float | None, str]] = ((None, "green"),)
    mappings: Sequence[Json] = ()
    minimum: float | None = 0

    def json(self, identity: int, x: int, y: int) -> Json:
        return {
            "id": identity,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [
                {
                    "refId": chr(ord("A") + index),
                    "datasource": DATASOURCE,
                    "expr": " ".join(query.expr.split()),
                    "legendFormat": query.legend or "__auto",
                    "instant": query.instant,
                    "range": not query.instant,
                    "editorMode": "code",
                }
                for index, query in enumerate(self.queries)
            ],
            "fieldConfig": {"defaults": self._defaults(), "overrides": []},
            "options": self._options(),
        }

    def _defaults(self) -> Json:
        defaults: Json = {
            "unit": self.unit,
            "min": self.minimum,
            "decimals": self.decimals,
            "mappings": list(self.mappings),
            "thresholds": {
                "mode": "absolute",
                "steps": [{"value": value, "color": color} for value, color in self.thresholds],
            },
        }
        if self.kind == "timeseries":
            defaults["custom"] = {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": 25 if self.stacked else 10,
                "showPoints": "never",
                "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "line" if len(self.thresholds) > 1 else "off"},
            }
        return {name: value for name, value in defaults.items() if value is not None}

    def _options(self) -> Json:
        if self.kind == "timeseries":
            return {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        return {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "colorMode": "background",
            "graphMode": "area",
            "textMode": "auto",
            "justifyMode": "center",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A file of ``dashboards/``. ``uid`` is in bookmarks and links, so it never changes."""

    uid: str
    title: str
    description: str
    panels: Sequence[Panel] = field(default_factory=tuple)

    def json(self) -> Json:
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["wirewatch"],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "time": {"from": "now-30m", "to": "now"},
            "timezone": "browser",
            "refresh": "10s",
            "timepicker": {"refresh_intervals": ["10s", "30s", "1m", "5m"]},
            "templating": {"list": [_datasource_variable()]},
            "annotations": {"list": [_alarms()]},
            "links": [
                {
                    "title": "Wirewatch",
                    "type": "dashboards",
                    "tags": ["wirewatch"],
                    "asDropdown": True,
                    "includeVars": True,
                    "keepTime": True,
                }
            ],
            "panels": list(_placed(self.panels)),
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
        "textFormat": "{{room}} {{server}} {{reason}}",
        "step": "15s",
    }


def _quantile(quantile: float, metric: str, window: str = "5m") -> str:
    return f"histogram_quantile({quantile}, sum by (le) (rate({metric}_bucket[{window}])))"


def _quantiles(metric: str) -> list[Query]:
    return [
        Query(_quantile(quantile, metric), name)
        for quantile, name in ((0.5, "half"), (0.9, "9 in 10"), (0.99, "99 in 100"))
    ]


def _statuses(room: str, reads: str, statuses: str) -> Panel:
    return Panel(
        title=f"{room.capitalize()}: articles by status",
        description=f"Every article that {reads} ends in exactly one status: {statuses}.",
        queries=[
            Query(f"sum by (status) (rate(wirewatch_{room}_articles_total[$__rate_interval]))", "{{status}}"),
        ],
        unit="cps",
        width=6,
        stacked=True,
    )


def _stat(title: str, description: str, expr: str, unit: str, **more: Any) -> Panel:
    return Panel(
        title=title,
        description=description,
        queries=[Query(expr, instant=True)],
        unit=unit,
        kind="stat",
        width=4,
        height=4,
        **more,
    )


def _dead_letters(window: str) -> str:
    return " or ".join(
        f"sum by (room, reason) (increase(wirewatch_{room}_dead_letters_total[{window}]))" for room in STREAM_ROOMS
    )


def pipeline() -> Dashboard:
    """From a poll to an alert: how much, how fast, and what stands in the way."""
    waiting = " or ".join(f"max by (room) (wirewatch_{room}_waiting)" for room in ROOMS)
    lag = " or ".join(f"max by (room) (wirewatch_{room}_lag_seconds)" for room in STREAM_ROOMS)
    return Dashboard(
        uid="wirewatch-pipeline",
        title="Wirewatch: Pipeline",
        description=f"From a poll to an alert. What to do when something here is red: {RUNBOOKS}.",
        panels=[
            _stat(
                "Alerts opened",
                "Stories that became an alert in the time shown.",
                'sum(increase(wirewatch_alerter_articles_total{status="opened"}[$__range]))',
                "short",
                decimals=0,
            ),
            _stat(
                "Fetched to alert, 99 in 100",
                "From fetching an article to the revision on the topic alerts. The objective is 99 % within 5 s.",
                _quantile(0.99, "wirewatch_alerter_fetched_to_alert_seconds", "$__range"),
                "s",
                thresholds=((None, "green"), (5, "orange"), (30, "red")),
            ),
            _stat(
                "Published to alert, half",
                "From the date the feed gave to the alert. Most of it is the wait for the next poll.",
                _quantile(0.5, "wirewatch_alerter_published_to_alert_seconds", "$__range"),
                "s",
            ),
            _stat(
                "Rooms that answer",
                "Processes whose metrics could be read at the last try.",
                'sum(up{job="rooms"})',
                "short",
                thresholds=((None, "red"), (5, "green")),
            ),
            _stat(
                "Rooms that wait",
                "Rooms waiting for Kafka or Redis. They go on by themselves when it answers.",
                f"sum({waiting})",
                "short",
                thresholds=((None, "green"), (1, "red")),
            ),
            _stat(
                "Dead letters",
                "Messages set aside on articles.dead in the time shown; `wirewatch dead list` shows them.",
                f"sum({_dead_letters('$__range')})",
                "short",
                decimals=0,
                thresholds=((None, "green"), (1, "orange")),
            ),
            _statuses("poller", "a feed shows", "published, known (this version was sent before) or dead"),
            _statuses("deduper", "is on articles", "new, update, same_story, duplicate, known or dead"),
            _statuses("tagger", "is on articles.unique", "tagged, untagged or dead"),
            _statuses(
                "alerter",
                "is on articles.tagged or articles.duplicates",
                "opened, revised, counted, backfill, stale, unchanged or dead",
            ),
            Panel(
                title="Fetched to alert",
                description="From fetching the article to the revision on the topic alerts. The line is the objective.",
                queries=_quantiles("wirewatch_alerter_fetched_to_alert_seconds"),
                unit="s",
                thresholds=((None, "transparent"), (5, "red")),
            ),
            Panel(
                title="Published to alert",
                description="From the publication date that the feed gave to the alert, for newly opened alerts.",
                queries=_quantiles("wirewatch_alerter_published_to_alert_seconds"),
                unit="s",
            ),
            Panel(
                title="How far each room is behind",
                description="Age of the newest message of the last batch when it was taken; kept while idle.",
                queries=[Query(lag, "{{room}}")],
                unit="s",
                thresholds=((None, "transparent"), (60, "red")),
            ),
            Panel(
                title="Alert revisions by topic",
                description="Revisions sent, by topic. One with two topics counts for both.",
                queries=[
                    Query("sum by (topic) (increase(wirewatch_alerter_revisions_total[$__rate_interval]))", "{{topic}}")
                ],
                unit="short",
                stacked=True,
            ),
            Panel(
                title="Alert revisions by severity",
                description="Revisions sent, by severity.",
                queries=[
                    Query(
                        "sum by (severity) (increase(wirewatch_alerter_revisions_total[$__rate_interval]))",
                        "{{severity}}",
                    )
                ],
                unit="short",
                stacked=True,
            ),
            Panel(
                title="Time for a batch, 99 in 100",
                description="From taking a batch to having acted on all of it, waiting for Kafka and Redis included.",
                queries=[Query(_quantile(0.99, f"wirewatch_{room}_batch_seconds"), room) for room in STREAM_ROOMS],
                unit="s",
            ),
            Panel(
                title="Polls by outcome",
                description="What came of each request for a feed.",
                queries=[
                    Query("sum by (outcome) (increase(wirewatch_poller_polls_total[$__rate_interval]))", "{{outcome}}")
                ],
                unit="short",
                stacked=True,
            ),
            Panel(
                title="Feeds by health",
                description="How many feeds of the list are ok, failing, gone (410) or not polled yet.",
                queries=[Query("sum by (state) (wirewatch_poller_feeds)", "{{state}}")],
                unit="short",
                stacked=True,
            ),
            Panel(
                title="Dead letters by room and reason",
                description="Messages set aside; each keeps its original bytes and can be replayed.",
                queries=[Query(_dead_letters("$__rate_interval"), "{{room}} {{reason}}")],
                unit="short",
                stacked=True,
            ),
        ],
    )


def dashboards() -> dict[str, Json]:
    """File name to document."""
    return {"pipeline.json": pipeline().json()}


def text(document: Json) -> str:
    """As it is committed."""
    return json.dumps(document, indent=2) + "\n"


def main() -> int:
    """Write every dashboard."""
    FOLDER.mkdir(exist_ok=True)
    for name, document in dashboards().items():
        (FOLDER / name).write_text(text(document))
        print(f"wrote {FOLDER / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
