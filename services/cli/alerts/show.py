"""Which alerts of the topic are asked for, and in which form they are printed."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.cli import broker
from services.cli.alerts import panel
from services.cli.alerts.log import AlertLog, Record
from services.cli.output import out, warn
from services.contracts import topics
from services.contracts.messages import SEVERITIES, Actor, Alert, Place, Severity
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess

Form = Literal["panel", "line", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts are asked for; None asks for all."""

    severities: Sequence[Severity] = SEVERITIES
    topic: str | None = None
    actor: str | None = None
    place: str | None = None
    since: datetime | None = None

    def takes(self, alert: Alert) -> bool:
        """Whether ``alert`` is one of them."""
        return (
            alert.severity in self.severities
            and (self.topic is None or any(topic.topic == self.topic for topic in alert.topics))
            and (self.actor is None or _names(alert.actors, self.actor))
            and (self.place is None or _names(alert.places, self.place))
            and (self.since is None or alert.last_updated >= self.since)
        )


def severities(at_least: str | None) -> Sequence[Severity]:
    """The severities from ``at_least`` up. Raises :class:`UsageError`."""
    for rank, severity in enumerate(SEVERITIES):
        if at_least in (None, severity):
            return SEVERITIES[rank:]
    raise UsageError(f"--min-severity is {at_least!r}: give one of {', '.join(SEVERITIES)}.")


def latest(records: Iterable[Record], wanted: Wanted) -> list[Record]:
    """The latest revision of each alert that is wanted, the last updated at the end."""
    by_id: dict[str, Record] = {}
    for record in records:
        held = by_id.get(record.alert.id)
        if held is None or record.alert.revision >= held.alert.revision:
            by_id[record.alert.id] = record
    kept = [record for record in by_id.values() if wanted.takes(record.alert)]
    return sorted(kept, key=lambda record: (record.alert.last_updated, record.alert.id))


async def show(kafka: KafkaAccess, wanted: Wanted, *, limit: int | None, follow: bool, form: Form) -> None:
    """Print what is retained, then, with ``follow``, what comes. Raises :class:`UsageError`."""
    broker.quiet()
    await broker.require_topic(kafka, topics.ALERTS)
    async with AlertLog(kafka) as log:
        retained = latest(await log.revisions(), wanted)
        for record in retained[-limit:] if limit else retained:
            _print(record, form, earlier=True)
        if not retained and not follow and form != "json":
            warn("No alerts on the topic match.")
        if not follow:
            return
        async for record in log.new_revisions():
            if wanted.takes(record.alert):
                _print(record, form, earlier=False)


def _print(record: Record, form: Form, *, earlier: bool) -> None:
    if form == "json":
        sys.stdout.write(record.line)
        sys.stdout.flush()
    elif form == "line":
        line = panel.line(record.alert)
        if out.is_terminal:
            line.truncate(out.width, overflow="ellipsis")
        out.print(line, soft_wrap=True)
    else:
        out.print(panel.alert(record.alert, earlier=earlier))


def _names(listed: Iterable[Actor | Place], wanted: str) -> bool:
    return any(wanted.casefold() in (one.id.casefold(), one.name.casefold()) for one in listed)
