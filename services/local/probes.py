"""Whether a server answers, asked over a plain socket: quick, and with nothing of a client library in the way."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.cluster import ClusterNode
from redis.exceptions import RedisClusterException
from redis.sentinel import Sentinel

from services.local.process import Probe
from services.runtime.errors import UsageError
from services.runtime.kafka import topics
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.redis import address as redis_address

_TIMEOUT_SECONDS = 2.0
_METADATA, _METADATA_VERSION = 3, 4  # https://kafka.apache.org/protocol#The_Messages_Metadata


def kafka(access: KafkaAccess) -> Probe:
    """A probe of a broker: it answers a metadata request and counts itself among the live brokers."""
    if access.user is not None or access.ca_file is not None:
        return _guarded_kafka(access)
    address = access.servers
    host, _, port = address.partition(",")[0].strip().rpartition(":")

    def probe() -> str | None:
        try:
            brokers = _live_brokers(host, int(port))
        except (ValueError, OverflowError):
            return f"no answer at {address}: that is not host:port"
        except (OSError, struct.error) as error:
            return f"no answer at {address}: {error}"
        return None if brokers else f"the broker at {address} is not ready yet"

    return probe


def _guarded_kafka(access: KafkaAccess) -> Probe:
    """The same through the client library, which knows how to log in. Not to be called where an event loop runs."""

    async def ask() -> None:
        async with topics.admin(access, timeout_seconds=_TIMEOUT_SECONDS) as admin:
            await admin.list_topics()

    def probe() -> str | None:
        try:
            asyncio.run(ask())
        except UsageError as error:
            return f"no answer at {access}: {str(error).rstrip('.')}"
        return None

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


def store(access: RedisAccess) -> Probe:
    """A probe of a Redis server: it answers PING and has loaded its data."""
    address = access.address

    def probe() -> str | None:
        try:
            with closing(client(access)) as asked:
                asked.ping()
        except (redis.RedisError, RedisClusterException, OSError) as error:
            return f"no answer at {access}: {str(error).rstrip('.')}"
        except (ValueError, OverflowError):
            return f"no answer at {address.rpartition('@')[2]}: that is not redis://host:port/0"
        return None

    return probe


def client(access: RedisAccess) -> Any:
    """A client that blocks, for any address that the services take. Raises ValueError where it is none."""
    times = {"socket_timeout": _TIMEOUT_SECONDS, "socket_connect_timeout": _TIMEOUT_SECONDS}
    if redis_address.scheme(access.address) in redis_address.ONE_SERVER:
        return redis.Redis.from_url(access.address, **times, **access.client())
    parts = redis_address.parse(access.address)
    options = {**parts.user(), **parts.transport(), **times, **access.client()}
    if parts.service:
        asked: Any = Sentinel  # redis leaves it and ClusterNode without annotations
        asking = {key: value for key, value in options.items() if key.startswith(("socket_", "ssl"))}
        sentinel = asked(parts.hosts, sentinel_kwargs=asking, **options)
        return sentinel.master_for(parts.service, db=parts.database)
    node: Any = ClusterNode
    return redis.RedisCluster(startup_nodes=[node(host, port) for host, port in parts.hosts], **options)


def http(url: str) -> Probe:
    """A probe of an operations endpoint: it answers 200; what it answers else is the problem in words."""

    def probe() -> str | None:
        try:
            status, text = get(url)
        except (OSError, HTTPException) as error:
            return f"no answer at {url}: {error}"
        return None if status == 200 else text.strip() or f"{url} answered {status}"

    return probe


def get(url: str) -> tuple[int, str]:
    """Status and text of a small page of one of our own processes. Raises OSError or HTTPException."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", parts.path or "/")
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    finally:
        connection.close()
