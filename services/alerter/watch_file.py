"""Reads the alerter's own watches and the channels they go to.

channels:
  desk: {webhook: https://desk.example/hooks/wirewatch, secret_file: desk.secret}
watches:
  - {id: caribbean, name: Near Havana, channels: [desk], when: {near: {lat: 23.1, lon: -82.4, km: 500}}}
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import yaml

from services.alerter.core.watches import Near, Watch
from services.alerter.rule_files import RuleFile
from services.contracts.messages import SEVERITIES, Severity

T = TypeVar("T")

_WATCH = ("id", "name", "when", "channels")
_WHEN = (
    "topics",
    "actors",
    "countries",
    "near",
    "min_severity",
    "corroborated",
    "words",
    "outlets",
    "languages",
)
_CHANNEL = ("webhook", "secret_file")
_MIN_SECRET_BYTES = 24  # as Standard Webhooks asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where a watch delivers: an address, and the key that signs what goes there."""

    name: str
    webhook: str
    secret: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchList:
    """The whole file."""

    watches: tuple[Watch, ...] = ()
    channels: Mapping[str, Channel]


def load(path: Path) -> WatchList:
    """The watches in ``path``. Raises ``RuleFileError``."""
    file = RuleFile(path)
    top = file.mapping(file.root(), ("version", "channels", "watches"), required=("watches",))
    channels = _channels(file, top["channels"]) if "channels" in top else {}
    watches = [_watch(file, node, channels) for node in file.items(top["watches"])]
    file.unique(top["watches"], "watch id", [watch.id for watch in watches])
    return WatchList(watches=tuple(watches), channels=channels)


def _channels(file: RuleFile, node: yaml.Node) -> dict[str, Channel]:
    if not isinstance(node, yaml.MappingNode):
        raise file.error(node, "expected a mapping from channel names to channels.")
    channels: dict[str, Channel] = {}
    for key, value in node.value:
        name = file.text(key)
        fields = file.mapping(value, _CHANNEL, required=_CHANNEL)
        address = file.text(fields["webhook"])
        if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
            raise file.error(fields["webhook"], f"{address!r} is no http or https address.")
        channels[name] = Channel(name=name, webhook=address, secret=_secret(file, fields["secret_file"]))
    return channels


def _secret(file: RuleFile, node: yaml.Node) -> bytes:
    """The signing key: base64 behind ``whsec_``, in a file of its own, so that the watches can be shown to anyone."""
    path = file.path.parent / file.text(node)
    try:
        text = path.read_text(encoding="ascii").strip()
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (OSError, UnicodeDecodeError, binascii.Error) as error:
        raise file.error(node, f"the secret in {path} cannot be read ({error}).") from None
    if not text.startswith("whsec_") or len(secret) < _MIN_SECRET_BYTES:
        raise file.error(node, f"{path} must hold whsec_ and at least {_MIN_SECRET_BYTES} bytes in base64.")
    return secret


def _watch(file: RuleFile, node: yaml.Node, channels: Mapping[str, Channel]) -> Watch:
    fields = file.mapping(node, _WATCH, required=("id", "name", "when"))
    when = file.mapping(fields["when"], _WHEN)

    def given(key: str, read: Callable[[yaml.Node], T], default: T) -> T:
        return read(when[key]) if key in when else default

    def level(found: yaml.Node) -> Severity:
        return file.choice(found, "level", SEVERITIES)

    lowest: Severity = "low"
    wanted = file.texts(fields["channels"]) if "channels" in fields else ()
    for name in wanted:
        if name not in channels:
            raise file.error(fields["channels"], f"there is no channel {name!r}.")
    return Watch(
        id=file.text(fields["id"]),
        name=file.text(fields["name"]),
        channels=wanted,
        topics=given("topics", file.texts, ()),
        actors=given("actors", file.texts, ()),
        countries=given("countries", file.texts, ()),
        near=given("near", lambda n: _near(file, n), None),
        min_severity=given("min_severity", level, lowest),
        corroborated=given("corroborated", file.flag, False),
        words=given("words", file.texts, ()),
        outlets=given("outlets", file.texts, ()),
        languages=given("languages", file.texts, ()),
    )


def _near(file: RuleFile, node: yaml.Node) -> Near | None:
    fields = file.mapping(node, ("lat", "lon", "km"), required=("lat", "lon", "km"))
    return Near(
        lat=file.number(fields["lat"], -90, 90),
        lon=file.number(fields["lon"], -180, 180),
        km=file.number(fields["km"], 0.1, 20_040),
    )
