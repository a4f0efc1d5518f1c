"""The ledger of a run: every id that was sent, and what became of it, read from Kafka and Redis as a stranger would.

A reader of its own follows the topics from their beginning, so that a row can be judged while the line runs on.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis.asyncio
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from services.archive_store.database import reading
from services.archive_store.reader import quote_checks
from services.contracts import codec, redis_keys, topics
from services.contracts.messages import Alert, DeadLetter, Duplicate, UniqueArticle
from services.runtime.messages.dead_letters import MAX_VALUE_BYTES
from tests.bench.corpus import Item

_ARCHIVE_SECONDS = 60  # it may still be reading what the topic has
_READ = (topics.UNIQUE, topics.DUPLICATES, topics.ALERTS, topics.DEAD)


@dataclass
class Entry:
    """One article that was sent or shown. ``at`` is monotonic seconds; ``feed`` where a feed showed it."""

    item: Item
    at: float
    feed: bool


@dataclass(frozen=True)
class Verdict:
    """``lost``, ``doubled`` and ``wrong`` are what must be empty; they name what they mean."""

    checked: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    wrong: tuple[str, ...]


@dataclass
class Book:
    """What was sent, and what the topics say of it."""

    kafka: str
    store: str
    archive: Path = Path("archive.db")
    entries: dict[str, Entry] = field(default_factory=dict)
    pending: dict[str, Entry] = field(default_factory=dict)
    poison: dict[str, bytes | None] = field(default_factory=dict)  # dead letter id to the bytes that were sent
    stories: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # article id to story ids
    alerts: dict[str, dict[int, Alert]] = field(default_factory=lambda: defaultdict(dict))
    decided: dict[tuple[str, str], UniqueArticle | Duplicate] = field(default_factory=dict)  # the deduper's word
    alert_stories: set[str] = field(default_factory=set)
    # story id to the alerts that tell it; two groups whose events are alike may be told by one
    told: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    dead: dict[str, DeadLetter] = field(default_factory=dict)
    messages: int = 0
    quotes: int = 0  # checked in the archive, at the end
    alert_messages: int = 0
    torn: list[str] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None

    def sent(self, item: Item, *, feed: bool) -> None:
        """Note an article that was accepted by Kafka, or is shown by a feed from now on."""
        entry = Entry(item, time.monotonic(), feed)
        self.entries[item.article.id] = self.pending[item.article.id] = entry

    def start(self) -> None:
        """Begin to follow the topics."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _follow(self) -> None:
        positions: dict[Any, int] = {}
        while True:
            consumer = AIOKafkaConsumer(
                *_READ, bootstrap_servers=self.kafka, auto_offset_reset="earliest", group_id=None,
                request_timeout_ms=10_000, metadata_max_age_ms=5_000,
            )  # fmt: skip
            try:
                await consumer.start()
                for part, at in positions.items():
                    consumer.seek(part, at)
                while True:
                    for part, records in (await consumer.getmany(timeout_ms=250, max_records=2000)).items():
                        for record in records:
                            self._take(record.topic, record.value)
                        positions[part] = records[-1].offset + 1
            except (KafkaError, OSError, AssertionError):
                await asyncio.sleep(0.5)
            finally:
                with suppress(Exception):
                    await asyncio.wait_for(consumer.stop(), 5)

    def _take(self, topic: str, value: bytes) -> None:
        self.messages += 1
        if topic == topics.UNIQUE:
            unique = codec.decode(value, UniqueArticle)
            self.stories[unique.article.id].add(unique.story_id)
            self.decided.setdefault((unique.article.id, unique.story_id), unique)
        elif topic == topics.DUPLICATES:
            copy = codec.decode(value, Duplicate)
            self.stories[copy.article_id].add(copy.story_id)
            self.decided.setdefault((copy.article_id, copy.story_id), copy)
        elif topic == topics.DEAD:
            letter = codec.decode(value, DeadLetter)
            self.dead[letter.id] = letter
        else:
            self._take_alert(codec.decode(value, Alert))

    def _take_alert(self, alert: Alert) -> None:
        self.alert_messages += 1
        before = self.alerts[alert.id].setdefault(alert.revision, alert)
        if before != alert:
            self.torn.append(f"revision {alert.revision} of alert {alert.id} was sent with two contents")
        self.alert_stories.add(alert.story_id)
        for story in (alert.story_id, *alert.stories):
            self.told[story].add(alert.id)

    def settle(self) -> None:
        """Strike from :attr:`pending` what has arrived: in a story, and where it asks for one, with an alert sent."""
        for article_id in [known for known, entry in self.pending.items() if self._arrived(known, entry)]:
            del self.pending[article_id]

    def _arrived(self, article_id: str, entry: Entry) -> bool:
        stories = self.stories.get(article_id, set())
        return bool(stories) and (entry.item.kind == "plain" or not self.told.keys().isdisjoint(stories))

    def waiting(self, *, feeds: bool) -> list[Entry]:
        """What has not arrived yet, oldest first; of what feeds show only where ``feeds``."""
        self.settle()
        return sorted((e for e in self.pending.values() if feeds or not e.feed), key=lambda entry: entry.at)

    def asking(self) -> set[str]:
        """The stories of groups that ask for an alert."""
        asking = [i for i, entry in self.entries.items() if entry.item.kind != "plain"]
        return {story for article_id in asking for story in self.stories.get(article_id, ())}

    async def judge(self, of: Iterable[str]) -> Verdict:
        """The verdict on some article ids, the store included."""
        self.settle()
        known = [article_id for article_id in of if article_id in self.entries]
        lost = [f"{i}: group {self.entries[i].item.group} has no story or no alert" for i in known if i in self.pending]
        lost += await self._not_in_store([article_id for article_id in known if article_id not in self.pending])
        doubled, wrong = self._groups({self.entries[i].item.group for i in known})
        return Verdict(len(known), tuple(lost), tuple(doubled), tuple(wrong))

    def _groups(self, groups: set[int]) -> tuple[list[str], list[str]]:
        stories: dict[int, set[str]] = defaultdict(set)
        kinds: dict[int, str] = {}
        for article_id, entry in self.entries.items():
            if entry.item.group in groups:
                stories[entry.item.group] |= self.stories.get(article_id, set())
                kinds[entry.item.group] = entry.item.kind
        alerting = {group: [one for one in of if one in self.alert_stories] for group, of in stories.items()}
        apart = [f"group {group} is in {len(of)} stories" for group, of in stories.items() if len(of) > 1]
        doubled = [f"group {group} has {len(of)} alerts" for group, of in alerting.items() if len(of) > 1]
        told = {group for group, of in stories.items() if not self.told.keys().isdisjoint(of)}
        wrong = [f"group {group} must not alert" for group in sorted(told) if kinds[group] == "plain"]
        return doubled, [*wrong, *apart]

    async def _not_in_store(self, article_ids: list[str]) -> list[str]:
        """What the topics know and Redis does not: members of stories, and alerts with their revision."""
        pairs = [(article_id, story) for article_id in article_ids for story in sorted(self.stories[article_id])]
        alerts = sorted({alert_id for _, story in pairs for alert_id in self.told.get(story, ())})
        async with redis.asyncio.Redis.from_url(self.store) as store, store.pipeline(transaction=False) as pipe:
            for article_id, story in pairs:
                pipe.hexists(redis_keys.story("en", story), article_id)
            for alert_id in alerts:
                pipe.hget(redis_keys.alert(alert_id), "published")
            replies: list[Any] = await pipe.execute()
        lost = [
            f"{i} is not in story {story} of the store"
            for (i, story), there in zip(pairs, replies, strict=False)
            if not there
        ]
        for alert_id, published in zip(alerts, replies[len(pairs) :], strict=True):
            highest = max(self.alerts[alert_id])
            if int(published or 0) < highest:
                lost.append(f"alert {alert_id} is at {published} in the store, {highest} on the topic")
        return lost

    async def whole(self) -> list[str]:
        """What is wrong with the run as a whole: the sets of the store and of the topic, the dead, torn revisions."""
        async with redis.asyncio.Redis.from_url(self.store) as store:
            names: Any = await store.zrange(redis_keys.ALERTS_BY_TIME, 0, -1)
            outbox = await store.zcard(redis_keys.ALERTS_OUTBOX)
        listed = {name.decode() for name in names}
        wrong = list(self.torn)
        if listed ^ set(self.alerts):
            only = len(listed - set(self.alerts)), len(set(self.alerts) - listed)
            wrong.append(f"{only[0]} alerts are in the store alone, {only[1]} on the topic alone")
        if outbox:
            wrong.append(f"{outbox} alerts stand in the outbox")
        wrong += self.dead_letters()
        wrong += await self.not_in_archive()
        return wrong

    async def not_in_archive(self) -> list[str]:
        """Revisions of the topic that the archive has not, and quotes that do not stand in its texts."""
        sent = {(alert_id, revision) for alert_id, revisions in self.alerts.items() for revision in revisions}
        missing = sent
        for _ in range(_ARCHIVE_SECONDS):
            with reading(self.archive, seconds=None) as db:
                missing = sent - set(db.execute("SELECT alert_id, revision FROM revisions"))
            if not missing:
                break
            await asyncio.sleep(1)
        with reading(self.archive, seconds=None) as db:
            checks = list(quote_checks(db))
        wrong = [f"{len(missing)} of {len(sent)} revisions are not in the archive"] if missing else []
        wrong += [f"{one.alert_id} in the archive: {one.problem} “{one.quote}”" for one in checks if one.problem][:5]
        self.quotes = len(checks)
        return wrong

    def dead_letters(self) -> list[str]:
        """Where the dead letters are not exactly the poison, with the bytes that were sent."""
        wrong = [
            f"dead letter {i} of {self.dead[i].service} was no poison" for i in sorted(self.dead.keys() - self.poison)
        ]
        wrong += [f"poison {i} is no dead letter" for i in sorted(self.poison.keys() - self.dead)]
        wrong += [
            f"dead letter {i} has other bytes than were sent"
            for i in sorted(self.poison.keys() & self.dead)
            if not _carries(self.dead[i], self.poison[i])
        ]
        return wrong


def _carries(letter: DeadLetter, sent: bytes | None) -> bool:
    """Whether a letter has the bytes that were sent, or says that they were too many to repeat."""
    if sent is not None and len(sent) > MAX_VALUE_BYTES:
        return letter.value is None and f"value of {len(sent)} bytes left out" in letter.detail
    return letter.value == sent
