"""Metrics of the tagger. Reloads: a failed one leaves the packs in force, so alert on ``result="refused"``."""

import re
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.contracts.messages import Role
from services.runtime.process.metrics import ServiceMetrics, counter
from services.tagger.core.model import Pack

STATUSES = ("tagged", "untagged", "dead")
TAG_BUCKETS_SECONDS = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 1.0)


def language_label(code: str | None) -> str:
    """Two letters of a language, so that the label has few values whatever the feed says."""
    known = (code or "")[:2].lower()
    return known if re.fullmatch("[a-z]{2}", known) else "unknown"


class TaggerMetrics(ServiceMetrics):
    """What every service counts, and the tags."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__("tagger", STATUSES, registry)
        self.tags = Counter(
            "wirewatch_tagger_tags_total",
            "Tags given, by topic and by role: primary, or mention in an article about something else.",
            ["topic", "role"],
            registry=registry,
        )
        self.tag_seconds = Histogram(
            "wirewatch_tagger_tag_seconds",
            "Time to tag one article.",
            registry=registry,
            buckets=TAG_BUCKETS_SECONDS,
        )
        self.truncated = Counter(
            "wirewatch_tagger_truncated_articles_total",
            "Articles longer than what is read of one: their end was not looked at.",
            registry=registry,
        )
        self.unread = Counter(
            "wirewatch_tagger_unread_articles_total",
            "Articles in a language that no topic pack has words of: they stay untagged.",
            ["language"],
            registry=registry,
        )
        self.reloads = counter(
            "wirewatch_tagger_pack_reloads_total",
            "Changes of the pack folder, by whether the new packs were taken or refused.",
            registry,
            result=("taken", "refused"),
        )
        self.pack_info = Gauge(
            "wirewatch_tagger_pack_info",
            "Always 1; the labels say which version of which topic pack is in force.",
            ["topic", "version"],
            registry=registry,
        )

    def packs_in_force(self, packs: tuple[Pack, ...]) -> None:
        """Show these packs and no others, with their counters at zero."""
        self.pack_info.clear()
        for pack in packs:
            self.pack_info.labels(pack.topic, pack.version).set(1)
            for role in get_args(Role):
                self.tags.labels(pack.topic, role)
