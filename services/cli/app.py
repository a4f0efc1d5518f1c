"""The application: each command's module is imported when somebody calls it, or asks for help."""

from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
import typer.main

from services.cli.family import Family

COMMANDS = {
    "up": "services.cli.up.command",
    "status": "services.cli.up.status",
    "alerts": "services.cli.alerts.command",
    "act": "services.cli.alerts.act",
    "search": "services.cli.search",
    "brief": "services.cli.brief",
    "archive": "services.cli.archive.command",
    "mcp": "services.cli.mcp.command",
    "trace": "services.cli.trace.command",
    "feedback": "services.cli.feedback.command",
    "watches": "services.cli.watches.command",
    "parse": "services.cli.parse",
    "dedupe": "services.cli.dedupe",
    "tag": "services.cli.tag",
    "packs": "services.cli.packs.command",
    "send": "services.cli.send.command",
    "dead": "services.cli.dead.command",
    "feeds": "services.cli.feeds.command",
    "topics": "services.cli.topics.command",
    "rebuild": "services.cli.rebuild.command",
    "doctor": "services.cli.doctor.command",
}


class _Root(Family):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands: dict[str, Any] = dict.fromkeys(COMMANDS)  # what a misspelling is compared with

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command, in the order in which help shows them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, from its module."""
        if cmd_name in COMMANDS and self.commands[cmd_name] is None:
            self.commands[cmd_name] = typer.main.get_command(import_module(COMMANDS[cmd_name]).app)
            self.commands[cmd_name].name = cmd_name
        return super().get_command(ctx, cmd_name)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"wirewatch {version('wirewatch')}")
        raise typer.Exit


def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Watch the world's news feeds and raise one alert per event, with the sentences that prove it."""


def build() -> typer.Typer:
    """The ``wirewatch`` application with every command."""
    app = typer.Typer(name="wirewatch", cls=_Root, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback()(_root)
    return app
