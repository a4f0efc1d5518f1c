"""What a person types: ``wirewatch alerts``."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from services.cli import addresses
from services.cli.family import single
from services.cli.options import JsonOption, KafkaOption, SinceOption, since

app = single()


@app.command()
def alerts(
    kafka: KafkaOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new revisions until Ctrl-C.")] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, metavar="N", help="Show the N that were updated last.")
    ] = None,
    since_text: SinceOption = None,
    topic: Annotated[str | None, typer.Option("--topic", metavar="TOPIC", help="Only with this topic.")] = None,
    actor: Annotated[
        str | None, typer.Option("--actor", metavar="ACTOR", help="Only with this actor: an id (RUS) or a name.")
    ] = None,
    place: Annotated[
        str | None, typer.Option("--place", metavar="PLACE", help="Only with this place: an id or a name.")
    ] = None,
    min_severity: Annotated[
        str | None,
        typer.Option("--min-severity", metavar="LEVEL", help="At least low, medium, high or critical."),
    ] = None,
    oneline: Annotated[bool, typer.Option("--oneline", help="One line for each alert.")] = False,
    json: JsonOption = False,
) -> None:
    """Show the latest revision of each alert on the topic, the last updated at the end."""
    from services.cli.alerts import show

    wanted = show.Wanted(
        topic=topic,
        actor=actor,
        place=place,
        severities=show.severities(min_severity),
        since=since(since_text, datetime.now(UTC)),
    )
    form: show.Form = "json" if json else "line" if oneline else "panel"
    try:
        asyncio.run(show.show(addresses.kafka(kafka), wanted, limit=limit, follow=follow, form=form))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
