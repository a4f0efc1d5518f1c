"""`make check` finds what it looks for, and says so in its exit code."""

from __future__ import annotations

import pytest

from tests import checks
from tests.checks import FORBIDDEN, Outcome


@pytest.mark.parametrize("folder", ["root", "work"])
def test_a_folder_of_this_machine_is_found(folder: str) -> None:
    assert FORBIDDEN.search(f"see /{folder}/x")
    assert FORBIDDEN.search(f"'/{folder}/x'")
    assert not FORBIDDEN.search(f"https://news.example/{folder}/x")
    assert not FORBIDDEN.search(f"./{folder}/x and {{home}}/{folder}/x")


def test_a_registry_is_found() -> None:
    assert FORBIDDEN.search("https://" + ".".join(("files", "pythonhosted", "org")) + "/x")


@pytest.mark.parametrize(
    ("outcome", "code", "word"),
    [
        (Outcome(seen="3 things"), 0, "3 things"),
        (Outcome(skipped="no tool"), 0, "no tool"),
        (Outcome(["x.yaml: [odd]"]), 1, "x.yaml: [odd]"),
        (Outcome(seen="things", count=3), 0, "3 things"),
        (Outcome(seen="things", count=0), 1, "found no things to look at"),
    ],
)
def test_exit_code_and_words(
    outcome: Outcome, code: int, word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "CHECKS", (("first", lambda: Outcome()), ("second", lambda: outcome)))
    assert checks.main() == code
    said = capsys.readouterr().out
    assert word in said
    assert "first" in said


def test_a_failing_tool_is_quoted() -> None:
    assert checks._run("false") == ["false failed with exit code 1"]
    assert checks._run("true") == []
