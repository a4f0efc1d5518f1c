"""docs/settings.md is what the settings classes say."""

from __future__ import annotations

import pytest

from services.local.preflight import SETTINGS, variables
from services.runtime.process.settings import CommonSettings
from tests.contracts.settings_page import PAGE, page, sentences


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run `make docs-settings`"


def test_the_page_has_every_variable_once() -> None:
    rows = [line.split("`")[1] for line in page().splitlines() if line.startswith("| `WIREWATCH_")]
    assert sorted(rows) == sorted(variables())


@pytest.mark.parametrize("kind", [CommonSettings, *SETTINGS.values()])
def test_every_setting_has_one_plain_sentence(kind: type[CommonSettings]) -> None:
    for name, said in sentences(kind).items():
        assert said.endswith("."), f"{kind.__name__}.{name} needs a sentence: Annotated[..., 'It ends with a stop.']"
        assert len(said) < 160, name
        assert "|" not in said, name
