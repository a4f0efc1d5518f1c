"""Addresses of several Redis servers: what is understood, and the sentence for what is not."""

from __future__ import annotations

import pytest
import redis.asyncio

from services.runtime.errors import UsageError
from services.runtime.kafka.connection import RedisAccess
from services.runtime.redis import address as redis_address
from services.runtime.redis.connection import connect
from services.runtime.redis.replicas import GRACE_SECONDS, NotReplicatedError, Replicas, ReplicatedRedis


def test_an_address_of_sentinels() -> None:
    found = redis_address.parse("redis+sentinel://alerter:a%40b@h1:26379,[::1]:26380/2?service=main&replicas=1")
    assert found.hosts == (("h1", 26379), ("::1", 26380))
    assert (found.user(), found.transport()) == ({"username": "alerter", "password": "a@b"}, {})
    assert (found.database, found.service, found.replicas) == (2, "main", 1)
    assert "a@b" not in repr(found)


def test_an_address_of_a_cluster_with_tls() -> None:
    found = redis_address.parse("rediss+cluster://h1:6379, h2:6379")
    assert (found.hosts, found.transport()) == ((("h1", 6379), ("h2", 6379)), {"ssl": True})
    assert (found.user(), found.database, found.service, found.replicas) == ({}, 0, "", None)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("redis+sentinel://h1:26379/0", "give .service=NAME"),
        ("redis+sentinel://h1/0?service=n", "'h1' is not host:port"),
        ("redis+sentinel://h1:26379/x?service=n", "the database is 'x'"),
        ("redis+sentinel://h1:26379/0?service=n&replicas=all", "replicas is 'all'"),
        ("redis+sentinel://h1:26379/0?service=n&sevice=m", "'sevice' is not known there"),
        ("redis+cluster://h1:6379/3", "a cluster has only database 0"),
        ("redis+cluster://h1:6379?replicas=1", "'replicas' is not known there"),
        ("sentinel://u:secret@h1:26379", "give redis://host:port/0, redis.sentinel://"),
    ],
)
def test_an_address_that_is_none_is_said(address: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        connect(RedisAccess(address))
    assert "secret" not in str(raised.value)


async def test_clients_of_the_three_kinds() -> None:
    access = RedisAccess("redis+sentinel://h1:26379,h2:26379/1?service=main&replicas=2", password="p")
    watched = connect(access)
    assert isinstance(watched, ReplicatedRedis)
    assert watched.replicas.wanted() == 2
    assert watched.connection_pool.connection_kwargs["password"] == "p"
    assert watched.connection_pool.connection_kwargs["db"] == 1
    await watched.aclose()
    assert isinstance(connect(RedisAccess("redis+cluster://h1:6379")), redis.asyncio.RedisCluster)
    assert type(connect(RedisAccess("redis://h1:6379/0"))) is redis.asyncio.Redis


def test_without_a_number_a_replica_is_waited_for_where_there_is_one() -> None:
    now = [100.0]
    replicas = Replicas(None, now=lambda: now[0])
    assert replicas.wanted() == 1
    replicas.judge(1, 1)
    assert replicas.wanted() == 1
    replicas.judge(1, 0)
    assert replicas.wanted() == 0
    now[0] += GRACE_SECONDS
    assert replicas.wanted() == 1


def test_a_number_that_was_asked_for_is_insisted_on() -> None:
    replicas = Replicas(2)
    replicas.judge(2, 2)
    with pytest.raises(NotReplicatedError, match="1 of 2"):
        replicas.judge(2, 1)
    assert replicas.wanted() == 2
    assert Replicas(0).wanted() == 0
