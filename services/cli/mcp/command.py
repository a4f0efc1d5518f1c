"""What a person types: ``wirewatch mcp``."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.family import single
from services.cli.options import ArchiveOption, archive_file
from services.runtime.errors import UsageError

app = single()


@app.command()
def mcp(
    http: Annotated[
        str | None, typer.Option("--http", metavar="HOST:PORT", help="Serve it there, at /mcp, instead of on stdio.")
    ] = None,
    tokens: Annotated[
        Path | None,
        typer.Option("--tokens", metavar="FILE", help="The API's token file: with --http every request needs a token."),
    ] = None,
    archive: ArchiveOption = None,
) -> None:
    """Let an agent search the archive and read alerts. It can change nothing. Needs the package's extra `mcp`."""
    try:
        from services.cli.mcp import server
    except ModuleNotFoundError as error:
        raise UsageError(f"`wirewatch mcp` needs the package {error.name}: pip install 'wirewatch[mcp]'.") from None
    if http is None:
        server.build(archive_file(archive)).run("stdio")
        return
    host, colon, port = http.rpartition(":")
    if not (host and colon and port.isdigit()):
        raise UsageError(f"--http is {http!r}: give HOST:PORT, such as 127.0.0.1:8090.")
    if tokens is None:
        raise UsageError("--http needs --tokens FILE: lines of `name role: token`, as for the API.")
    server.serve(archive_file(archive), host, int(port), tokens)
