"""Composition root of the archive: ``python -m services.archive``."""

from datetime import timedelta
from functools import partial

from services.archive.catch_up import catch_up
from services.archive.edges.kafka_app import build_app
from services.archive.edges.sqlite import SqliteArchive
from services.archive.edges.topics import KafkaLog
from services.archive.handler import ArchiveHandler
from services.archive.metrics import ArchiveMetrics
from services.archive.recent import RecentHandler
from services.archive.settings import ArchiveSettings
from services.archive_store.database import Writer
from services.archive_store.recent import RecentWriter, recent_beside
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import kafka_of
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.kafka.service import StreamService
from services.runtime.messages.isolate import Isolating
from services.runtime.process import run as process
from services.runtime.process.run import Context, Service


def build(settings: ArchiveSettings, context: Context) -> Service:
    """The archive on a real Kafka and a file."""
    _check(settings)
    clock, waiting = context.clock, context.waiting
    metrics = ArchiveMetrics(context.registry)
    waiting.show_on(metrics.waiting, metrics.waiting_since)
    kafka = kafka_of(settings)
    file = SqliteArchive(Writer(settings.file), clock, waiting)
    publisher = KafkaPublisher(kafka=kafka, client_id="wirewatch-archive", clock=clock, waiting=waiting)
    handler = ArchiveHandler(
        file=file,
        publisher=publisher,
        keep=timedelta(days=settings.keep_days),
        most_bytes=int(settings.max_gigabytes * 1e9),
        clock=clock,
        metrics=metrics,
    )
    isolating = Isolating(handler, publisher=publisher, clock=clock, metrics=metrics)

    async def retain_at_intervals() -> None:
        while True:
            await handler.retain()
            await clock.sleep(settings.retention_seconds)

    recent_file = RecentWriter(recent_beside(settings.file))
    recent = RecentHandler(file=recent_file, publisher=publisher, clock=clock, metrics=metrics)

    async def close() -> None:
        file.close()
        recent_file.close()

    return StreamService(
        build_app(settings, isolating, Isolating(recent, publisher=publisher, clock=clock, metrics=metrics)),
        publisher,
        before=[
            partial(
                catch_up, file, isolating, KafkaLog(kafka, f"wirewatch-{settings.reader}"), clock=clock, waiting=waiting
            )
        ],
        beside=[retain_at_intervals],
        closing=[close],
        waiting=waiting,
        metrics=metrics,
    )


def _check(settings: ArchiveSettings) -> None:
    """Refuse what would keep nothing. Raises :class:`UsageError`."""
    if settings.keep_days < 1:
        raise UsageError(f"WIREWATCH_ARCHIVE_KEEP_DAYS is {settings.keep_days}: give at least 1.")
    if settings.max_gigabytes <= 0:
        raise UsageError(f"WIREWATCH_ARCHIVE_MAX_GIGABYTES is {settings.max_gigabytes:g}: give more than 0.")
    if settings.copy and not settings.copy.isalnum():
        raise UsageError(f"WIREWATCH_ARCHIVE_COPY is {settings.copy!r}: give letters and digits.")


if __name__ == "__main__":
    process.run("archive", ArchiveSettings, build)
