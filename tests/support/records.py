"""Record batches made by hand, byte by byte: what no client library would send, and every broker takes."""

from __future__ import annotations

import asyncio
import gzip
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import cramjam
from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NotLeaderForPartitionError, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.util import calc_crc32c, encode_varint

_XERIAL = b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1)
CODECS: Final[dict[str, int]] = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
NOW_MS: Final = 1_700_000_000_000
_SETTLING: Final[tuple[int, ...]] = (NotLeaderForPartitionError.errno, UnknownTopicOrPartitionError.errno)


@dataclass(frozen=True)
class RawRecord:
    """What a producer chooses. ``headers`` are names and values as bytes; ``timestamp`` is milliseconds since 1970."""

    value: bytes | None = b"{}"
    key: bytes | None = None
    headers: tuple[tuple[bytes, bytes | None], ...] = ()
    timestamp: int = NOW_MS


def a_batch(records: Sequence[RawRecord], *, codec: str = "none", tail: bytes = b"") -> bytes:
    """A batch of format 2 with these records; ``tail`` follows the compressed bytes, inside the checksum."""
    first = records[0].timestamp
    body = compress(codec, b"".join(_record(each, number, first) for number, each in enumerate(records))) + tail
    after_crc = struct.pack(
        ">hiqqqhii",
        *(CODECS[codec], len(records) - 1, first, max(each.timestamp for each in records)),
        *(-1, -1, -1, len(records)),
    )
    covered = after_crc + body
    head = struct.pack(">ibI", -1, 2, calc_crc32c(covered))
    return struct.pack(">qi", 0, len(head) + len(covered)) + head + covered


def compress(codec: str, data: bytes) -> bytes:
    """As producers of other languages do it."""
    done: dict[str, Callable[[], bytes]] = {
        "none": lambda: data,
        "gzip": lambda: gzip.compress(data),
        "snappy": lambda: _XERIAL + _sized(bytes(cramjam.snappy.compress_raw(data))),
        "lz4": lambda: _lz4(data),
        "zstd": lambda: bytes(cramjam.zstd.compress(data)),
    }
    return done[codec]()


class Sender:
    """Sends batches to one topic as they are. Use it as an async context manager."""

    def __init__(self, kafka: str, topic: str) -> None:
        self._client = AIOKafkaClient(bootstrap_servers=kafka)
        self._topic = topic

    async def __aenter__(self) -> Self:
        await self._client.bootstrap()
        await self._client.set_topics([self._topic])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def send(self, partition: int, batch: bytes) -> int:
        """Send a batch. Returns its offset; raises the error of a broker that refuses it."""
        for _ in range(50):
            code, offset = await self._send(partition, batch)
            if code not in _SETTLING:
                break
            await asyncio.sleep(0.1)  # the topic has just been made
            await self._client.force_metadata_update()
        if code:
            raise for_code(code)(f"{self._topic}-{partition} refuses it")
        return offset

    async def _send(self, partition: int, batch: bytes) -> tuple[int, int]:
        node = self._client.cluster.leader_for_partition(TopicPartition(self._topic, partition))
        if node in (None, -1):
            return _SETTLING[0], -1
        request = ProduceRequest(
            transactional_id=None, required_acks=-1, timeout=10_000, topics=[(self._topic, [(partition, batch)])]
        )
        answer = await self._client.send(node, request)
        ((_, ((_, code, offset, *_),)),) = answer.topics
        return int(code), int(offset)


def _record(record: RawRecord, number: int, first: int) -> bytes:
    out = bytearray(b"\x00")
    encode_varint(record.timestamp - first, out.append)
    encode_varint(number, out.append)
    for part in (record.key, record.value):
        _put(out, part)
    encode_varint(len(record.headers), out.append)
    for name, value in record.headers:
        _put(out, name)
        _put(out, value)
    length = bytearray()
    encode_varint(len(out), length.append)
    return bytes(length + out)


def _put(out: bytearray, part: bytes | None) -> None:
    encode_varint(-1 if part is None else len(part), out.append)
    out += part or b""


def _sized(block: bytes) -> bytes:
    return struct.pack(">i", len(block)) + block


def _lz4(data: bytes) -> bytes:
    compressor = cramjam.lz4.Compressor(level=1, content_checksum=False, block_linked=False)  # as Kafka has it
    compressor.compress(data)
    return bytes(compressor.finish())
