"""Values that a browser keeps for us and cannot change: signed, for one purpose, until a time. Pure."""

import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from services.api.core.tokens import User, role_of

TEAM_SESSION_LASTS: Final = timedelta(hours=12)  # the provider cannot end it: what changes there holds by tomorrow
SIGN_IN_LASTS: Final = timedelta(minutes=10)


class Sealer:
    """``secret`` may be any text: each purpose has a key of its own, made of it."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sealed(self, purpose: str, values: Sequence[str], *, until: datetime) -> str:
        """``<purpose>.<expiry>.<values>.<signature>``, of characters that a cookie may have."""
        text = f"{purpose}.{int(until.timestamp())}.{json.dumps(list(values)).encode().hex()}"
        return f"{text}.{self._signature(text)}"

    def opened(self, purpose: str, sealed: str, now: datetime) -> list[str] | None:
        """The values, None where they are for something else, were changed, or have ended."""
        text, _, signature = sealed.rpartition(".")
        if not signature.isascii() or not hmac.compare_digest(self._signature(text), signature):
            return None
        made_for, expiry, values = text.split(".")
        if made_for != purpose or int(expiry) <= now.timestamp():
            return None
        found: list[str] = json.loads(bytes.fromhex(values))
        return found

    def session_for(self, user: User, now: datetime) -> str:
        """A session of somebody whom the provider has named."""
        return self.sealed("team", [user.name, user.role], until=now + TEAM_SESSION_LASTS)

    def user_of_session(self, session: str, now: datetime) -> User | None:
        """Whose session it is, None where it is none."""
        found = self.opened("team", session, now)
        role = role_of(found[1]) if found else None
        return User(found[0], role) if found and role else None

    def _signature(self, text: str) -> str:
        return hmac.new(self._secret, f"wirewatch {text}".encode(), sha256).hexdigest()
