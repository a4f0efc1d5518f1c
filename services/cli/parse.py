"""``wirewatch parse``: feeds to articles, as the poller would publish them, one JSON line each."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.family import single

if TYPE_CHECKING:
    from services.cli.feeds.reader import Parsed, Reader

READ_AHEAD = 32  # sources that are read before the one that is printed is done

app = single()


@app.command()
def parse(
    sources: Annotated[list[str], typer.Argument(metavar="FILE_OR_URL", help="Feed files or addresses.")],
    base_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="Resolve relative links in files against this.")
    ] = None,
) -> None:
    """Print every article of the given feeds as the poller would publish it, one JSON object a line.

    What cannot be parsed is one line with "file" and "error"; the exit code is then 1, after all sources are done.
    """
    if asyncio.run(_print_all(sources, base_url)):
        raise typer.Exit(1)


async def _print_all(sources: Sequence[str], base_url: str | None) -> int:
    from services.cli.feeds.reader import Reader  # loads the HTTP client

    failed = 0
    async with Reader.opened() as reader:
        async for parsed in _in_order(reader, sources, base_url):
            failed += parsed.failed
            sys.stdout.writelines(line.decode() + "\n" for line in parsed.lines)
            sys.stdout.flush()
    return failed


async def _in_order(reader: Reader, sources: Sequence[str], base_url: str | None) -> AsyncIterator[Parsed]:
    """The results in the order of ``sources``, a few being read at once."""
    running: list[asyncio.Task[Parsed]] = []
    left = iter(sources)
    while True:
        while len(running) < READ_AHEAD and (source := next(left, None)) is not None:
            running.append(asyncio.create_task(reader.read(source, base_url)))
        if not running:
            return
        yield await running.pop(0)
