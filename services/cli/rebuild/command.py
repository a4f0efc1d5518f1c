"""What a person types: ``wirewatch rebuild``."""

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

    The settings of the deduper and the alerter (WIREWATCH_DEDUPER_*, WIREWATCH_ALERTER_*) apply. The deduper makes its
    index again by itself when it finds it lost; this does so without it.
    """
    from services.cli.rebuild import run

    at = addresses.kafka(kafka), addresses.redis(redis)
    index = asyncio.run(run.rebuild_index(*at))
    report = asyncio.run(run.rebuild_alerts(*at))
    if json:
        json_line({**dataclasses.asdict(report), "index": dataclasses.asdict(index)})
        return
    say(
        f"{index.articles} articles and {index.copies} copies on the topics, {index.known} of them indexed already, "
        f"{index.undecodable} unreadable"
    )
    say(
        f"{report.alerts} alerts and {report.stories} stories on the topics; {report.restored} restored, "
        f"{report.opened} of them never published before; {report.members} story members restored"
    )
    if report.undecodable:
        say(f"{report.undecodable} messages could not be read and were skipped")
