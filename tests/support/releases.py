"""What each release wrote (tests/golden/releases), as data, and back in a store: later versions go on with it.

python -m tests.support.releases 0.1.0 --home .wirewatch     records what a running `wirewatch up` wrote
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gzip
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import redis.asyncio

from services.contracts import codec, topics
from services.contracts.messages import Alert, Article, DeadLetter, Duplicate, TaggedArticle, UniqueArticle
from services.local.home import Home
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.kafka.log_reader import read_all
from services.runtime.redis.connection import connect

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "releases"
STRUCTS: dict[str, type[Any]] = {
    topics.ARTICLES: Article,
    topics.UNIQUE: UniqueArticle,
    topics.DUPLICATES: Duplicate,
    topics.TAGGED: TaggedArticle,
    topics.ALERTS: Alert,
    topics.DEAD: DeadLetter,
}


@dataclass(frozen=True)
class Message:
    """One record of a topic."""

    topic: str
    key: str
    value: bytes


@dataclass(frozen=True)
class Release:
    """The files of one release: ``messages.jsonl.gz``, ``redis.jsonl.gz`` and, since 0.1.0, ``archive.db.gz``."""

    name: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    def messages(self) -> list[Message]:
        """The records, in the order of the pipeline; of one topic in the order in which they were sent."""
        return [Message(each["topic"], each["key"], each["value"].encode()) for each in self._lines("messages")]

    def decoded(self, topic: str) -> list[Any]:
        """The messages of one topic."""
        return [codec.decode(one.value, STRUCTS[topic]) for one in self.messages() if one.topic == topic]

    def ended(self) -> datetime:
        """When the last article was fetched: tests go on from there, with a clock of their own."""
        times: list[datetime] = [article.fetched_at for article in self.decoded(topics.ARTICLES)]
        return max(times)

    def entries(self) -> list[dict[str, Any]]:
        """The keys of Redis: key, type, ttl, value."""
        return list(self._lines("redis"))

    def key_names(self) -> list[bytes]:
        """The names of the keys of Redis."""
        return [_bytes(entry["key"]) for entry in self.entries()]

    def archive(self, folder: Path) -> Path:
        """A copy of the archive, to write to."""
        path = folder / "archive.db"
        path.write_bytes(gzip.decompress((self.folder / "archive.db.gz").read_bytes()))
        return path

    async def restore(self, client: redis.asyncio.Redis) -> None:
        """Put every key back, without its time to live."""
        async with client.pipeline(transaction=False) as pipe:
            for entry in self.entries():
                key, value = _bytes(entry["key"]), entry["value"]
                match entry["type"]:
                    case "string":
                        pipe.set(key, _bytes(value))
                    case "hash":
                        pipe.hset(key, mapping={_bytes(name): _bytes(held) for name, held in value})
                    case "zset":
                        pipe.zadd(key, {_bytes(member): score for member, score in value})
                    case "set":
                        pipe.sadd(key, *[_bytes(member) for member in value])
                    case "stream":
                        for id_, fields in value:
                            pipe.xadd(key, {_bytes(name): _bytes(held) for name, held in fields}, id=id_)
                    case other:
                        raise AssertionError(f"{key!r} is a {other}")
            await pipe.execute()

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        with gzip.open(self.folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


FIRST = Release("first")
NUMBERED = [Release(folder.name) for folder in sorted(FOLDER.glob("[0-9]*"))]
EVERY = [FIRST, *NUMBERED]


async def record(name: str, home: Path) -> None:
    """Write the files of a release from the pipeline that runs in ``home``."""
    run = Home(home).read_run()
    if run is None:
        raise SystemExit(f"Nothing runs in {home}: start `wirewatch up --home {home}` first.")
    folder = FOLDER / name
    folder.mkdir(parents=True)
    _write(folder / "messages.jsonl.gz", [one async for one in _records(run.kafka)])
    client = connect(RedisAccess(run.redis))
    _write(folder / "redis.jsonl.gz", [await _entry(client, key) async for key in client.scan_iter()])
    await client.aclose()
    copy = folder / "archive.db"
    with closing(sqlite3.connect(home / "archive.db")) as live, closing(sqlite3.connect(copy)) as to:
        live.backup(to)
        to.execute("PRAGMA journal_mode = DELETE")
    (folder / "archive.db.gz").write_bytes(gzip.compress(copy.read_bytes(), mtime=0))
    copy.unlink()


async def _records(kafka: str) -> AsyncIterator[dict[str, Any]]:
    for topic in STRUCTS:
        found = [one async for one in read_all(KafkaAccess(kafka), topic)]
        for one in sorted(found, key=lambda each: (each.sent_at, each.partition, each.offset)):
            key, value = (one.key or b"").decode(), (one.value or b"").decode()
            yield {"topic": topic, "key": key, "headers": sorted(one.headers.items()), "value": value}


async def _entry(client: Any, key: bytes) -> dict[str, Any]:
    kind = (await client.type(key)).decode()
    value: Any
    match kind:
        case "string":
            value = _text(await client.get(key))
        case "hash":
            value = [[_text(name), _text(held)] for name, held in sorted((await client.hgetall(key)).items())]
        case "zset":
            value = [[_text(member), score] for member, score in await client.zrange(key, 0, -1, withscores=True)]
        case "set":
            value = [_text(member) for member in sorted(await client.smembers(key))]
        case "stream":
            value = [
                [id_.decode(), [[_text(n), _text(v)] for n, v in fields.items()]]
                for id_, fields in await client.xrange(key)
            ]
        case other:
            raise SystemExit(f"{key!r} is a {other}, which restore() does not know.")
    return {"key": _text(key), "type": kind, "ttl": await client.ttl(key), "value": value}


def _write(path: Path, lines: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _text(value: bytes) -> str | dict[str, str]:
    return value.decode() if value.isascii() else {"base64": base64.b64encode(value).decode()}


def _bytes(value: str | dict[str, str]) -> bytes:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value.encode()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Record what a release writes.")
    parser.add_argument("release", help="its number, such as 0.1.0")
    parser.add_argument("--home", type=Path, default=Path(".wirewatch"), help="where `wirewatch up` runs")
    given = parser.parse_args()
    asyncio.run(record(given.release, given.home))
