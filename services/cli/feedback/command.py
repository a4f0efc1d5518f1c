"""What a person types: ``wirewatch feedback``."""

import asyncio
from typing import Annotated

import typer

from services.cli import addresses
from services.cli.family import family
from services.cli.options import JsonOption, KafkaOption
from services.cli.output import cell, json_lines, out, say, table

app = family("Show what analysts think of the alerts: precision and rejected rules; export their verdicts as labels.")


@app.command()
def show(kafka: KafkaOption = None, json: JsonOption = False) -> None:
    """Show the precision by topic, rule, act and source, and what each rejected rule would gain and lose."""
    from services.cli.feedback import labels
    from services.contracts import feedback

    alerts = asyncio.run(labels.judged_alerts(addresses.kafka(kafka)))
    judged, rejected = feedback.count(alerts), feedback.rejected_rules(alerts)
    if json:
        json_lines((*judged, *rejected))
        return
    made = table("by", "name", "useful", "rejected", "precision", right=("useful", "rejected", "precision"))
    for one in judged:
        why = ", ".join(f"{many} {reason.replace('_', ' ')}" for reason, many in sorted(one.rejected.items()))
        made.add_row(one.by, cell(one.name), str(one.useful), why, f"{one.precision:.0%}")
    out.print(made)
    for rule in rejected:
        say(
            f"Rule {rule.rule}: rejected {rule.rejected} of {rule.rejected + rule.useful} times. Without it "
            f"{rule.gain} rejected alerts would not open, and {rule.loss} useful ones."
        )


@app.command()
def export(
    topic: Annotated[str | None, typer.Option("--topic", metavar="TOPIC", help="Only with this topic.")] = None,
    kafka: KafkaOption = None,
) -> None:
    """Write the judged articles with labels, one JSON object a line, for `packs backtest --file` and `eval-topics`.

    A label is yes, no (wrong topic) or borderline (trivial, or not judged).
    """
    from services.cli.feedback import labels

    json_lines(asyncio.run(labels.labelled(addresses.kafka(kafka), topic)))
