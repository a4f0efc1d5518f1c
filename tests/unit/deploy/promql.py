"""The metrics that the services really have, and the ones that an expression asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prometheus_client import CollectorRegistry

from services.alerter.metrics import AlerterMetrics
from services.alerter.status import STATUSES
from services.api.metrics import ApiMetrics
from services.archive.metrics import ArchiveMetrics
from services.deduper.metrics import DeduperMetrics
from services.notifier.metrics import NotifierMetrics
from services.poller.metrics import PollerMetrics
from services.runtime.kafka.lag import LagMetrics
from services.runtime.process.metrics import ServerTimes, config_info
from services.tagger.metrics import TaggerMetrics

_SERIES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
    "gauge": ("",),
    "summary": ("_count", "_sum"),
}
_NAME = re.compile(r"(?<![\w:])([\w]*:)?wirewatch_\w+(:\w+)?")
_SELECTED = re.compile(r"(wirewatch_\w+)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*([=!][=~]?)\s*"([^"]*)"')


def series() -> dict[str, dict[str, set[str]]]:
    """Series name to label to the values that exist from the start (none for a label whose set is open)."""
    services = (
        PollerMetrics,
        LagMetrics,
        DeduperMetrics,
        TaggerMetrics,
        lambda own: AlerterMetrics(STATUSES, own),
        NotifierMetrics,
        ArchiveMetrics,
        ApiMetrics,
        ServerTimes,
        lambda own: config_info(own, None),
    )
    found: dict[str, dict[str, set[str]]] = {}
    for make in services:
        registry = CollectorRegistry()
        make(registry)
        for family in registry.collect():
            for ending in _SERIES[family.type]:
                found.setdefault(family.name + ending, {})
            for sample in family.samples:
                for label, value in sample.labels.items():
                    found.setdefault(sample.name, {}).setdefault(label, set()).add(value)
    return found


def names(expression: str) -> set[str]:
    """Every name of ours in ``expression``, recorded ones (with colons) included."""
    return {match.group() for match in _NAME.finditer(expression)}


def matchers(expression: str) -> Iterator[tuple[str, str, str]]:
    """(series, label, value) for each value that a selector of ours asks for."""
    for metric, selector in _SELECTED.findall(expression):
        for label, how, values in _MATCHER.findall(selector):
            for value in values.split("|") if how.endswith("~") else [values]:
                yield metric, label, value


def assert_exists(expression: str, recorded: set[str]) -> None:
    """Every series, and every value of a closed label, that ``expression`` asks for is there."""
    known = series()
    absent = names(expression) - known.keys() - recorded
    assert not absent, f"{absent} in {expression}"
    for metric, label, value in matchers(expression):
        values = known.get(metric, {}).get(label)
        assert values is None or value in values, f'{metric}{{{label}="{value}"}}: known are {sorted(values)}'
