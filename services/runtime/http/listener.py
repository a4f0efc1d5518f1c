"""How a process listens for HTTP on an address of its own."""

from aiohttp import web

from services.runtime.errors import UsageError


async def listen(runner: web.AppRunner, host: str, port: int, problem: str, *, backlog: int = 128) -> int:
    """Have ``runner`` listen, and return the port; 0 takes a free one.

    Raises :class:`UsageError` where the address cannot be had: ``problem`` with the address and the reason filled in.
    """
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=backlog).start()
    except OSError as error:
        await runner.cleanup()
        raise UsageError(problem.format(f"{host}:{port}", error.strerror or error)) from None
    chosen: int = runner.addresses[0][1]
    return chosen
