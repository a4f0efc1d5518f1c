"""What the first landed version wrote (tests/golden/first_version), as data, and back in a store."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis.asyncio

from services.contracts import topics
from services.contracts.messages import Alert, Article, DeadLetter, Duplicate, TaggedArticle, UniqueArticle

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "first_version"
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


def messages() -> list[Message]:
    """The records, in the order of the line."""
    lines = (FOLDER / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    return [Message(each["topic"], each["key"], each["value"].encode()) for each in map(json.loads, lines)]


def entries() -> list[dict[str, Any]]:
    """The keys of Redis: key, type, ttl, value."""
    return [json.loads(line) for line in (FOLDER / "redis.jsonl").read_text(encoding="utf-8").splitlines()]


async def restore(client: redis.asyncio.Redis) -> None:
    """Put every key back, without its time to live."""
    async with client.pipeline(transaction=False) as pipe:
        for entry in entries():
            key, value = entry["key"], entry["value"]
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
                    raise AssertionError(f"{key} is a {other}")
        await pipe.execute()


def _bytes(value: str | dict[str, str]) -> bytes:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value.encode()
