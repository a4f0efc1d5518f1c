"""Signing in: who one is, what one may do, and a session that the browser keeps."""

from fastapi import FastAPI, Request, Response

from services.api.core.tokens import User
from services.api.routes import openapi
from services.api.routes.answers import as_json
from services.api.routes.authorization import COOKIE, SESSION_PATH, Authorization, encrypted


def add(app: FastAPI, access: Authorization) -> None:
    """Add the routes. Asking who one is needs no token."""

    def answer(user: User | None) -> Response:
        said = {
            "name": user and user.name,
            "role": user and user.role,
            "may": access.may(user),
            "tokens": bool(access.tokens),
            "oidc": access.team is not None,
        }
        return as_json(said)

    @app.get(SESSION_PATH, summary="Who one is, and what one may do", responses=openapi.gives(openapi.SESSION))
    async def session(request: Request) -> Response:
        """How one can sign in: ``tokens`` whether this api knows any, ``oidc`` whether a provider is asked."""
        return answer(access.user(request))

    @app.post(
        SESSION_PATH,
        summary="Sign in with `Authorization: Bearer`: sets a cookie that stands for the token",
        responses=openapi.gives(openapi.SESSION, c401="No token, or one that is not known.", c403="Nobody may."),
        openapi_extra=openapi.NEEDS_A_TOKEN,
    )
    async def sign_in(request: Request) -> Response:
        """The cookie is HttpOnly and SameSite=Strict. A whole line of the token file is taken as its token."""
        user = access.user(request) if "authorization" in request.headers else None
        if user is None:
            return access.sign_in(request)
        made = answer(user)
        session = access.tokens.session_for(user, access.clock.now())
        access.remember(made, session, encrypted=encrypted(request))
        return made

    @app.delete(
        SESSION_PATH,
        summary="Sign out: the browser forgets the session",
        responses=openapi.gives(openapi.SESSION),
    )
    async def sign_out() -> Response:
        made = answer(None)
        made.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return made
