"""Composition root of the api: ``python -m services.api``."""

import asyncio

from services.api.core.sealed import Sealer
from services.api.core.team import TeamRoles, roles_of
from services.api.core.tokens import Tokens
from services.api.edges import token_file
from services.api.edges.actions import RedisAlertActions
from services.api.edges.archive import ArchiveReader
from services.api.edges.redis import RedisAlertReader
from services.api.edges.services import HttpServices, addresses
from services.api.errors import SignInError
from services.api.metrics import ApiMetrics
from services.api.routes import feedback
from services.api.routes.app import build_app
from services.api.routes.authorization import OIDC_PATH, Authorization, Team, is_loopback
from services.api.routes.desk import Desk
from services.api.routes.stream import Followers
from services.api.service import ApiService
from services.api.settings import ApiSettings
from services.desk.feeds import Feeds
from services.desk.topics import Topics
from services.desk.watches import Watches
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import redis_of
from services.runtime.process import run as process
from services.runtime.process.run import Context, Service
from services.runtime.redis.connection import RedisCalls, connect, require_access


def _team(settings: ApiSettings, tokens: Tokens) -> Team | None:
    """Those who sign in with a provider, None where none is set. Raises :class:`UsageError`."""
    if not settings.oidc_issuer:
        return None
    try:
        from services.api.edges.oidc import OidcClient, OidcProvider
    except ImportError:
        raise UsageError("WIREWATCH_API_OIDC_ISSUER is set: pip install 'wirewatch[oidc]'.") from None
    if not (settings.oidc_client and settings.oidc_secret_file and settings.oidc_page and settings.oidc_roles):
        needed = ", ".join(f"WIREWATCH_API_OIDC_{name}" for name in ("CLIENT", "SECRET_FILE", "PAGE", "ROLES"))
        raise UsageError(f"WIREWATCH_API_OIDC_ISSUER is set: set {needed}, too.")
    secret = token_file.secret(settings.oidc_secret_file)
    client = OidcClient(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client,
        secret=secret,
        callback=f"{settings.oidc_page.rstrip('/')}{OIDC_PATH}/callback",
        scope=settings.oidc_scope,
    )
    try:
        roles = roles_of(settings.oidc_roles)
    except SignInError as error:
        raise UsageError(f"WIREWATCH_API_OIDC_ROLES has {error}") from None
    claims = TeamRoles(
        name_claim=settings.oidc_name_claim,
        role_claim=settings.oidc_role_claim,
        roles=roles,
        taken=tokens.names(),
    )
    return Team(provider=OidcProvider(client), roles=claims, sealer=Sealer(secret))


def build(settings: ApiSettings, context: Context) -> Service:
    """The api on real Redis."""
    redis = connect(redis_of(settings))
    # Followers wait on connections of their own: any number of them leaves those of the other requests alone.
    following = connect(redis_of(settings), max_connections=settings.max_streams + 1)
    loopback = is_loopback(settings.host)
    tokens = token_file.load(settings.token_file)
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
            tokens=tokens,
            team=_team(settings, tokens),
            clock=context.clock,
            loopback=loopback,
            open_reads=loopback or settings.open_reads,
        ),
        metrics=metrics,
        clock=context.clock,
        followers=followers,
    )
    return ApiService(
        app=app,
        host=settings.host,
        port=settings.port,
        closing=followers.closing,
        close=close,
        check=lambda: require_access(redis),
        beside=beside,
    )


if __name__ == "__main__":
    process.run("api", ApiSettings, build)
