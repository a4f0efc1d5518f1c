"""Whether a server answers, as a client would find it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

import redis
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from redis.cluster import ClusterNode
from redis.exceptions import RedisClusterException
from redis.sentinel import Sentinel

from services.local.process import Probe
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.kafka.publisher import refusal
from services.runtime.redis import address as redis_address

_TIMEOUT_SECONDS = 2.0


def kafka(access: KafkaAccess) -> Probe:
    """A probe of a broker: it names the live ones. Asked in a thread of its own: the caller may run an event loop."""

    def probe() -> str | None:
        try:
            access.addresses()
        except UsageError:
            return f"no answer at {access}: that is not host:port"
        with ThreadPoolExecutor(1) as thread:
            problem = thread.submit(asyncio.run, _broker_problem(access)).result()
        return None if problem is None else f"no answer at {access}: {problem.rstrip('.')}"

    return probe


async def _broker_problem(access: KafkaAccess) -> str | None:
    client = AIOKafkaClient(**access.client(), request_timeout_ms=int(_TIMEOUT_SECONDS * 1000))
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            await client.bootstrap()
        return None if client.cluster.brokers() else "it is not ready yet"
    except (KafkaError, OSError, TimeoutError):
        refused = await refusal(access, timeout_seconds=_TIMEOUT_SECONDS)
        return str(refused) if refused else "nobody listens there, or it is not ready"
    finally:
        await client.close()


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
