"""Signing in with the provider of a team: to the provider, and back with a session."""

import hmac
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.api.core.sealed import SIGN_IN_LASTS
from services.api.errors import SignInError
from services.api.routes import openapi
from services.api.routes.authorization import OIDC_PATH, Authorization, encrypted
from services.runtime.process.logging import get

log = get(__name__)

_ATTEMPT = "wirewatch_sign_in"
_Text = Annotated[str, Query(max_length=4000)]


def add(app: FastAPI, access: Authorization) -> None:
    """Add the routes. They need no role: who has none comes here to get one."""
    redirects = openapi.gives({"type": "string"}, c403="The provider refused, or gives no role here.")

    @app.get(OIDC_PATH, summary="Sign in with the provider of the team", responses=redirects)
    async def begin(request: Request) -> Response:
        """Leads to the provider. What has to come back is in a cookie for ten minutes, signed."""
        team = access.team_here()
        attempt = await team.provider.begin()
        values = [attempt.state, attempt.nonce, attempt.verifier]
        kept = team.sealer.sealed("sign-in", values, until=access.clock.now() + SIGN_IN_LASTS)
        made = RedirectResponse(attempt.address, 303)
        # Lax: it has to come along when the provider leads back here.
        made.set_cookie(
            _ATTEMPT,
            kept,
            max_age=int(SIGN_IN_LASTS.total_seconds()),
            path=OIDC_PATH,
            httponly=True,
            samesite="lax",
            secure=encrypted(request),
        )
        return made

    @app.get(f"{OIDC_PATH}/callback", summary="Where the provider leads back to", responses=redirects)
    async def back(request: Request, state: _Text = "", code: _Text = "", error: _Text = "") -> Response:
        """Sets the cookie of a session, as signing in with a token does, and leads to the page."""
        team = access.team_here()
        kept = team.sealer.opened("sign-in", request.cookies.get(_ATTEMPT, ""), access.clock.now())
        if kept is None or not hmac.compare_digest(kept[0].encode(), state.encode()):
            raise SignInError("This sign-in was not begun here, or too long ago: begin again.")
        if error or not code:
            raise SignInError(f"The provider refused: {error[:100] or 'it gave no code'}.")
        user = team.roles.user_of(await team.provider.claims(code, nonce=kept[1], verifier=kept[2]))
        log.info("signed_in", name=user.name, role=user.role)
        made = RedirectResponse("/", 303)
        access.remember(made, team.sealer.session_for(user, access.clock.now()), encrypted=encrypted(request))
        made.delete_cookie(_ATTEMPT, path=OIDC_PATH, httponly=True, samesite="lax")
        return made
