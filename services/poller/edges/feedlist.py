"""The operator's feed lists on disk, read again when they change."""

from collections.abc import Sequence
from pathlib import Path

from services.poller.core import opml
from services.poller.core.model import FeedConfig
from services.poller.errors import FeedListError
from services.runtime.files import shipped as files
from services.runtime.process.logging import get

log = get(__name__)


class FeedList:
    """All feeds of several OPML files; where two name one feed, the first file's settings count.

    Feeds that are paused are left out.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths) or (files.seeds() / "feeds.opml",)
        self._stamps: tuple[object, ...] = ()
        self.feeds: dict[str, FeedConfig] = {}

    def load(self) -> None:
        """Read all files. Raises :class:`FeedListError` and keeps what was there before."""
        stamps = self._changed()
        feeds: dict[str, FeedConfig] = {}
        for path in self._paths:
            for feed in read(path):
                feeds.setdefault(feed.id, feed)
        feeds = {feed_id: feed for feed_id, feed in feeds.items() if not feed.paused}
        self.feeds, self._stamps = feeds, stamps

    def reload_if_changed(self) -> bool:
        """Whether there is a new list. A file that cannot be read is said once, and the old list stays."""
        stamps = self._changed()
        if stamps == self._stamps:
            return False
        try:
            self.load()
        except FeedListError as error:
            self._stamps = stamps
            log.error("feed_list_refused", problems=error.problems, kept_feeds=len(self.feeds))
            return False
        return True

    def _changed(self) -> tuple[object, ...]:
        stamps: list[object] = []
        for path in self._paths:
            try:
                status = path.stat()
            except OSError:
                stamps.append(None)
            else:
                stamps.append((status.st_mtime_ns, status.st_size, status.st_ino))
        return tuple(stamps)


def read(path: Path, *, repeated: list[str] | None = None) -> list[FeedConfig]:
    """The feeds of one file; see :func:`services.poller.core.opml.parse`. Raises :class:`FeedListError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FeedListError((f"{path}: {error.strerror}; name an OPML file in WIREWATCH_POLLER_FEEDS.",)) from None
    return opml.parse(data, name=str(path), repeated=repeated)
