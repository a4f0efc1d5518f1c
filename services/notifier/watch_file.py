"""The watch file from disk with its secrets looked up: all of it, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services.notifier.core import reading
from services.notifier.core.watches import Channel, Reference, Watch, WatchFile
from services.notifier.errors import WatchFileError
from services.runtime.files import shipped as files

MIN_SECRET_BYTES = 16
_APPRISE_REFUSED = ("file", "syslog", "dbus", "qt", "kde", "glib", "gnome", "macosx", "windows")

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A channel with its secrets in hand. Its ``repr`` shows none of them."""

    channel: Channel
    url: str | None = None
    secret: bytes | None = None

    def __repr__(self) -> str:
        return f"Route({self.channel.id!r}, {self.channel.kind})"

    @property
    def id(self) -> str:
        """The channel's."""
        return self.channel.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What is in force: watches, and channels by id."""

    file: WatchFile
    routes: Mapping[str, Route]

    @property
    def watches(self) -> tuple[Watch, ...]:
        """The watches of the file."""
        return self.file.watches


def default_path() -> Path:
    """The shipped watches."""
    return files.seeds() / "watches.yaml"


def parse(path: Path) -> WatchFile:
    """What the file says, no secret looked up. Raises :class:`WatchFileError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise WatchFileError((f"{path}, line 1: the watches cannot be read ({why}).",)) from None
    return reading.read(text, str(path))


def load(path: Path, environ: Mapping[str, str]) -> Loaded:
    """The watches and the secrets that their channels refer to. Raises :class:`WatchFileError`."""
    file = parse(path)
    routes: dict[str, Route] = {}
    problems: list[str] = []
    for channel in file.channels:
        try:
            routes[channel.id] = _route(channel, path, environ)
        except WatchFileError as error:
            problems += error.problems
    if problems:
        raise WatchFileError(tuple(problems))
    return Loaded(file=file, routes=routes)


def stamp(path: Path) -> Stamp:
    """What changes when the watch file or a file with a secret is written: names, times and sizes.

    A file that cannot be used has the stamp of itself alone.
    """
    found = [path]
    try:
        for channel in parse(path).channels:
            found += [path.parent / r.name for r in (channel.url, channel.secret) if r and r.source == "file"]
    except WatchFileError:
        pass
    states = [(str(each), each.stat()) for each in found if each.exists()]
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


def _route(channel: Channel, path: Path, environ: Mapping[str, str]) -> Route:
    url = _looked_up(channel.url, path, environ) if channel.url else None
    secret = _looked_up(channel.secret, path, environ) if channel.secret else None
    if url is not None and channel.url is not None:
        problem = _wrong_url(channel, url)
        if problem:
            raise _error(path, channel.url, f"channel {channel.id!r}: {problem}")
    if secret is not None and channel.secret is not None and len(secret.encode()) < MIN_SECRET_BYTES:
        raise _error(
            path, channel.secret, f"channel {channel.id!r}: the secret has fewer than {MIN_SECRET_BYTES} bytes."
        )
    return Route(channel=channel, url=url, secret=secret.encode() if secret is not None else None)


def _wrong_url(channel: Channel, url: str) -> str | None:
    """What is wrong with an address, without showing it: it may hold a password."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "the address is not a URL."
    if channel.kind == "webhook":
        return (
            None if parts.scheme in ("http", "https") and host else "the address must begin with https:// or http://."
        )
    if parts.scheme in _APPRISE_REFUSED or any(c.isspace() for c in url):
        return "the address must be one apprise URL of a service on the network, such as mailto:// or slack://."
    return None if parts.scheme and "://" in url else "the address must be an apprise URL, such as ntfy://host/topic."


def _looked_up(reference: Reference, path: Path, environ: Mapping[str, str]) -> str:
    if reference.source == "value":
        return reference.name
    if reference.source == "env":
        found = environ.get(reference.name, "").strip()
        if not found:
            raise _error(path, reference, f"the variable {reference.name} is not set.")
        return found
    file = path.parent / reference.name  # an absolute name stays as it is
    try:
        found = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise _error(path, reference, f"{file} cannot be read ({why}).") from None
    if not found:
        raise _error(path, reference, f"{file} is empty.")
    return found


def _error(path: Path, reference: Reference, problem: str) -> WatchFileError:
    return WatchFileError((f"{path}, line {reference.line}: {problem}",))
