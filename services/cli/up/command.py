"""What a person types: ``wirewatch up``."""

from typing import Annotated

import typer

from services.cli.family import single
from services.cli.options import HomeOption, JsonOption

_TIMEOUT_SECONDS = 120.0

app = single()


@app.command()
def up(
    until_alerts: Annotated[
        int | None, typer.Option("--until-alerts", min=1, metavar="N", help="Stop, with exit code 0, after N alerts.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", metavar="SECONDS", help="Stop, with exit code 1, when N alerts have not come in this time."
        ),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Run everything here: broker, store, every service and the sample feeds; print alerts as they are raised.

    WIREWATCH_KAFKA and WIREWATCH_REDIS name servers to use instead of the embedded ones. Runs until Ctrl-C.
    """
    from services.cli.up import reporters
    from services.cli.up.run import Wanted, run

    if timeout is not None and until_alerts is None:
        raise typer.BadParameter("it needs --until-alerts", param_hint="--timeout")
    reporter = reporters.JsonReporter() if json else reporters.TerminalReporter()
    wanted = Wanted(alerts=until_alerts, seconds=timeout or _TIMEOUT_SECONDS) if until_alerts else None
    raise typer.Exit(run(reporter, wanted, home))
