"""What Kafka has and the file has not: after a crash, with an older backup in place, or without a file."""

from services.archive.handler import TOPICS
from services.archive.ports import ArchiveFile, Log
from services.runtime.ports import StreamHandler
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get
from services.runtime.process.outages import Waiting, until_available

log = get(__name__)


async def catch_up(file: ArchiveFile, handler: StreamHandler, kafka: Log, *, clock: Clock, waiting: Waiting) -> int:
    """Hand it to ``handler``, from where the file's own positions end; how many messages there were.

    The stream goes on from the offsets that the group has committed. They say that some file has taken what lies before
    them, not that this one has it: where the file ends earlier, what lies between is read first. While Kafka is away
    it is tried again, from where it was.
    """
    taken = 0

    async def attempt() -> None:
        nonlocal taken
        positions = await file.positions()
        committed = await kafka.committed()
        behind = {
            topic
            for (topic, partition), offset in committed.items()
            if topic in TOPICS and positions.get((topic, partition), 0) < offset
        }
        for topic in sorted(behind):
            begin = {partition: offset for (name, partition), offset in positions.items() if name == topic}
            async for batch in kafka.read(topic, begin):
                if batch:
                    await handler.handle(batch)
                    taken += len(batch)
                    waiting.busy_with(f"reading what the file lacks: {taken} messages of Kafka")

    try:
        await until_available(attempt, server="kafka", clock=clock, waiting=waiting)
    finally:
        waiting.busy_with(None)
    log.info("caught_up", messages=taken)
    return taken
