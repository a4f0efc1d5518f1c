"""The work of ``wirewatch rebuild``: the services' own rebuilds, put together for one run."""

import os
from datetime import timedelta
from typing import TypeVar

from services.alert_store.redis import AlertRecords
from services.alerter import severity_file
from services.alerter.edges.redis import RedisStories, RedisStoryWriter
from services.alerter.edges.topics import KafkaLog
from services.alerter.rebuild import Rebuild, Report
from services.alerter.settings import AlerterSettings
from services.cli import store
from services.deduper import rebuild as index
from services.deduper.edges.article_log import KafkaArticleLog
from services.deduper.edges.redis import RedisIndexStore
from services.deduper.settings import DeduperSettings
from services.deduper.vocabularies import Vocabularies
from services.runtime.files import shipped as files
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.process import settings
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.process.settings import CommonSettings

S = TypeVar("S", bound=CommonSettings)


async def rebuild_index(kafka: KafkaAccess, redis: RedisAccess) -> index.Report:
    """Make the deduper's index and the members of stories again, with the deduper's settings of this environment."""
    window_s = _settings(DeduperSettings, "deduper").window_hours * 3600
    clock = SystemClock()
    async with store.opened(redis) as (client, calls):
        kept = RedisIndexStore(client, calls, window_s=window_s)
        log = KafkaArticleLog(kafka, clock, Waiting())
        return await index.Rebuild(kept, log, clock, Vocabularies().of, window_s=window_s).run()


async def rebuild_alerts(kafka: KafkaAccess, redis: RedisAccess) -> Report:
    """Put back into Redis what it lacks of alerts, with the alerter's settings of this environment."""
    chosen = _settings(AlerterSettings, "alerter")
    clock = SystemClock()
    async with store.opened(redis) as (client, calls):
        return await Rebuild(
            log=KafkaLog(kafka),
            store=AlertRecords(client, calls, clock, chosen.retention()),
            stories=RedisStories(client, calls),
            writer=RedisStoryWriter(client, calls),
            rules=severity_file.load(chosen.severity_file or files.seeds() / "severity.yaml"),
            stale_after=timedelta(hours=chosen.stale_after_hours),
            clock=clock,
        ).run()


def _settings(kind: type[S], service: str) -> S:
    prefix = f"{settings.PREFIX}{service.upper()}_"
    return settings.load(kind, service, {name: value for name, value in os.environ.items() if name.startswith(prefix)})
