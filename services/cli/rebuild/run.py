"""The work of ``wirewatch rebuild``: the alerter's own rebuild, put together for one run."""

from __future__ import annotations

import os
from datetime import timedelta

from services.alerter import severity_file
from services.alerter.edges.redis import RedisAlertStore, RedisStories, RedisStoryWriter
from services.alerter.edges.topics import KafkaLog
from services.alerter.rebuild import Rebuild, Report
from services.alerter.settings import AlerterSettings
from services.runtime.files import shipped as files
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.process import settings
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls, connect


async def rebuild(kafka: KafkaAccess, redis: RedisAccess) -> Report:
    """Put back into Redis what it lacks, with the alerter's settings of this environment."""
    own = {name: value for name, value in os.environ.items() if name.startswith("WIREWATCH_ALERTER_")}
    chosen = settings.load(AlerterSettings, "alerter", own)
    client, clock = connect(redis), SystemClock()
    calls = RedisCalls(clock, Waiting())
    store = RedisAlertStore(
        client,
        calls,
        clock,
        retention_days=chosen.retention_days,
        closed_retention_days=chosen.closed_retention_days,
        stream_revisions=chosen.stream_revisions,
    )
    try:
        return await Rebuild(
            log=KafkaLog(kafka),
            store=store,
            stories=RedisStories(client, calls),
            writer=RedisStoryWriter(client, calls),
            rules=severity_file.load(chosen.severity_file or files.seeds() / "severity.yaml"),
            stale_after=timedelta(hours=chosen.stale_after_hours),
            clock=clock,
        ).run()
    finally:
        await client.aclose()
