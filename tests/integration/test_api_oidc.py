"""Signing in with a provider of OpenID Connect: a real one, in a real Chromium, and what is refused."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import redis.asyncio
from playwright.async_api import Page, expect

from services.api.core.sealed import Sealer
from services.api.core.team import TeamRoles
from services.api.edges.oidc import OidcClient, OidcProvider
from services.api.errors import SignInError
from services.api.routes.authorization import COOKIE, OIDC_PATH, Team
from services.runtime.errors import TransientError, UsageError
from tests.integration.test_api import EDITOR, served
from tests.integration.test_api_page import browser, page, pytestmark, redis_client, tab
from tests.support.browser import barriers

__all__ = ["browser", "page", "redis_client", "tab"]
HERE = Path(__file__).parent / "oidc"
SECRET = "a-secret-of-the-client"
if shutil.which("node") is None or not (HERE / "node_modules/oidc-provider").is_dir():
    reason = (
        "node, or `npm install --no-package-lock` in tests/integration/oidc, is missing: no provider to sign in with"
    )
    pytestmark = [*pytestmark, pytest.mark.skip(reason=reason)]


def a_free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def a_provider(issuer: str, address: str, *, client_id: str = "wirewatch") -> OidcProvider:
    callback = f"{address}{OIDC_PATH}/callback"
    return OidcProvider(
        OidcClient(issuer=issuer, client_id=client_id, secret=SECRET, callback=callback, scope="openid profile email")
    )


def a_team(provider: OidcProvider) -> Team:
    roles = TeamRoles(
        name_claim="preferred_username",
        role_claim="groups",
        roles={"wire-editors": "editor", "wire-analysts": "analyst"},
        taken={"rex"},
    )
    return Team(provider=provider, roles=roles, sealer=Sealer(SECRET))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ports() -> AsyncIterator[tuple[str, int]]:
    """The provider's address, and the port of the page that it knows."""
    port, of_page = a_free_port(), a_free_port()
    command = ["node", str(HERE / "provider.mjs"), str(HERE), f"http://127.0.0.1:{of_page}", str(port)]
    program = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert program.stdout is not None
    assert b"listening" in await asyncio.wait_for(program.stdout.readline(), 60)
    yield f"http://127.0.0.1:{port}", of_page
    program.kill()
    await program.communicate()


@pytest_asyncio.fixture(loop_scope="module")
async def address(redis_client: redis.asyncio.Redis, ports: tuple[str, int]) -> AsyncIterator[str]:
    issuer, port = ports
    service = served(redis_client, port=port, team=a_team(a_provider(issuer, f"http://127.0.0.1:{port}")))
    await service.start()
    yield service.address or ""
    await service.stop()


async def signed_in(page: Page, address: str, name: str) -> None:
    await page.goto(address)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    assert await barriers(page) == []
    await page.get_by_role("link", name="Sign in with your team's account").click()
    await page.locator("[name=login]").fill(name)
    await page.locator("[name=password]").fill("any")
    await page.locator("button[type=submit]").click()
    await page.get_by_role("button", name="Continue").click()


async def test_one_signs_in_with_the_provider_and_has_the_role_of_ones_group(page: Page, address: str) -> None:
    await signed_in(page, address, "eve")
    await expect(page.locator("#who")).to_have_text("Sign out eve")
    me = await page.evaluate("fetch('/api/v1/session').then((answer) => answer.json())")
    assert (me["name"], me["role"], me["oidc"]) == ("eve", "editor", True)
    cookies = {one.get("name"): one for one in await page.context.cookies() if one.get("domain") == "127.0.0.1"}
    assert (cookies[COOKIE].get("httpOnly"), cookies[COOKIE].get("sameSite")) == (True, "Strict")
    assert "wirewatch_sign_in" not in cookies
    await page.locator("#who").click()
    await expect(page.locator("#who")).to_have_text("Sign in")


async def test_who_has_no_group_of_ours_is_not_let_in(page: Page, address: str) -> None:
    await signed_in(page, address, "nobody")
    await expect(page.locator("body")).to_contain_text(
        "nobody has no role here: nothing in the claim groups gives one."
    )
    assert COOKIE not in {one.get("name") for one in await page.context.cookies()}


async def test_nobody_takes_the_name_of_a_token(page: Page, address: str) -> None:
    await signed_in(page, address, "rex")
    await expect(page.locator("body")).to_contain_text("rex is the name of a token here")


async def test_what_was_not_begun_here_is_refused(address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        stray = await client.get(f"{OIDC_PATH}/callback", params={"code": "x", "state": "y"})
        assert (stray.status_code, stray.json()["error"][:33]) == (403, "This sign-in was not begun here, ")
        begun = await client.get(OIDC_PATH)
        assert begun.status_code == 303
        target = httpx.URL(begun.headers["location"])
        assert target.params["code_challenge_method"] == "S256"
        assert "lax" in begun.headers["set-cookie"].casefold()
        other = await client.get(f"{OIDC_PATH}/callback", params={"code": "x", "state": "y"})
        assert other.status_code == 403
        refused = await client.get(
            f"{OIDC_PATH}/callback", params={"state": target.params["state"], "error": "access_denied"}
        )
        assert refused.json() == {"error": "The provider refused: access_denied."}
        forged = await client.get(f"{OIDC_PATH}/callback", params={"state": target.params["state"], "code": "forged"})
        assert forged.status_code == 403
        assert "not accepted" in forged.json()["error"]
        token = await client.post("/api/v1/session", headers={"Authorization": f"Bearer {EDITOR}"})
        assert token.json()["name"] == "eve"  # tokens go on beside it


async def test_a_provider_that_is_away_or_another_is_said(address: str, ports: tuple[str, int]) -> None:
    with pytest.raises(TransientError, match="cannot be asked now"):
        await a_provider(f"http://127.0.0.1:{a_free_port()}", address).begin()
    with pytest.raises(TransientError, match="it calls itself"):
        await a_provider(f"{ports[0]}/", address).begin()
    with pytest.raises(SignInError, match="not accepted"):
        await a_provider(ports[0], address).claims("forged", nonce="n", verifier="v" * 64)
    with pytest.raises(UsageError, match="give an https address"):
        a_provider("http://login.example", address)
