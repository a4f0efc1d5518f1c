"""Signing in with a provider of OpenID Connect: authorization code with PKCE, by Authlib (BSD-3-Clause).

What the provider answers is believed where its ID token is signed with one of its keys, for this client, for this
attempt (nonce) and by this issuer. Nothing of it is kept but name and role.
"""

import asyncio
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.api.errors import SignInError
from services.api.ports import Attempt
from services.runtime.errors import TransientError, UsageError

TIMEOUT_SECONDS = 10.0
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcClient:
    """This api as its provider knows it. ``callback`` is registered there."""

    issuer: str
    client_id: str
    secret: str
    callback: str
    scope: str


class OidcProvider:
    """See :class:`services.api.ports.Provider`."""

    def __init__(self, client: OidcClient) -> None:
        for name, address in (("ISSUER", client.issuer), ("PAGE", client.callback)):
            if not _protected(address):
                raise UsageError(f"WIREWATCH_API_OIDC_{name} is {address!r}: give an https address.")
        self._client = client
        self._known: dict[str, Any] | None = None

    async def begin(self) -> Attempt:
        return await asyncio.to_thread(self._begin)

    async def claims(self, code: str, *, nonce: str, verifier: str) -> dict[str, Any]:
        return await asyncio.to_thread(self._claims, code, nonce, verifier)

    def _begin(self) -> Attempt:
        with self._session() as session:
            known = self._metadata(session)
            state, nonce, verifier = (token_urlsafe(length) for length in (32, 32, 64))
            address, _ = session.create_authorization_url(
                known["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return Attempt(address=address, state=state, nonce=nonce, verifier=verifier)

    def _claims(self, code: str, nonce: str, verifier: str) -> dict[str, Any]:
        try:
            with self._session() as session:
                known = self._metadata(session)
                token = session.fetch_token(
                    known["token_endpoint"], code=code, code_verifier=verifier, timeout=TIMEOUT_SECONDS
                )
                claims = self._verified(token.get("id_token"), _asked(session, known["jwks_uri"]), nonce)
                if "userinfo_endpoint" not in known:
                    return claims
                more = _asked(session, known["userinfo_endpoint"], withhold_token=False)
        except (OAuthError, JoseError) as refused:
            raise SignInError(f"The provider's answer is not accepted: {refused}.") from None
        except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TransientError(f"The provider cannot be asked now: {type(error).__name__}") from error
        if more.get("sub") != claims["sub"]:
            raise SignInError("The provider answers for somebody else.")
        return {**more, **claims}

    def _session(self) -> OAuth2Session:
        own = self._client
        return OAuth2Session(
            own.client_id,
            own.secret,
            scope=own.scope,
            redirect_uri=own.callback,
            code_challenge_method="S256",
        )

    def _metadata(self, session: OAuth2Session) -> dict[str, Any]:
        """What the provider says of itself, asked once. Raises :class:`TransientError`."""
        if self._known is None:
            try:
                found = _asked(session, f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found["issuer"] != self._client.issuer or not all(_protected(found[name]) for name in _NEEDED):
                    raise ValueError(f"it calls itself {found['issuer']!r}")
            except (requests.RequestException, ValueError, KeyError, TypeError) as error:
                raise TransientError(f"The provider {self._client.issuer} cannot be asked now: {error}") from error
            self._known = found
        return self._known

    def _verified(self, token: Any, keys: Any, nonce: str) -> dict[str, Any]:
        """The claims of an ID token. Raises what joserfc raises."""
        claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            leeway=60,
            iss={"essential": True, "value": self._client.issuer},
            aud={"essential": True, "value": self._client.client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
        return claims


def _asked(session: OAuth2Session, address: str, *, withhold_token: bool = True) -> dict[str, Any]:
    answer = session.request(
        "GET", address, withhold_token=withhold_token, timeout=TIMEOUT_SECONDS, allow_redirects=False
    )
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _protected(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))
