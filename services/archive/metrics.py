"""Metrics of the archive: messages by status as in every service, and how large the file is."""

from prometheus_client import CollectorRegistry

from services.archive.status import STATUSES
from services.runtime.process.metrics import ServiceMetrics


class ArchiveMetrics(ServiceMetrics):
    """What every stream service counts, and the file."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__("archive", STATUSES, registry)
        self.waiting.labels("disk").set(0)
        self.waiting_since.labels("disk").set(0)
        self.file_bytes = self.gauge("file_bytes", "What the file holds.")
        self.limit_bytes = self.gauge("limit_bytes", "What the file may hold.")
        self.oldest = self.gauge(
            "oldest_timestamp_seconds",
            "When the oldest article in the file was first seen (Unix time); 0 while there is none.",
        )
        self.dropped = self.counter(
            "dropped_total",
            "What was dropped from the file, by what it was (articles, alerts) and why (age, size).",
            what=("articles", "alerts"),
            why=("age", "size"),
        )
