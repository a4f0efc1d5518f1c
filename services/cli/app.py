"""The application: which module brings which commands."""

from __future__ import annotations

from importlib import import_module

import typer

COMMANDS = (
    "up",
    "alerts",
    "trace",
    "watches",
    "parse",
    "dedupe",
    "tag",
    "packs",
    "send",
    "dead",
    "feeds",
    "topics",
    "rebuild",
    "doctor",
)


def build() -> typer.Typer:
    """The ``wirewatch`` application with every command."""
    app = typer.Typer(
        name="wirewatch",
        help="Watches the world's news feeds and raises one alert per story, with the sentences that prove it.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    for name in COMMANDS:
        import_module(f"services.cli.{name}").register(app)
    return app
