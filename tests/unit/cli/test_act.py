"""``wirewatch act``: times, ids and tokens as a person gives them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from services.cli.alerts import act, api
from services.runtime.errors import UsageError
from tests.support.clock import START

IDS = ["ab" * 12, "abc" + "0" * 21, "f" * 24]


@pytest.mark.parametrize(
    ("text", "lasts"), [("30m", timedelta(minutes=30)), ("4h", timedelta(hours=4)), ("3d", timedelta(days=3))]
)
def test_a_snooze_ends_after_its_time(text: str, lasts: timedelta) -> None:
    assert act.until(text, START) == (START + lasts).isoformat()
    assert act.until(None, START) is None
    with pytest.raises(UsageError, match="give a time such as"):
        act.until(f"{text} or so", START)


def test_an_id_may_be_cut_short_where_it_is_one() -> None:
    assert api.full_id("f", IDS) == "f" * 24
    assert api.full_id("0" * 24, []) == "0" * 24
    for given, many in (("ab", 2), ("e", 0)):
        with pytest.raises(UsageError, match=f"{given} begins the id of {many} of the last 3 alerts"):
            api.full_id(given, IDS)


def test_the_token_is_that_of_the_name_else_the_own_else_the_first(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("# who\nann analyst: first\nlocal editor: own\n")
    home = {"WIREWATCH_LOCAL_HOME": str(tmp_path)}
    assert api.token("ann", home) == "first"
    assert api.token(None, home) == "own"
    file.write_text("ann: first\n")
    assert api.token(None, {"WIREWATCH_API_TOKEN_FILE": str(file)}) == "first"
    with pytest.raises(UsageError, match="no token of bob"):
        api.token("bob", home)
    with pytest.raises(UsageError, match="cannot be read"):
        api.token(None, {"WIREWATCH_LOCAL_HOME": str(tmp_path / "nowhere")})
