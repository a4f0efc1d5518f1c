"""Composition root of the api: ``python -m services.api``."""

from __future__ import annotations

import asyncio

from services.api.edges import token_file
from services.api.edges.actions import RedisAlertActions
from services.api.edges.archive import ArchiveReader
from services.api.edges.redis import RedisAlertReader
from services.api.edges.services import HttpServices, addresses
from services.api.metrics import ApiMetrics
from services.api.ports import Desk
from services.api.routes import feedback
from services.api.routes.app import build_app
from services.api.routes.authorization import Authorization, is_loopback
from services.api.routes.stream import Followers
from services.api.service import ApiService
from services.api.settings import ApiSettings
from services.desk.feeds import Feeds
from services.desk.topics import Topics
from services.desk.watches import Watches
from services.runtime.kafka.connection import redis_of
from services.runtime.process import run as process
from services.runtime.process.run import Context, Service
from services.runtime.redis.connection import RedisCalls, connect, require_access


def build(settings: ApiSettings, context: Context) -> Service:
    """The api on real Redis."""
    redis = connect(redis_of(settings))
    # Followers wait on connections of their own: any number of them leaves those of the other requests alone.
    following = connect(redis_of(settings), max_connections=settings.max_streams + 1)
    loopback = is_loopback(settings.host)
    metrics = ApiMetrics(context.registry)
    followers = Followers(settings.max_streams, metrics)
    services = HttpServices(addresses(settings.services), context.clock, local_feeds=settings.local_feeds)

    async def close() -> None:
        await following.aclose()
        await redis.aclose()

    reader = RedisAlertReader(redis, following)

    async def beside() -> None:
        await asyncio.gather(services.watch(), feedback.measure(reader, metrics, context.clock))

    desk = Desk(
        sources=Feeds(settings.feeds, redis, context.clock),
        topics=Topics(settings.packs),
        watches=Watches(settings.watches, redis, RedisCalls(context.clock, context.waiting)),
    )
    app = build_app(
        reader,
        RedisAlertActions(redis, context.clock),
        services,
        desk,
        archive=ArchiveReader(settings.archive),
        access=Authorization(
            tokens=token_file.load(settings.token_file),
            clock=context.clock,
            loopback=loopback,
            open_reads=loopback or settings.open_reads,
        ),
        metrics=metrics,
        clock=context.clock,
        followers=followers,
    )
    return ApiService(
        app,
        host=settings.host,
        port=settings.port,
        closing=followers.closing,
        close=close,
        check=lambda: require_access(redis),
        beside=beside,
    )


if __name__ == "__main__":
    process.run("api", ApiSettings, build)
