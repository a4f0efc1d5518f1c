"""Who may do what: tokens with names and roles, and the sessions that are kept with them. Pure."""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal, get_args

from services.api.errors import TokenError

Role = Literal["reader", "analyst", "editor"]
"""Each may do what the one before it may."""

Permission = Literal["read", "change_state", "edit"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)  # one more with each role
MIN_CHARACTERS: Final = 16
SESSION_LASTS: Final = timedelta(days=30)


def role_of(name: str) -> Role | None:
    """The role of that name, None where there is none."""
    return next((role for role in ROLES if role == name), None)


@dataclass(frozen=True, slots=True)
class User:
    """Whose token it is."""

    name: str
    role: Role

    def may(self) -> Sequence[Permission]:
        """What the role permits."""
        return PERMISSIONS[: ROLES.index(self.role) + 1]


class Tokens:
    """Knows the digests of the tokens, not the tokens."""

    def __init__(self, tokens: Iterable[tuple[User, str]]) -> None:
        self._digests = {user.name: (user, _digest(token)) for user, token in tokens}

    def __bool__(self) -> bool:
        return bool(self._digests)

    def names(self) -> frozenset[str]:
        """Who has a token."""
        return frozenset(self._digests)

    def user_of(self, given: str) -> User | None:
        """Whose token ``given`` is, None where no token matches. A whole line of the token file is one, too.

        Every token is compared, in constant time, so that the time of the answer tells nothing.
        """
        forms = [_digest(text.strip()) for text in (given, given.partition(":")[2])]
        pairs = [(user, form, digest) for user, digest in self._digests.values() for form in forms]
        found = [user for user, form, digest in pairs if hmac.compare_digest(digest, form)]
        return found[0] if found else None

    def session_for(self, user: User, now: datetime) -> str:
        """What a browser may keep instead of the token, for :data:`SESSION_LASTS`: ``expiry.signature.name``.

        It is signed with the token's digest: it ends with the token, survives a restart, and does not tell the token.
        """
        expiry = str(int((now + SESSION_LASTS).timestamp()))
        return f"{expiry}.{self._signature(user.name, expiry)}.{user.name.encode().hex()}"

    def user_of_session(self, session: str, now: datetime) -> User | None:
        """Whose session it is, None where it belongs to no token or has ended."""
        expiry, _, rest = session.partition(".")
        signature, _, name_hex = rest.partition(".")
        try:
            name = bytes.fromhex(name_hex).decode()
            over = int(expiry) <= now.timestamp()
        except ValueError:
            return None
        if over or name not in self._digests or not signature.isascii():
            return None
        expected = self._signature(name, expiry)
        return self._digests[name][0] if hmac.compare_digest(expected, signature) else None

    def _signature(self, name: str, expiry: str) -> str:
        return hmac.new(self._digests[name][1], f"wirewatch session {expiry} {name}".encode(), sha256).hexdigest()


def parse(lines: Iterable[str]) -> Tokens:
    """The tokens of a file: lines ``name: token`` or ``name role: token``; without a role it is an analyst's.

    Empty lines and those that begin with ``#`` are none. Raises :class:`TokenError` naming the line.
    """
    tokens: dict[str, tuple[User, str]] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            user, token = _parse_line(number, line)
            tokens[user.name] = (user, token)
    return Tokens(tokens.values())


def _parse_line(number: int, line: str) -> tuple[User, str]:
    who, colon, token = (part.strip() for part in line.partition(":"))
    words = who.split()
    if not (colon and 1 <= len(words) <= 2 and len(token) >= MIN_CHARACTERS):
        raise TokenError(
            f"line {number}: give `name: token` or `name role: token` with a token of at least "
            f"{MIN_CHARACTERS} characters."
        )
    if (role := role_of(words[-1] if len(words) == 2 else "analyst")) is None:
        raise TokenError(f"line {number}: the role is {words[1]!r}: give one of {', '.join(ROLES)}.")
    return User(words[0], role), token


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
