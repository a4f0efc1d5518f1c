"""What a consumer makes of the bytes that a broker hands over, whoever wrote them.

aiokafka 0.14 stops for good at a record that the broker has taken: where a header's name is not UTF-8, where a
compressed batch has a tail that its decompressor does not know, or where a few kilobytes become gigabytes. Its fetcher
takes batches from one name, ``MemoryRecords``; :func:`install` puts a class of ours there, for every consumer of the
process (docs/decisions/0005-records.md).

- A header's name that is not UTF-8 arrives with its bytes as ``\\xff``, and the record is handled as any other.
- A batch that cannot be read arrives as one record: its value is the bytes of the batch, and the header
  ``ww-unreadable`` says why. No message of ours begins like a batch, so whoever decodes it sets it aside.
- What one fetch may grow to is bounded; what is left of it is fetched again.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import cramjam
from aiokafka.consumer import fetcher
from aiokafka.errors import KafkaError
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

from services.runtime.messages.dead_letters import UNREADABLE
from services.runtime.process.logging import get

log = get(__name__)

MAX_BATCH_BYTES: Final = 8 * 1024 * 1024  # decompressed; a message has 1 MB at most, a batch of ours 256 kB
MAX_FETCH_BYTES: Final = 16 * 1024 * 1024  # of one partition, decompressed

_LENGTH = struct.Struct(">qi")  # base offset, length of what follows
_HEADER_BYTES = 61
_MAGIC_AT, _ATTRIBUTES_AT, _COUNT_AT = 16, 21, 57
_CODEC = 0x07
_GZIP, _SNAPPY, _LZ4, _ZSTD = 1, 2, 3, 4
_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEADER_BYTES = 16
_USUAL_RATIO = 16
# All that a parser in Python, Cython or Rust raises at bytes that are not what they say; it must not stop the consumer.
_FAILURES = (
    *(ArithmeticError, AssertionError, EOFError, LookupError, MemoryError, RuntimeError, TypeError, ValueError),
    *(struct.error, zlib.error, cramjam.DecompressionError, KafkaError),
)

Headers = tuple[tuple[str, bytes | None], ...]


class UnreadableError(ValueError):
    """A batch that the broker took and that cannot be read here."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as aiokafka's own are; ``timestamp`` is milliseconds since 1970."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    checksum: None = field(default=None)


def install() -> None:
    """Have every consumer of this process read records as this module does. Harmless to repeat."""
    if fetcher.MemoryRecords is not Records:
        if fetcher.MemoryRecords is not MemoryRecords:
            raise RuntimeError("aiokafka.consumer.fetcher has no MemoryRecords to replace: another version than 0.14?")
        fetcher.MemoryRecords = Records


class Records:
    """The batches of one fetch, as ``aiokafka.record.MemoryRecords``."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._grown = 0

    def size_in_bytes(self) -> int:
        """How many bytes came, an unfinished batch at the end included."""
        return len(self._data)

    def has_next(self) -> bool:
        """Whether a whole batch is left; False, too, once what was read has grown large: it is fetched anew."""
        return self._end() is not None and self._grown < MAX_FETCH_BYTES

    def next_batch(self) -> Any:
        """The next batch, None where there is none."""
        end = self._end()
        if end is None:
            return None
        raw, self._at = bytes(self._data[self._at : end]), end
        batch = MemoryRecords(raw).next_batch()
        return batch if raw[_MAGIC_AT] < 2 else Batch(batch, raw, self)

    def grew(self, count: int) -> None:
        """Note that a batch became ``count`` bytes."""
        self._grown += count

    def _end(self) -> int | None:
        if self._at + _LENGTH.size > len(self._data):
            return None
        _, length = _LENGTH.unpack_from(self._data, self._at)
        end = self._at + _LENGTH.size + int(length)
        return end if end <= len(self._data) else None


class Batch:
    """A batch of aiokafka's whose records can always be had. What is asked of it else is asked of that one."""

    def __init__(self, batch: Any, raw: bytes, records: Records) -> None:
        self._batch = batch
        self._raw = raw
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        """The records. All are read before the first is given, so that an unreadable batch is not given in part."""
        try:
            return iter(self._read())
        except _FAILURES as error:  # with a traceback would come the batch, which may have megabytes
            log.error("unreadable_batch", base_offset=self._batch.base_offset, error=repr(error))
            return iter([self._stand_in(error)])

    def _read(self) -> list[Any]:
        plain = self._plain()
        self._records.grew(len(plain))
        try:
            return list(MemoryRecords(plain).next_batch())
        except UnicodeDecodeError:
            return list(_records(plain, self._batch))

    def _plain(self) -> bytes:
        """The batch as if it had been sent without compression."""
        raw = self._raw
        codec = raw[_ATTRIBUTES_AT + 1] & _CODEC
        if codec == 0:
            return raw
        body = decompressed(codec, raw[_HEADER_BYTES:], most=MAX_BATCH_BYTES)
        header = bytearray(raw[:_HEADER_BYTES])
        header[_ATTRIBUTES_AT + 1] &= ~_CODEC & 0xFF
        _LENGTH.pack_into(header, 0, self._batch.base_offset, _HEADER_BYTES - _LENGTH.size + len(body))
        return bytes(header) + body

    def _stand_in(self, error: Exception) -> Record:
        """At the last offset of the batch, so that reading goes on behind it wherever in the batch it began."""
        why = f"{type(error).__name__}: {error}"[:300].encode("utf-8", "replace")
        offset = self._batch.next_offset - 1
        return Record(offset, self._batch.max_timestamp, 0, None, self._raw, ((UNREADABLE, why),))


def decompressed(codec: int, data: bytes, *, most: int) -> bytes:
    """The records of a compressed batch. Raises :class:`UnreadableError` where they are more than ``most`` bytes."""
    if codec == _GZIP:
        return _gunzipped(data, most)
    if codec == _SNAPPY:
        return _unsnapped(data, most)
    if codec in (_LZ4, _ZSTD):
        return _unframed(cramjam.lz4 if codec == _LZ4 else cramjam.zstd, data, most)
    raise UnreadableError(f"compression {codec} is unknown")


def _gunzipped(data: bytes, most: int) -> bytes:
    """Of several members all; what follows the last and is none is ignored, as the broker ignores it."""
    out = bytearray()
    while data[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(wbits=31)
        out += member.decompress(data, most - len(out) + 1)
        if len(out) > most:
            raise _too_large(most)
        if not member.eof:
            raise UnreadableError("gzip ends early")
        data = member.unused_data
    return bytes(out)


def _unsnapped(data: bytes, most: int) -> bytes:
    if not data.startswith(_XERIAL):
        return _snappy_block(data, most)
    out, at = bytearray(), _XERIAL_HEADER_BYTES
    while at < len(data):
        (size,) = struct.unpack_from(">i", data, at)
        if size < 0 or at + 4 + size > len(data):
            raise UnreadableError("snappy has a block of a wrong size")
        out += _snappy_block(data[at + 4 : at + 4 + size], most - len(out))
        at += 4 + size
    return bytes(out)


def _snappy_block(data: bytes, most: int) -> bytes:
    if cramjam.snappy.decompress_raw_len(data) > most:
        raise _too_large(most)
    return bytes(cramjam.snappy.decompress_raw(data))


def _unframed(library: Any, data: bytes, most: int) -> bytes:
    """lz4 and zstd, into a buffer of the usual size and, where that is too small, of the largest that is allowed."""
    for size in (min(_USUAL_RATIO * len(data) + 4096, most), most):
        buffer = bytearray(size)
        try:
            written = library.decompress_into(data, buffer)
        except cramjam.DecompressionError as error:
            failure = error
        else:
            return bytes(memoryview(buffer)[:written])
    raise UnreadableError(f"not decompressed within {most} bytes: {failure}") from failure


def _too_large(most: int) -> UnreadableError:
    return UnreadableError(f"decompressed more than {most} bytes")


def _records(plain: bytes, batch: Any) -> Iterator[Record]:
    """The records of a batch without compression, the names of their headers made readable.

    Format: https://kafka.apache.org/documentation/#recordbatch. Every number is a zigzag varint.
    """
    buffer = bytearray(plain)
    (count,) = struct.unpack_from(">i", buffer, _COUNT_AT)
    at = _HEADER_BYTES
    for _ in range(count):
        length, at = decode_varint(buffer, at)
        end = at + length
        later, at = decode_varint(buffer, at + 1)  # one byte of attributes, which are not used
        further, at = decode_varint(buffer, at)
        key, at = _bytes(buffer, at)
        value, at = _bytes(buffer, at)
        headers, at = _headers(buffer, at)
        timestamp = batch.max_timestamp if batch.timestamp_type else batch.first_timestamp + later
        yield Record(batch.base_offset + further, timestamp, batch.timestamp_type, key, value, headers)
        at = end


def _headers(buffer: bytearray, at: int) -> tuple[Headers, int]:
    count, at = decode_varint(buffer, at)
    found: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        name, at = _bytes(buffer, at)
        value, at = _bytes(buffer, at)
        found.append(((name or b"").decode("utf-8", "backslashreplace"), value))
    return tuple(found), at


def _bytes(buffer: bytearray, at: int) -> tuple[bytes | None, int]:
    length, at = decode_varint(buffer, at)
    return (None, at) if length < 0 else (bytes(buffer[at : at + length]), at + length)
