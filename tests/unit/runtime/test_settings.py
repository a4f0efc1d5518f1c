"""Settings: every variable has one meaning, and a wrong one is named."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.runtime.errors import UsageError
from services.runtime.process import settings
from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerLike(CommonSettings):
    packs: Path = Path("seeds/topics")
    limit_bytes: int = 10
    timeout_seconds: float = 1.5
    strict: bool = False
    languages: tuple[str, ...] = ("en",)
    proxy: str | None = None
    port: int | None = None


def load(environ: Mapping[str, str]) -> TaggerLike:
    return settings.load(TaggerLike, "tagger", environ)


def test_defaults_need_no_environment() -> None:
    assert load({}) == TaggerLike()
    assert load({"PATH": "/bin", "OTHER_KAFKA": "x"}) == TaggerLike()


def test_each_form_is_read() -> None:
    loaded = load(
        {
            "WIREWATCH_KAFKA": "kafka:9092",
            "WIREWATCH_TAGGER_PACKS": "packs",
            "WIREWATCH_TAGGER_LIMIT_BYTES": "20",
            "WIREWATCH_TAGGER_TIMEOUT_SECONDS": "2",
            "WIREWATCH_TAGGER_STRICT": "Yes",
            "WIREWATCH_TAGGER_LANGUAGES": "en, de,,",
            "WIREWATCH_TAGGER_PROXY": "p",
            "WIREWATCH_TAGGER_PORT": "",
        }
    )
    assert loaded == TaggerLike(
        kafka="kafka:9092",
        packs=Path("packs"),
        limit_bytes=20,
        timeout_seconds=2.0,
        strict=True,
        languages=("en", "de"),
        proxy="p",
        port=None,
    )


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("WIREWATCH_TAGGER_LIMIT_BYTES", "1.5", "takes a whole number"),
        ("WIREWATCH_TAGGER_TIMEOUT_SECONDS", "soon", "takes a number"),
        ("WIREWATCH_TAGGER_STRICT", "maybe", "takes yes or no"),
        ("WIREWATCH_TAGGER_PORT", "x", "takes a whole number"),
        ("WIREWATCH_LOG_LEVEL", "loud", "use one of debug, info, warning, error"),
        ("WIREWATCH_LOG_FORMAT", "xml", "use one of console, json"),
        ("WIREWATCH_TAGGER_PACKS", "", "takes a path"),
        ("WIREWATCH_OPS_PORT", "", "takes a whole number"),
    ],
)
def test_wrong_value_is_named(variable: str, value: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        load({variable: value})
    assert str(caught.value).startswith(f"{variable} is {value!r}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("items", [(), ("a.opml",), ("news, world/a.opml", "b.opml")])
def test_a_list_is_read_as_it_was_written(items: tuple[str, ...]) -> None:
    assert settings.listed(settings.as_list(items)) == items


def test_unknown_variable_is_named_with_what_was_meant() -> None:
    with pytest.raises(
        UsageError, match=r"Unknown setting WIREWATCH_TAGER_STRICT .*did you mean WIREWATCH_TAGGER_STRICT"
    ):
        load({"WIREWATCH_TAGER_STRICT": "1"})
    with pytest.raises(UsageError, match=r"Unknown setting WIREWATCH_TAGGER_STRIKT"):
        load({"WIREWATCH_TAGGER_STRIKT": "1"})
    with pytest.raises(UsageError, match=r"WIREWATCH_ZZZZZZZZ .*docs/settings.md lists them all"):
        load({"WIREWATCH_ZZZZZZZZ": "1"})


def test_variables_of_other_services_are_theirs() -> None:
    assert load({"WIREWATCH_POLLER_ANYTHING": "1"}) == TaggerLike()


def test_every_field_of_the_common_settings_is_common() -> None:
    names = settings.variables(TaggerLike, "tagger")
    assert names["WIREWATCH_OPS_PORT"] == "ops_port"
    assert names["WIREWATCH_TAGGER_LANGUAGES"] == "languages"
    assert set(names.values()) == set(typing.get_type_hints(TaggerLike))
