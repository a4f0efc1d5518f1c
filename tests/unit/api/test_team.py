"""Those whom a provider names: their roles, and sessions that nobody else can make."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.api.core.sealed import TEAM_SESSION_LASTS, Sealer
from services.api.core.team import TeamRoles, roles_of
from services.api.core.tokens import User
from services.api.errors import SignInError
from tests.support.clock import START

EVE = User("eve ü", "editor")
TEAM = TeamRoles(name_claim="name", role_claim="groups", roles=roles_of(["a=b=analyst", "e=editor"]), taken={"rex"})


def test_a_session_of_the_team_ends_with_its_time_or_its_secret() -> None:
    sealer = Sealer("a secret of the client")
    session = sealer.session_for(EVE, START)
    assert session.isascii()
    assert sealer.user_of_session(session, START) == EVE
    assert sealer.user_of_session(session, START + TEAM_SESSION_LASTS + timedelta(seconds=1)) is None
    assert Sealer("another secret").user_of_session(session, START) is None


def test_what_is_signed_for_one_purpose_serves_no_other_and_cannot_be_changed() -> None:
    sealer = Sealer("a secret of the client")
    attempt = sealer.sealed("sign-in", ["eve", "editor"], until=START + timedelta(minutes=1))
    assert sealer.opened("sign-in", attempt, START) == ["eve", "editor"]
    assert sealer.user_of_session(attempt, START) is None
    for forged in ("", "...", attempt.replace("sign-in", "team"), attempt + "0", attempt[:-1] + "é"):
        assert sealer.user_of_session(forged, START) is None


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"name": "ann", "groups": ["x", "a=b", 7]}, "analyst"),
        ({"name": "ann", "groups": ["a=b", "e"]}, "editor"),
        ({"name": "ann", "groups": "e"}, "editor"),
    ],
)
def test_the_highest_role_of_ones_groups_holds(claims: dict[str, Any], role: str) -> None:
    assert TEAM.user_of(claims).role == role


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"groups": ["e"]}, "names nobody"),
        ({"name": "a\nb", "groups": ["e"]}, "names nobody"),
        ({"name": "ann"}, "has no role here"),
        ({"name": "ann", "groups": {"e": 1}}, "has no role here"),
        ({"name": " rex ", "groups": ["e"]}, "rex is the name of a token here"),
    ],
)
def test_who_is_not_let_in_is_told_why(claims: dict[str, Any], said: str) -> None:
    with pytest.raises(SignInError, match=said):
        TEAM.user_of(claims)


def test_a_role_that_is_none_is_named() -> None:
    with pytest.raises(SignInError, match="'e=chief': give group=role with one of reader, analyst, editor"):
        roles_of(["e=chief"])
