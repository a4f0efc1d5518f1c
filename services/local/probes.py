"""Whether a server answers, asked over a plain socket: quick, and with nothing of a client library in the way."""

from __future__ import annotations

import socket
import struct
from urllib.parse import urlsplit

import redis

from services.local.child import Probe

_TIMEOUT_SECONDS = 2.0
_METADATA, _METADATA_VERSION = 3, 4  # https://kafka.apache.org/protocol#The_Messages_Metadata


def kafka(address: str) -> Probe:
    """A probe of a broker: it answers a metadata request and counts itself among the live brokers."""
    host, _, port = address.partition(",")[0].strip().rpartition(":")

    def probe() -> str | None:
        try:
            brokers = _live_brokers(host, int(port))
        except (OSError, struct.error) as error:
            return f"no answer at {address}: {error}"
        return None if brokers else f"the broker at {address} is not ready yet"

    return probe


def _live_brokers(host: str, port: int) -> int:
    client = b"wirewatch"
    body = struct.pack(">hhih", _METADATA, _METADATA_VERSION, 1, len(client)) + client + struct.pack(">i?", 0, False)
    with socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        with connection.makefile("rb") as stream:
            (size,) = struct.unpack(">i", stream.read(4))
            reply = stream.read(min(size, 65_536))
    _correlation, _throttle, brokers = struct.unpack_from(">iii", reply)
    return int(brokers)


def store(address: str) -> Probe:
    """A probe of a Redis server: it answers PING and has loaded its data."""

    def probe() -> str | None:
        try:
            with redis.Redis.from_url(
                address, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
            ) as client:
                client.ping()
        except (redis.RedisError, OSError) as error:
            return f"no answer at {without_password(address)}: {error}"
        return None

    return probe


def without_password(address: str) -> str:
    """An address that can be shown."""
    parts = urlsplit(address)
    if parts.password is None:
        return address
    return parts._replace(netloc=f"{parts.username or ''}:***@{parts.hostname}:{parts.port or 6379}").geturl()
