"""The feed lists: which ones the poller reads here, and the one that a person edits."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.sax.saxutils import quoteattr

import msgspec

from services.local.home import home_in
from services.poller.core import opml
from services.poller.core.model import FeedConfig
from services.poller.edges.feedlist import FeedList
from services.poller.edges.feedlist import read as read_file
from services.poller.settings import PollerSettings
from services.runtime.errors import UsageError
from services.runtime.files import shipped as files
from services.runtime.process import settings

TITLE = "Wirewatch feeds"


def own_list(environ: Mapping[str, str]) -> Path:
    """The list in the home of ``wirewatch up``, which need not exist."""
    return home_in(environ).path / "feeds.opml"


def read(list_file: Path | None, environ: Mapping[str, str]) -> list[FeedConfig]:
    """The feeds of ``list_file``, else those that the poller reads here: the setting, the own list or the shipped."""
    return load([list_file] if list_file else in_force(environ))


def load(paths: Sequence[Path]) -> list[FeedConfig]:
    """The feeds of these files, each once. Raises :class:`UsageError`."""
    loaded = FeedList(paths)
    loaded.load()
    return list(loaded.feeds.values())


def in_force(environ: Mapping[str, str]) -> list[Path]:
    """The files of the poller that runs in this environment."""
    if named := settings.load(PollerSettings, "poller", environ).feeds:
        return [Path(name) for name in named]
    own = own_list(environ)
    return [own if own.is_file() else files.seeds() / "feeds.opml"]


def outline(attributes: Mapping[str, str | None], folder: str | None) -> list[FeedConfig]:
    """The feed that an OPML outline with these attributes describes. Raises :class:`UsageError`."""
    text = f"<outline {' '.join(f'{name}={quoteattr(value)}' for name, value in attributes.items() if value)}/>"
    inner = f"<outline text={quoteattr(folder)}>{text}</outline>" if folder else text
    return opml.parse(f"<opml><body>{inner}</body></opml>".encode(), name=attributes["xmlUrl"] or "")


@dataclass(slots=True)
class Edited:
    """The list to edit. It is written to ``path``; ``source`` is where its feeds were read, for sentences.

    ``comment`` is what stands before the document, kept as it is.
    """

    path: Path
    source: str
    feeds: list[FeedConfig]
    comment: str = ""

    @classmethod
    def opened(cls, list_file: Path | None, environ: Mapping[str, str]) -> Edited:
        """``list_file``, else the first list of the poller's setting, else the own list.

        The own list is made as a copy of the shipped one on the first edit.
        """
        named = settings.load(PollerSettings, "poller", environ).feeds
        path = list_file or (Path(named[0]) if named else own_list(environ))
        if path.is_file():
            return cls(path, str(path), read_file(path), _comment(path))
        if list_file:
            return cls(path, str(path), [])
        shipped = files.seeds() / "feeds.opml"
        return cls(path, "the shipped list", read_file(shipped), _comment(shipped))

    def add(self, feeds: Sequence[FeedConfig]) -> int:
        """Add those that are not there yet; returns how many."""
        known = {feed.id for feed in self.feeds}
        new = [feed for feed in feeds if feed.id not in known]
        self.feeds += new
        return len(new)

    def remove(self, url: str) -> int:
        """Remove the feed with this address; returns how many there were."""
        left = [feed for feed in self.feeds if feed.url != url]
        removed, self.feeds = len(self.feeds) - len(left), left
        return removed

    def prove(self, feed_ids: Collection[str], *, on: date) -> None:
        """Note the day on which these feeds worked."""
        today = on.isoformat()
        self.feeds = [
            msgspec.structs.replace(feed, proof=today) if feed.id in feed_ids else feed for feed in self.feeds
        ]

    def write(self) -> None:
        """Write the list in one step: a poller that reads it never sees half of it. Raises :class:`UsageError`."""
        text = opml.write(self.feeds, title=TITLE, comment=self.comment)
        temporary = self.path.with_name(self.path.name + ".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(self.path)
        except OSError as error:
            raise UsageError(f"{self.path}: {error.strerror}; name another file with --list.") from None


def _comment(path: Path) -> str:
    """The comments before the document element."""
    head = path.read_text("utf-8", "replace").partition("<opml")[0]
    return "\n".join(re.findall(r"<!--.*?-->", head, re.DOTALL))
