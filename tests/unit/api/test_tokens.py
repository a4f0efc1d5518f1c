"""Tokens have names and roles; a session stands for a token, and for no other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from services.api.core.tokens import SESSION_LASTS, Role, Tokens, User, parse
from services.api.edges.token_file import load
from services.runtime.errors import UsageError
from tests.support.clock import START

TOKEN, OTHER = "one-token-of-many-letters", "another-token-of-many-letters"


def test_a_line_without_a_role_is_an_analysts() -> None:
    tokens = parse(["# who may", "", f"ann: {TOKEN}", f"eve editor: {OTHER}"])
    assert tokens.user_of(TOKEN) == User("ann", "analyst")
    assert tokens.user_of(OTHER) == User("eve", "editor")
    assert tokens.user_of("") is None
    assert tokens.user_of("one-token-of-many-letter") is None


@pytest.mark.parametrize("given", [f"ann: {TOKEN}", f" {TOKEN} ", f"ann analyst: {TOKEN}\n"])
def test_a_whole_line_of_the_file_is_its_token(given: str) -> None:
    assert parse([f"ann: {TOKEN}"]).user_of(given) == User("ann", "analyst")


@pytest.mark.parametrize(
    ("role", "may"),
    [("reader", 1), ("analyst", 2), ("editor", 3)],
)
def test_each_role_may_do_what_the_one_before_may(role: Role, may: int) -> None:
    assert User("x", role).may() == ("read", "change_state", "edit")[:may]


def test_a_session_is_known_until_it_is_over_or_its_token_changes() -> None:
    user = User("ann ü", "analyst")
    tokens = Tokens([(user, TOKEN), (User("bob", "editor"), OTHER)])
    session = tokens.session_for(user, START)
    assert session.isascii()
    assert TOKEN not in session
    assert tokens.user_of_session(session, START) == user
    assert tokens.user_of_session(session, START + SESSION_LASTS + timedelta(seconds=1)) is None
    assert Tokens([(user, OTHER)]).user_of_session(session, START) is None
    expiry, signature, name = session.split(".")
    for forged in (
        f"{int(expiry) + 1}.{signature}.{name}",
        f"{expiry}.{signature}.{b'bob'.hex()}",
        f"{expiry}..{name}",
        f"{expiry}.é.{name}",
        "",
        "..",
        f"{expiry}.{signature}.zz",
        f"9{'9' * 5000}.{signature}.{name}",
    ):
        assert tokens.user_of_session(forged, START) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ann: short", "line 2: give `name: token`"),
        ("no colon at all, and long enough", "line 2: give"),
        (f"ann chief: {TOKEN}", "line 2: the role is 'chief': give one of reader, analyst, editor"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# tokens\n{line}\n")
    with pytest.raises(UsageError, match=said) as caught:
        load(file)
    assert str(file) in str(caught.value)
