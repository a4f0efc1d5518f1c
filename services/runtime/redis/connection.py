"""The Redis edge: one way to connect, one way to name what went wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import redis.asyncio
from redis import exceptions
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.sentinel import Sentinel as UntypedSentinel

from services.runtime.errors import TransientError, UsageError
from services.runtime.kafka.connection import RedisAccess
from services.runtime.process.clock import Clock
from services.runtime.process.outages import Waiting, until_available
from services.runtime.redis import address as redis_address
from services.runtime.redis.address import Several
from services.runtime.redis.replicas import Replicas, ReplicatedRedis

T = TypeVar("T")

# Errors that pass by themselves or when an operator acts: memory full, disk full, replica promoted, loading.
_TRANSIENT = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.BusyLoadingError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.TryAgainError,
    exceptions.ClusterError,
    exceptions.SlotNotCoveredError,
    OSError,
)
# Everything that a call can fail with; the error of a cluster that cannot be reached is no RedisError.
FAILURES = (exceptions.RedisError, exceptions.RedisClusterException, OSError)
# Errors that pass when a person corrects the address or the server's users; the first is a ConnectionError to redis-py.
_REFUSED = (
    exceptions.AuthenticationError,
    exceptions.AuthenticationWrongNumberOfArgsError,
    exceptions.NoPermissionError,
)
_TRANSIENT_REPLIES = ("MISCONF", "CLUSTERDOWN", "MASTERDOWN", "LOADING", "OOM", "READONLY", "NOREPLICAS")

_Sentinel: Any = UntypedSentinel  # it has no annotations
_CLUSTER_AWAY = "Redis Cluster cannot be connected"  # the same class as for a call that a cluster cannot do


def connect(access: RedisAccess, *, max_connections: int | None = None) -> redis.asyncio.Redis:
    """A client for an address as ``redis_address`` describes them; replies are bytes. Connects at the first command.

    ``max_connections`` bounds its pool; null: as redis-py has it.
    That of a cluster is no ``Redis`` to Python, but has its methods; its scripts and pipelines go where their keys are.
    Raises :class:`UsageError` where the address is not one.
    """
    options: dict[str, Any] = {"socket_timeout": 10, "socket_connect_timeout": 5, "protocol": 3, **access.client()}
    if max_connections is not None:
        options["max_connections"] = max_connections
    scheme = redis_address.scheme(access.address)
    try:
        if scheme in redis_address.ONE_SERVER:
            return redis.asyncio.Redis.from_url(access.address, **options)
        if scheme in redis_address.SENTINEL:
            return _of_sentinel(redis_address.parse(access.address), options)
        if scheme in redis_address.CLUSTER:
            return cast("redis.asyncio.Redis", _of_cluster(redis_address.parse(access.address), options))
    except ValueError as error:
        raise UsageError(f"WIREWATCH_REDIS is {str(access)!r}: {error}.") from None
    raise UsageError(f"WIREWATCH_REDIS is {str(access)!r}: give {redis_address.FORMS}.")


def _of_sentinel(parts: Several, options: dict[str, Any]) -> redis.asyncio.Redis:
    """A client that asks the sentinels for the master whenever it connects."""
    options = {**parts.user(), **parts.transport(), **options}
    asking = {key: value for key, value in options.items() if key.startswith("ssl")}
    sentinel = _Sentinel(
        parts.hosts, sentinel_kwargs={**asking, "socket_timeout": 2, "socket_connect_timeout": 2}, **options
    )
    client: ReplicatedRedis = sentinel.master_for(parts.service, redis_class=ReplicatedRedis, db=parts.database)
    client.replicas = Replicas(parts.replicas)
    return client


def _of_cluster(parts: Several, options: dict[str, Any]) -> redis.asyncio.RedisCluster:
    nodes = [ClusterNode(host, port) for host, port in parts.hosts]
    return redis.asyncio.RedisCluster(startup_nodes=nodes, **{**parts.user(), **parts.transport(), **options})


async def require_access(client: redis.asyncio.Redis) -> None:
    """Raise :class:`UsageError` where the server answers and refuses us. One that is away is not our matter here."""
    try:
        await client.ping()
    except _REFUSED as error:
        raise _refused(error) from None
    except FAILURES:
        return


def _refused(error: Exception) -> UsageError:
    """The sentence of the server has no password in it."""
    said = str(error).splitlines()[0].rstrip(". ")[:200] if str(error).strip() else type(error).__name__
    if isinstance(error, exceptions.NoPermissionError):
        return UsageError(f"The Redis of WIREWATCH_REDIS does not let its user do what is needed ({said}): permit it.")
    return UsageError(
        f"The Redis of WIREWATCH_REDIS refuses the user and password of that address ({said}): "
        "give redis://user:password@host:port/0 as the server knows them."
    )


@dataclass(slots=True)
class RedisCalls:
    """Runs Redis commands, waiting for as long as the server is away, read-only, full or loading.

    A server that refuses us will not change its mind: that is a :class:`UsageError`, and ends the process.
    """

    clock: Clock
    waiting: Waiting

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """The reply of ``call``. It may run more than once, so it must be safe to repeat."""

        async def attempt() -> T:
            try:
                return await call()
            except _REFUSED as error:
                raise _refused(error) from error
            except _TRANSIENT as error:
                raise TransientError(f"{type(error).__name__}: {error}") from error
            except exceptions.RedisClusterException as error:
                if str(error).startswith(_CLUSTER_AWAY):
                    raise TransientError(str(error)) from error
                raise
            except exceptions.ResponseError as error:
                if str(error).startswith(_TRANSIENT_REPLIES) or any(word in str(error) for word in ("MISCONF", "OOM")):
                    raise TransientError(str(error)) from error
                raise

        began = self.clock.monotonic()
        reply = await until_available(attempt, server="redis", clock=self.clock, waiting=self.waiting)
        self.waiting.took("redis", self.clock.monotonic() - began)
        return reply
