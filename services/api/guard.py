"""Who may ask for what: security headers on every answer, hosts, tokens.

A page of another site can make a browser send requests to loopback. It cannot read the answers (no CORS header is ever
sent), but with a name that it resolves to 127.0.0.1 it could: so an api on loopback answers to loopback names only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from services.api.metrics import ApiMetrics
from services.api.tokens import Tokens
from services.runtime.process.clock import Clock

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
_GUARDED = ("/api/", "/grafana/")
_Next = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """``loopback`` is whether the api listens there; ``open_reads`` whether reading needs no token."""

    tokens: Tokens
    loopback: bool
    open_reads: bool

    def refusal(self, request: Request) -> Response | None:
        """Why a request is refused, None where it is not."""
        if self.loopback and not is_loopback(_host(request)):
            return _refused(403, "This api answers to localhost only: it listens on loopback.")
        reading = request.method in ("GET", "HEAD")
        if not request.url.path.startswith(_GUARDED) or (reading and self.open_reads):
            return None
        if not self.tokens:
            return _refused(403, "Nobody may do this: set WIREWATCH_API_TOKEN_FILE and give a token.")
        if self.tokens.name_of(request.headers.get("authorization")) is None:
            return _refused(401, "Give `Authorization: Bearer` with a token of the api's token file.")
        return None


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host.casefold().rstrip(".") == "localhost" or host.casefold().endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def add(app: FastAPI, guard: Guard, metrics: ApiMetrics, clock: Clock) -> None:
    """Guard every route of ``app``, and count every answer."""

    async def watch(request: Request, call_next: _Next) -> Response:
        began = clock.monotonic()
        response = guard.refusal(request) or await call_next(request)
        route = getattr(request.scope.get("route"), "path", "other")
        metrics.request_seconds.labels(route).observe(clock.monotonic() - began)
        metrics.requests.labels(route, str(response.status_code)).inc()
        response.headers.update(_SECURITY)
        return response

    app.middleware("http")(watch)


def _host(request: Request) -> str:
    return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""


def _refused(code: int, sentence: str) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if code == 401 else None
    return JSONResponse({"error": sentence}, code, headers)
