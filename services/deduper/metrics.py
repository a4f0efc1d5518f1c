"""Every metric of the deduper, beside those of any stream service."""

import typing

from prometheus_client import CollectorRegistry, Histogram

from services.contracts.messages import LinkedBy
from services.deduper.status import STATUSES
from services.runtime.process.metrics import LATENCY_BUCKETS_SECONDS, STAGE_BUCKETS_SECONDS, ServiceMetrics, counter


class DeduperMetrics(ServiceMetrics):
    """``links`` by the rule that made them, the store's time, and how old an article is when it is deduped."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__("deduper", STATUSES, registry)
        self.links = counter(
            "wirewatch_deduper_links_total",
            "Articles joined to a story, by the rule that joined them; known versions are not counted again.",
            registry,
            linked_by=typing.get_args(LinkedBy),
        )
        self.store_seconds = Histogram(
            "wirewatch_deduper_store_seconds",
            "Time for a check-and-insert of up to 16 articles, waiting for the store and reading of the next included.",
            registry=registry,
            buckets=STAGE_BUCKETS_SECONDS,
        )
        self.fetched_to_deduped_seconds = Histogram(
            "wirewatch_deduper_fetched_to_deduped_seconds",
            "From the poller's fetch to the verdict, for articles that are not backfill.",
            registry=registry,
            buckets=LATENCY_BUCKETS_SECONDS,
        )
