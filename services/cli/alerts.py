"""``wirewatch alerts``: what was raised, from the ``alerts`` topic, and what is being raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.addresses import KafkaOption

if TYPE_CHECKING:
    from services.cli.alert_log import Record, Wanted
    from services.runtime.kafka.connection import KafkaAccess


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def alerts(
        kafka: KafkaOption = None,
        follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new revisions until Ctrl-C.")] = False,
        topic: Annotated[str | None, typer.Option("--topic", help="Only alerts with this topic.")] = None,
        min_severity: Annotated[
            str | None, typer.Option("--min-severity", help="low, medium, high or critical, and what is above it.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="One message a line, as it is on the topic.")] = False,
    ) -> None:
        """Show the latest revision of each alert on the topic, the last updated at the end."""
        import asyncio

        from services.cli import addresses, alert_log

        wanted = alert_log.wanted(topic=topic, min_severity=min_severity)
        address = addresses.kafka(kafka)
        try:
            asyncio.run(_show(address, wanted, follow=follow, as_json=as_json))
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


async def _show(address: KafkaAccess, wanted: Wanted, *, follow: bool, as_json: bool) -> None:
    from services.cli import alert_log, broker
    from services.cli.console import err
    from services.contracts import topics

    broker.quiet()
    await broker.require_topic(address, topics.ALERTS)
    async with alert_log.AlertLog(address) as log:
        retained = alert_log.latest(await log.retained(), wanted)
        for record in retained:
            _print(record, as_json=as_json, earlier=True)
        if not retained and not follow and not as_json:
            err.print("No alerts on the topic that match.")
        if not follow:
            return
        async for record in log.coming():
            if wanted.takes(record.alert):
                _print(record, as_json=as_json, earlier=False)


def _print(record: Record, *, as_json: bool, earlier: bool) -> None:
    import sys

    from services.cli import render
    from services.cli.console import out

    if as_json:
        sys.stdout.write(record.line)
        sys.stdout.flush()
    else:
        out.print(render.alert(record.alert, earlier=earlier))
