"""What a provider of OpenID Connect says of somebody, as one of our users. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.api.core.tokens import ROLES, Role, User, role_of
from services.api.errors import SignInError

_MOST_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRoles:
    """Which claims hold name and groups, and the role of each group. A name that a token has is nobody else's."""

    name_claim: str
    role_claim: str
    roles: Mapping[str, Role]
    taken: Iterable[str] = ()

    def user_of(self, claims: Mapping[str, Any]) -> User:
        """The user. Raises :class:`SignInError` where the claims name nobody, or somebody without a role."""
        name = claims.get(self.name_claim)
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise SignInError(f"The provider names nobody: there is no text in the claim {self.name_claim}.")
        name = name.strip()[:_MOST_CHARACTERS]
        if name in self.taken:
            raise SignInError(f"{name} is the name of a token here: sign in with it.")
        given = claims.get(self.role_claim)
        values = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        held = [self.roles[value] for value in values if isinstance(value, str) and value in self.roles]
        if not held:
            raise SignInError(f"{name} has no role here: nothing in the claim {self.role_claim} gives one.")
        return User(name, max(held, key=ROLES.index))


def roles_of(pairs: Iterable[str]) -> dict[str, Role]:
    """Group to role, of ``group=role`` each. Raises :class:`SignInError`."""
    found: dict[str, Role] = {}
    for text in pairs:
        group, _, name = text.rpartition("=")
        role = role_of(name)
        if not group or role is None:
            raise SignInError(f"{text!r}: give group=role with one of {', '.join(ROLES)}, and commas between.")
        found[group] = role
    return found
