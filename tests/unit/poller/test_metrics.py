"""What the poller shows of the worst feeds, and how far every service is behind, stays bounded."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from services.poller.metrics import WORST_FEEDS, PollerMetrics, WorstFeed


def shown(metrics: PollerMetrics) -> dict[tuple[str, str, str], float]:
    return {
        (sample.labels["why"], sample.labels["host"], sample.labels["reason"]): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "wirewatch_poller_worst_feed_seconds"
    }


def test_only_the_worst_are_shown_each_host_once_and_the_better_are_forgotten() -> None:
    metrics = PollerMetrics(CollectorRegistry())
    many = [WorstFeed("failing", f"h{n}.example", "dns", float(n)) for n in range(50)]
    metrics.show_worst([*many, WorstFeed("failing", "h49.example", "tls", 1.0)])
    assert len(shown(metrics)) == WORST_FEEDS
    assert shown(metrics)["failing", "h49.example", "dns"] == 49
    metrics.show_worst([WorstFeed("silent", "quiet.example", "ok", seconds) for seconds in (5.0, 7.0)])
    assert shown(metrics) == {("silent", "quiet.example", "ok"): 7.0}
