"""Bodies as they come over the wire: decompressed against a limit, and whole or refused."""

import zlib
from typing import Final

from services.poller.errors import BadBodyError, TooLargeError

_STEP: Final = 1 << 20


class Decoder:
    """Undoes one Content-Encoding (gzip, deflate or none), never holding more than ``limit`` bytes."""

    def __init__(self, encoding: str, limit: int) -> None:
        name = encoding.strip().lower()
        if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise BadBodyError(f"content encoding {name[:40]!r} was not asked for")
        self._gzip = name in ("gzip", "x-gzip")
        self._deflate = name == "deflate"
        self._inflate = zlib.decompressobj(wbits=31 if self._gzip else 15) if self._gzip or self._deflate else None
        self._limit = limit
        self._size = 0
        self._parts: list[bytes] = []
        self._started = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes. Raises :class:`TooLargeError` or :class:`BadBodyError`."""
        if self._inflate is None:
            self._keep(chunk)
            return
        if self._deflate and not self._started and chunk and chunk[0] & 0x0F != 8:
            self._inflate = zlib.decompressobj(wbits=-15)  # raw deflate: what half the servers mean by the word
        while chunk:
            self._started = True
            if self._inflate.eof:
                if not self._gzip or not chunk.strip(b"\0"):
                    return  # what follows the stream is padding
                self._inflate = zlib.decompressobj(wbits=31)  # gzip may have several members
            try:
                self._keep(self._inflate.decompress(chunk, _STEP))
                while self._inflate.unconsumed_tail:
                    self._keep(self._inflate.decompress(self._inflate.unconsumed_tail, _STEP))
            except zlib.error as error:
                raise BadBodyError(f"not what its content encoding says: {error}") from None
            chunk = self._inflate.unused_data

    def finish(self) -> bytes:
        """The whole body. Raises :class:`BadBodyError` where the compressed stream has no end."""
        if self._inflate is not None and self._started and not self._inflate.eof:
            raise BadBodyError("the compressed body ends early")
        return b"".join(self._parts)

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            raise TooLargeError(f"more than {self._limit} bytes")
        self._parts.append(part)
