"""How every command looks in help: one style of metavars, and help instead of an error where no command is given."""

from typing import Any

import typer
from typer.core import TyperGroup


class Family(TyperGroup):
    """A group of commands. Called without one it prints its help, which is no mistake: exit code 0."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Print help where there is nothing else to do."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()
        return super().parse_args(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, in this style."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            _without_types(command.get_params(ctx))
        return command

    def get_params(self, ctx: Any) -> list[Any]:
        """The options of the group itself."""
        return _without_types(super().get_params(ctx))


def family(help_text: str) -> typer.Typer:
    """An empty family, to be given commands."""
    return typer.Typer(cls=Family, help=help_text, add_completion=False, rich_markup_mode="rich")


def single() -> typer.Typer:
    """A command that stands alone."""
    return typer.Typer(add_completion=False, rich_markup_mode="rich")


def _without_types(parameters: list[Any]) -> list[Any]:
    """A flag takes nothing, and an argument's name says what it is: both are shown without ``<bool>`` or ``<str>``."""
    for parameter in parameters:
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = lambda ctx: None
        elif parameter.is_flag:
            parameter.metavar = ""
    return parameters
