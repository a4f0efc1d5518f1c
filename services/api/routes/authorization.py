"""Who may ask for what: security headers on every answer, hosts, tokens, sessions.

A page of another site can make a browser send requests to loopback. It cannot read the answers (no CORS header is ever
sent), but with a name that it resolves to 127.0.0.1 it could: so an api on loopback answers to loopback names only.
A browser sends the cookie of a session along with whatever any page of this host asks for, whatever its port: so with a
cookie alone only a page of this very origin changes anything.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response

from services.api.core.sealed import Sealer
from services.api.core.team import TeamRoles
from services.api.core.tokens import SESSION_LASTS, Permission, Tokens, User
from services.api.errors import SignInError
from services.api.metrics import ApiMetrics
from services.api.ports import Provider
from services.api.routes.answers import error
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

COOKIE: Final = "wirewatch_session"
SESSION_PATH: Final = "/api/v1/session"
OIDC_PATH: Final = f"{SESSION_PATH}/oidc"

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NEED_A_ROLE = ("/api/", "/grafana/")
_EDITORS = ("/api/v1/sources", "/api/v1/topics", "/api/v1/watches")  # where what is no reading changes files
_SIGN_IN = (SESSION_PATH, OIDC_PATH, f"{OIDC_PATH}/callback")
_READING = ("GET", "HEAD")
_Next = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People whom a provider names: how they are asked for, what they may do, and how their sessions are signed."""

    provider: Provider
    roles: TeamRoles
    sealer: Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """``loopback`` is whether the api listens there; ``open_reads`` whether reading needs no token."""

    tokens: Tokens
    team: Team | None = None
    clock: Clock
    loopback: bool
    open_reads: bool

    def user(self, request: Request) -> User | None:
        """Who asks: whose token the ``Authorization: Bearer`` header carries, or without one whose session it is."""
        if (header := request.headers.get("authorization")) is not None:
            scheme, _, token = header.partition(" ")
            return self.tokens.user_of(token) if scheme.casefold() == "bearer" else None
        session, now = request.cookies.get(COOKIE, ""), self.clock.now()
        user = self.tokens.user_of_session(session, now)
        return self.team.sealer.user_of_session(session, now) if user is None and self.team else user

    def team_here(self) -> Team:
        """The team. Raises :class:`SignInError` where there is none."""
        if self.team is None:
            raise SignInError("Nobody signs in with a provider here: set WIREWATCH_API_OIDC_ISSUER.")
        return self.team

    def may(self, user: User | None) -> Sequence[Permission]:
        """What one may do."""
        if user is not None:
            return user.may()
        return ("read",) if self.open_reads else ()

    def refusal(self, request: Request) -> Response | None:
        """Why a request is refused, None where it is not."""
        host = _host(request)
        if host is None:
            return error(400, "The Host header is not a host.")
        if self.loopback and not is_loopback(host):
            return error(403, "This api answers to localhost only: it listens on loopback.")
        reading = request.method in _READING
        path = request.url.path
        if not reading and not _same_origin(request):
            return error(403, "Only a page of this address may change something with its session.")
        wanted = permission_for(request.method, path)
        return None if wanted is None else self._refusal_of_role(request, wanted)

    def _refusal_of_role(self, request: Request, wanted: Permission) -> Response | None:
        user = self.user(request)
        if wanted in self.may(user):
            return None
        if user is not None:
            return error(403, f"{user.name} may not do this (role: {user.role}).")
        return self.sign_in(request)

    def sign_in(self, request: Request) -> Response:
        """What is answered where a token is missing or unknown."""
        if not self.tokens and self.team is None:
            return error(403, "Nobody may do this: set WIREWATCH_API_TOKEN_FILE and give a token.")
        if "authorization" in request.headers:
            return error(401, "This token is not known.")
        return error(401, "Sign in, or give `Authorization: Bearer` with a token of the api's token file.")

    def remember(self, response: Response, session: str, *, encrypted: bool) -> None:
        """Have the browser keep a session."""
        response.set_cookie(
            COOKIE,
            session,
            max_age=int(SESSION_LASTS.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=encrypted,
        )


def permission_for(method: str, path: str) -> Permission | None:
    """What one has to be permitted for a request, None where nothing."""
    if not path.startswith(_NEED_A_ROLE) or path in _SIGN_IN:
        return None
    if method in _READING:
        return "read"
    return "edit" if path.startswith(_EDITORS) else "change_state"


def encrypted(request: Request) -> bool:
    """Whether the browser came by TLS, as it or the proxy before us says."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host.casefold().rstrip(".") == "localhost" or host.casefold().endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def add(app: FastAPI, access: Authorization, metrics: ApiMetrics, clock: Clock) -> None:
    """Guard every route of ``app``, and count every answer."""

    async def watch(request: Request, call_next: _Next) -> Response:
        began = clock.monotonic()
        try:
            response = access.refusal(request) or await call_next(request)
        except Exception:
            log.exception("request_failed", method=request.method)
            response = error(500, "The api has failed to answer this: its log says why.")
        route = getattr(request.scope.get("route"), "path", "other")
        metrics.request_seconds.labels(route).observe(clock.monotonic() - began)
        metrics.requests.labels(route, str(response.status_code)).inc()
        response.headers.update(_SECURITY)
        return response

    app.middleware("http")(watch)


def _host(request: Request) -> str | None:
    """The name in the Host header, None where it is not one."""
    try:
        parts = urlsplit(f"//{request.headers.get('host', '')}")
        _ = parts.port  # it raises where that is no number
    except ValueError:
        return None
    return parts.hostname or ""


def _same_origin(request: Request) -> bool:
    """Whether a change comes from a page of this origin, or from a client that sends no cookies along unasked."""
    origin = request.headers.get("origin")
    if origin is None:
        return COOKIE not in request.cookies
    return origin.partition("://")[2] == request.headers.get("host")
