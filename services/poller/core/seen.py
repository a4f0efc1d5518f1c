"""What of a feed was already sent: article id, version and first sight, packed, newest last, bounded.

22 bytes an item: the 12 bytes of the article id, 6 of the version, 4 of the time (seconds since 1970). Losing it only
sends items again, which the services after the poller recognise.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

_ID: Final = 12
_VERSION: Final = 6
_TIME: Final = 4
_ITEM: Final = _ID + _VERSION + _TIME
KEPT_AT_LEAST: Final = 400


class Seen:
    """The record of one feed. Not thread-safe."""

    def __init__(self, packed: bytes | None = None) -> None:
        data = packed or b""
        self._items: dict[bytes, bytes] = {
            data[at : at + _ID]: data[at + _ID : at + _ITEM] for at in range(0, len(data) - _ITEM + 1, _ITEM)
        }

    def __len__(self) -> int:
        return len(self._items)

    def version_sent(self, article_id: str, version: str) -> bool:
        """Whether this version of this article was sent before."""
        return self._items.get(bytes.fromhex(article_id), b"")[:_VERSION] == _short(version)

    def first_seen(self, article_id: str) -> datetime | None:
        """When any version of this article was first sent; None where none was."""
        kept = self._items.get(bytes.fromhex(article_id))
        return datetime.fromtimestamp(int.from_bytes(kept[_VERSION:], "big"), UTC) if kept else None

    def add(self, items: Iterable[tuple[str, str]], now: datetime) -> None:
        """Note (article id, version) pairs as sent ``now``; they become the newest, their first sight stays."""
        for article_id, version in items:
            key = bytes.fromhex(article_id)
            before = self._items.pop(key, b"")[_VERSION:]
            self._items[key] = _short(version) + (before or int(now.timestamp()).to_bytes(_TIME, "big"))

    def pack(self, in_feed: int) -> bytes:
        """The record to store: four times what the feed holds at once, so that a feed may shuffle its items."""
        keep = max(KEPT_AT_LEAST, 4 * in_feed)
        items = list(self._items.items())[-keep:]
        return b"".join(key + rest for key, rest in items)


def _short(version: str) -> bytes:
    return bytes.fromhex(version)[:_VERSION]
