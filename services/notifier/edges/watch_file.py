"""The watch file from disk with its secrets looked up: all of it, or an error that names everything wrong with it."""

import base64
import binascii
import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from services.notifier.core.watches import ActiveWatches, Channel, Route, WatchFile, When
from services.runtime.errors import UnusableFilesError
from services.runtime.files import shipped, yaml
from services.runtime.files.paths import KeyPath
from services.runtime.files.yaml import Document, read, read_bytes, repeated_ids

SECRET_BYTES = range(24, 65)  # what Standard Webhooks asks for
_PREFIX = "whsec_"
_MAX_SECRET_FILE_BYTES = 65_536
_HOW_TO_MAKE_ONE = 'make one with: echo "whsec_$(openssl rand -base64 32)"'
_APPRISE_REFUSED = ("file", "syslog", "dbus", "qt", "kde", "glib", "gnome", "macosx", "windows")

Stamp = tuple[tuple[str, int, int], ...]
Part = Literal["url", "secret"]
AppriseProblem = Callable[[str], str | None]


class _SecretError(Exception):
    """A value that a channel refers to cannot be had, or used."""


def parse(path: Path) -> WatchFile:
    """What the file says, no secret looked up. Raises :class:`UnusableFilesError`."""
    document = _read(path)
    document.refuse(_problems(document.value))
    return document.value


def load(
    path: Path, environ: Mapping[str, str], *, apprise_problem: AppriseProblem = lambda url: None
) -> ActiveWatches:
    """The watches and the secrets that their channels refer to. Raises :class:`UnusableFilesError`.

    ``apprise_problem`` says what is wrong with an address for apprise; nothing is sent.
    """
    document = _read(path)
    file = document.value
    problems = list(_problems(file))
    routes: dict[str, Route] = {}
    for index, channel in enumerate(file.channels):
        found: dict[Part, str] = {}
        for part in ("url", "secret"):
            key, value = _reference(channel, part)
            if value is None:
                continue
            try:
                found[part] = _looked_up(key, value, path, environ)
                _check(channel, part, found[part], apprise_problem)
            except _SecretError as error:
                problems.append((("channels", index, key), f"channel {channel.id!r}: {error}"))
        routes[channel.id] = Route(channel=channel, url=found.get("url"), secret=found.get("secret"))
    document.refuse(problems)
    return ActiveWatches(file=file, routes=routes)


def stamp(path: Path) -> Stamp:
    """What changes when the watch file or a file with a secret is written: names, times and sizes.

    A file that cannot be used has the stamp of itself alone.
    """
    own = _states([path])
    return own + _states(_files_with_secrets(path, own))


def _states(paths: Iterable[Path]) -> Stamp:
    found = [(str(path), path.stat()) for path in paths if path.exists()]
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in found)


@lru_cache(maxsize=1)
def _files_with_secrets(path: Path, own: Stamp) -> tuple[Path, ...]:
    """The files that the watch file names. ``own`` is its stamp: it is read again only when that has changed."""
    del own
    try:
        channels = _read(path).value.channels
    except UnusableFilesError:
        return ()
    names = [name for channel in channels for name in (channel.url_file, channel.secret_file) if name]
    return tuple(path.parent / name for name in names)


def _read(path: Path) -> Document[WatchFile]:
    return read(path, "watches.v1", WatchFile)


def _problems(file: WatchFile) -> Iterator[tuple[KeyPath, str]]:
    yield from repeated_ids("channels", [channel.id for channel in file.channels])
    yield from repeated_ids("watches", [watch.id for watch in file.watches])
    yield from file.problems()
    for index, watch in enumerate(file.watches):
        for key, kind, id_ in _ids(watch.when):
            called = _called(kind)
            if called.get(id_.casefold(), "").casefold() != id_.casefold():
                close = difflib.get_close_matches(id_.casefold().replace("_", "-"), called, n=5)
                meant = ", ".join(list(dict.fromkeys(called[name] for name in close))[:3])
                hint = f"did you mean {meant}?" if meant else f"seeds/{kind}s.yaml lists them."
                yield ("watches", index, "when", *key), f"no {kind} has the id {id_!r}: {hint}"


def _ids(when: When) -> Iterator[tuple[KeyPath, str, str]]:
    """Every id of a place or an actor: (where it stands, of what kind it is, the id)."""
    for number, place in enumerate(when.places.ids if when.places else ()):
        yield ("places", "ids", number), "place", place
    lists: list[tuple[KeyPath, Collection[str]]] = [(("actors",), when.actors), (("all_actors",), when.all_actors)]
    if wanted := when.event:
        lists += [(("event", "agent"), wanted.agent), (("event", "object"), wanted.object)]
        lists += [(("event", "dyad"), pair) for pair in wanted.dyad]
    yield from ((key, "actor", id_) for key, ids in lists for id_ in sorted(ids))


@cache
def _called(kind: str) -> dict[str, str]:
    """The ids of the shipped places or actors by all that these are called, in small letters."""
    path = shipped.seeds() / f"{kind}s.yaml"
    known = yaml.parse(yaml.read_bytes(path), str(path)).value
    if kind == "actor":
        navies = {f"{code.lower()}-navy": {"name": f"{one['name']} navy"} for code, one in known["states"].items()}
        known = {**known["states"], **navies, **known["others"]}
    names = {name: id_ for id_, one in known.items() for name in (one["name"], *one.get("also", ()))}
    return {name.casefold(): id_ for name, id_ in (names | {id_: id_ for id_ in known}).items()}


def _reference(channel: Channel, part: Part) -> tuple[str, str | None]:
    """The key of the file that says where an address or a secret is, and what it says."""
    keys = [key for key in (part, f"{part}_file", f"{part}_env") if getattr(channel, key, None) is not None]
    return (keys[0], getattr(channel, keys[0])) if keys else (part, None)


def _looked_up(key: str, value: str, path: Path, environ: Mapping[str, str]) -> str:
    if key.endswith("_env"):
        found = environ.get(value, "").strip()
        if not found:
            raise _SecretError(f"the variable {value} is not set.")
        return found
    if not key.endswith("_file"):
        return value.strip()
    file = path.parent / value  # an absolute name stays as it is
    try:
        found = read_bytes(file, max_bytes=_MAX_SECRET_FILE_BYTES).decode().strip()
    except UnusableFilesError as error:
        raise _SecretError(str(error)) from None
    except UnicodeDecodeError:
        raise _SecretError(f"{file} is not UTF-8 text.") from None
    if not found:
        raise _SecretError(f"{file} is empty.")
    return found


def _check(channel: Channel, part: Part, value: str, apprise_problem: AppriseProblem) -> None:
    """Refuse a value that cannot be used, without showing it: it may be, or hold, a password."""
    if part == "secret":
        _check_secret(value)
        return
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        raise _SecretError("the address is not a URL.") from None
    if channel.kind == "webhook":
        if parts.scheme not in ("http", "https") or not host:
            raise _SecretError("the address must begin with https:// or http://.")
    elif parts.scheme in _APPRISE_REFUSED or any(c.isspace() for c in value):
        raise _SecretError("the address must be one apprise URL of a service on the network, such as mailto://.")
    elif not parts.scheme or "://" not in value:
        raise _SecretError("the address must be an apprise URL, such as ntfy://host/topic.")
    elif problem := apprise_problem(value):
        raise _SecretError(problem)


def _check_secret(value: str) -> None:
    if not value.startswith(_PREFIX):
        raise _SecretError(f"the secret must begin with whsec_; {_HOW_TO_MAKE_ONE}.")
    try:
        secret = base64.b64decode(value.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise _SecretError(f"after whsec_ the secret must be base64; {_HOW_TO_MAKE_ONE}.") from None
    if len(secret) not in SECRET_BYTES:
        allowed = f"{SECRET_BYTES[0]} to {SECRET_BYTES[-1]} are allowed"
        raise _SecretError(f"the secret has {len(secret)} bytes: {allowed}; {_HOW_TO_MAKE_ONE}.")
