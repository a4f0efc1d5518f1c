"""``docs/settings.md``, made from the settings classes. ``python -m tests.contracts.settings_page`` writes it."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.local.preflight import SETTINGS
from services.runtime.files import shipped as files
from services.runtime.process.settings import CommonSettings, variables

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"

_INTRODUCTION = """\
# Settings

Every setting is an environment variable; in Compose, a line of `.env`. A service reads its own variables and those of
all services. An unknown `WIREWATCH_` variable is an error that names it. A list separates its values with commas, and
a yes or no is `yes`, `no`, `true`, `false`, `on`, `off`, `1` or `0`.

Most installations set one to five of them: `WIREWATCH_POLLER_CONTACT`, `WIREWATCH_POLLER_FEEDS`,
`WIREWATCH_NOTIFIER_WATCHES`, `WIREWATCH_TAGGER_PACKS` and `WIREWATCH_API_TOKEN_FILE`. Compose has a few more of its own
(ports, the demo profile, Grafana): see `.env.example`. `OTEL_EXPORTER_OTLP_ENDPOINT` switches [tracing](tracing.md) on.

This page is generated from the settings classes (`make docs-settings`); change the sentences there.
"""
_TITLES = {"api": "API", "samples": "Sample feeds", "local": "`wirewatch up`"}
_TYPES = {str: "text", int: "whole number", float: "number", bool: "yes or no", Path: "path"}


def page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, _section("All services", CommonSettings, "")]
    parts += [_section(_TITLES.get(name, name.capitalize()), kind, name) for name, kind in SETTINGS.items()]
    return "\n".join(parts)


def sentences(kind: type[CommonSettings]) -> dict[str, str]:
    """Field name to the sentence beside it, for every field; "" where none stands there."""
    hints = typing.get_type_hints(kind, include_extras=True)
    said = {name: " ".join(getattr(hint, "__metadata__", ())) for name, hint in hints.items()}
    return {field.name: said[field.name] for field in dataclasses.fields(kind)}


def _section(title: str, kind: type[CommonSettings], service: str) -> str:
    rows = ["| variable | type | default | |", "|---|---|---|---|", *_rows(kind, service)]
    return "\n".join([f"## {title}", "", *rows, ""])


def _rows(kind: type[CommonSettings], service: str) -> Iterator[str]:
    inherited = {field.name for field in dataclasses.fields(CommonSettings)} if kind is not CommonSettings else set()
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints, said = typing.get_type_hints(kind), sentences(kind)
    for variable, name in variables(kind, service).items():
        if name not in inherited:
            default = _default(fields[name])
            shown = f"`{default}`" if default else ""
            yield f"| `{variable}` | {_type(hints[name])} | {shown} | {said[name]} |"


def _type(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
    return "list" if typing.get_origin(hint) is tuple else _TYPES[hint]


def _default(field: dataclasses.Field[Any]) -> str:
    made = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    if isinstance(made, bool):
        return "yes" if made else "no"
    if isinstance(made, tuple):
        return ",".join(made)
    if isinstance(made, float):
        return f"{made:.12g}"
    if isinstance(made, Path) and made.is_relative_to(files.seeds()):
        return f"seeds/{made.relative_to(files.seeds())}"
    return "" if made is None else str(made)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
