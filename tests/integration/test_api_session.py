"""Signing in: a cookie stands for a token, each role on each route, and no page of elsewhere acts with a session."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from services.api.core.tokens import ROLES, Tokens
from services.api.routes.authorization import COOKIE
from tests.integration.test_api import EDITOR, READER, TOKEN, TOKENS, an_alert, app, browser, put, store

pytestmark = pytest.mark.stack

__all__ = ["store"]
BASE = "http://127.0.0.1:8080"
SESSION = "/api/v1/session"
ALL = ("read", "change_state", "edit")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def guarded(client: redis.asyncio.Redis, **more: Any) -> Any:
    return app(client, loopback=True, **({"tokens": TOKENS} | more))


@pytest.mark.parametrize("token", [TOKEN, f"ann: {TOKEN}", f"ann analyst: {TOKEN}"])
async def test_a_session_stands_for_the_token_until_it_is_forgotten(
    redis_client: redis.asyncio.Redis, token: str
) -> None:
    async with browser(guarded(redis_client, open_reads=False), BASE) as client:
        assert (await client.get(SESSION)).json() == {
            "name": None,
            "role": None,
            "may": [],
            "tokens": True,
            "oidc": False,
        }
        assert (await client.get("/api/v1/alerts")).status_code == 401
        answer = await client.post(SESSION, headers=bearer(token))
        cookie = answer.headers["set-cookie"].casefold()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "secure" not in cookie
        assert TOKEN not in cookie
        me = {"name": "ann", "role": "analyst", "may": ["read", "change_state"], "tokens": True, "oidc": False}
        assert answer.json() == me
        assert (await client.get(SESSION)).json() == me
        assert (await client.get("/api/v1/alerts")).status_code == 200
        assert (await client.delete(SESSION, headers={"Origin": BASE})).json()["name"] is None
        assert (await client.get("/api/v1/alerts")).status_code == 401


async def test_over_tls_the_cookie_is_for_tls_alone(redis_client: redis.asyncio.Redis) -> None:
    async with browser(guarded(redis_client), BASE) as client:
        answer = await client.post(SESSION, headers={**bearer(TOKEN), "X-Forwarded-Proto": "https"})
        assert "secure" in answer.headers["set-cookie"].casefold()


async def test_a_token_that_nobody_has_is_said(redis_client: redis.asyncio.Redis) -> None:
    async with browser(guarded(redis_client), BASE) as client:
        wrong = await client.post(SESSION, headers=bearer("not the token at all"))
        assert (wrong.status_code, wrong.json()) == (401, {"error": "This token is not known."})
        assert "set-cookie" not in wrong.headers
        assert (await client.post(SESSION)).status_code == 401
    async with browser(guarded(redis_client, tokens=Tokens(())), BASE) as client:
        assert (await client.get(SESSION)).json() == {
            "name": None,
            "role": None,
            "may": ["read"],
            "tokens": False,
            "oidc": False,
        }
        assert (await client.post(SESSION, headers=bearer(TOKEN))).status_code == 403


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": BASE}, 200),
        ({}, 403),  # a browser always says where a change comes from
        ({"Origin": "http://127.0.0.1:9000"}, 403),  # another port of this machine gets the cookie, too
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example", **bearer(TOKEN)}, 403),
    ],
)
async def test_only_a_page_of_this_origin_acts_with_a_session(
    redis_client: redis.asyncio.Redis, store: Any, headers: dict[str, str], code: int
) -> None:
    await put(store, [an_alert(1)])
    async with browser(guarded(redis_client), BASE) as client:
        await client.post(SESSION, headers=bearer(TOKEN))
        assert COOKIE in client.cookies
        address = f"/api/v1/alerts/{an_alert(1).id}/state"
        assert (await client.post(address, json={"state": "muted"}, headers=headers)).status_code == code
        assert (await client.delete(SESSION, headers=headers)).status_code == code


READS = ["/api/v1/alerts", "/api/v1/alerts.atom", "/api/v1/alerts.json", "/api/v1/pipeline", "/api/v1/health",
         "/api/v1/openapi.json", "/grafana/api/v1/query"]  # fmt: skip


@pytest.mark.parametrize(
    ("token", "reads", "changes"),
    [(None, 401, 401), ("x" * 20, 401, 401), (READER, 200, 403), (TOKEN, 200, 404), (EDITOR, 200, 404)],
)
async def test_each_role_on_each_route(
    redis_client: redis.asyncio.Redis, token: str | None, reads: int, changes: int
) -> None:
    made = guarded(redis_client, open_reads=False)
    async with browser(made, BASE) as client:
        headers = bearer(token) if token else {}
        for address in READS:
            assert (await client.get(address, headers=headers)).status_code == reads, address
        for address in (f"/api/v1/alerts/{'0' * 24}", f"/api/v1/stories/{'0' * 24}"):
            assert (await client.get(address, headers=headers)).status_code == (404 if reads == 200 else reads)
        answer = await client.post(f"/api/v1/alerts/{'0' * 24}/state", json={"state": "new"}, headers=headers)
        assert answer.status_code == changes
        assert (await client.get("/", headers=headers)).status_code == 200
    if token == READER:
        assert answer.json() == {"error": "rex may not do this (role: reader)."}


@pytest.mark.parametrize(("token", "role"), [(None, -1), (READER, 0), (TOKEN, 1), (EDITOR, 2)])
async def test_every_route_refuses_whom_the_reference_says(
    redis_client: redis.asyncio.Redis, token: str | None, role: int
) -> None:
    made = guarded(redis_client, open_reads=False)
    page = (Path(__file__).parents[2] / "docs/reference/api.md").read_text()
    said = dict(re.findall(r"^## (\w+ /\S+)\n.*?^(No role is needed|Role: \w+)\.$", page, re.MULTILINE | re.DOTALL))
    routes = [(method.upper(), path) for path, methods in made.openapi()["paths"].items() for method in methods]
    assert sorted(said) == sorted(f"{method} {path}" for method, path in routes)
    assert len(routes) > 30
    async with browser(made, BASE) as client:
        client.headers.update(bearer(token) if token else {})
        for method, path in routes:
            needs = said[f"{method} {path}"].rpartition(" ")[2]
            refused = needs in ROLES and ROLES.index(needs) > role
            if path == SESSION or ("stream" in path and not refused):
                continue  # signing in is what a token is asked for; a stream never ends
            answer = await client.request(method, re.sub(r"{[^}]*}", "x", path), json={})
            by_role = "(role: " in answer.text or "Sign in, or give" in answer.text
            assert (by_role and answer.status_code in (401, 403)) == refused, (method, path, answer.text)
