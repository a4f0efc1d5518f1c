"""``wirewatch parse``: feeds to articles, as the poller would publish them, one JSON line each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.cli.parsing import Parsed

WINDOW = 32  # sources that are read ahead of the one that is printed


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("parse")(parse)


def parse(
    sources: Annotated[list[str], typer.Argument(metavar="FILE_OR_URL...", help="Feed files or addresses.")],
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="The address that relative links in files are resolved against.")
    ] = None,
) -> None:
    """Print every article of the given feeds as the poller would publish it, one JSON object a line.

    What cannot be parsed is one line with "file" and "error"; the exit code is then 1, after all sources are done.
    """
    failed = asyncio.run(_print_all(sources, base_url))
    if failed:
        raise typer.Exit(1)


async def _print_all(sources: Sequence[str], base_url: str | None) -> int:
    import sys

    from services.cli.parsing import Reader

    failed = 0
    async with Reader.opened() as reader:
        async for parsed in _in_order(reader.read, sources, base_url):
            failed += parsed.failed
            sys.stdout.writelines(line.decode() + "\n" for line in parsed.lines)
            sys.stdout.flush()
    return failed


async def _in_order(read: _Read, sources: Sequence[str], base_url: str | None) -> AsyncIterator[Parsed]:
    """The results in the order of ``sources``, a few being read at once."""
    running: list[asyncio.Task[Parsed]] = []
    left = iter(sources)
    while True:
        while len(running) < WINDOW and (source := next(left, None)) is not None:
            running.append(asyncio.create_task(read(source, base_url)))
        if not running:
            return
        yield await running.pop(0)


if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    _Read = Callable[[str, str | None], Coroutine[None, None, Parsed]]
