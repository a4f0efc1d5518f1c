"""What a person types: ``wirewatch rebuild``."""

from __future__ import annotations

import asyncio
import dataclasses

from services.cli import addresses
from services.cli.family import single
from services.cli.options import JsonOption, KafkaOption, RedisOption
from services.cli.output import json_line, say

app = single()


@app.command()
def rebuild(kafka: KafkaOption = None, redis: RedisOption = None, json: JsonOption = False) -> None:
    """Restore stories and alerts that Redis lost, from the topics. Removes nothing; safe to repeat.

    The settings of the alerter (WIREWATCH_ALERTER_*) apply. The deduper's index is in no topic: after a loss it fills
    again by itself, and until then a copy of an older article counts as new.
    """
    from services.cli.rebuild import run

    report = asyncio.run(run.rebuild(addresses.kafka(kafka), addresses.redis(redis)))
    if json:
        json_line(dataclasses.asdict(report))
        return
    say(
        f"{report.alerts} alerts and {report.dossiers} stories on the topics; {report.restored} restored, "
        f"{report.opened} of them never published before; {report.members} story members restored"
    )
    if report.undecodable:
        say(f"{report.undecodable} messages could not be read and were skipped")
