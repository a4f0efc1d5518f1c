"""The security defaults that need no tool and no server hold at every change; `make security` shows all of them."""

from __future__ import annotations

import pytest

from tests.security.checks import CHECKS, Check


def test_every_default_has_its_check() -> None:
    assert [check.id for check in CHECKS] == [f"S{number:02}" for number in range(1, 28)]


@pytest.mark.parametrize("check", [c for c in CHECKS if c.id not in ("S01", "S02", "S18", "S19")], ids=lambda c: c.id)
def test_it_holds(check: Check) -> None:
    verdict = check.look()
    assert verdict.state == "pass", verdict.why
