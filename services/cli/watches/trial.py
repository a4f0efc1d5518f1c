"""What ``wirewatch watches test`` finds: deliveries that a changed watch file would make, beside the one in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.cli.broker import messages
from services.contracts import topics
from services.contracts.messages import Alert
from services.notifier.core.match import matches, missed
from services.notifier.core.watches import WatchFile
from services.runtime.kafka.connection import KafkaAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """One delivery: by both files, or only by the changed one (new), or only by the one in force (gone).

    ``missed`` is what a lost alert lacks for the changed watch; null where that watch or its channel is gone.
    """

    how: Literal["both", "new", "gone"]
    alert_id: str
    revision: int
    severity: str
    headline: str
    watch_id: str
    channel_id: str
    last_updated: datetime
    missed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts: what was tried, and the deliveries of each file."""

    revisions: int
    alerts: int
    changed: int
    current: int
    new: int
    gone: int


async def alerts(kafka: KafkaAccess, after: datetime | None) -> list[Alert]:
    """Every revision that the topic holds, each once, in order of time."""
    found = {(alert.id, alert.revision): alert async for _, alert in messages(kafka, topics.ALERTS, Alert)}
    kept = [alert for alert in found.values() if after is None or alert.last_updated >= after]
    return sorted(kept, key=lambda alert: (alert.last_updated, alert.id, alert.revision))


def judge(alerts: Sequence[Alert], *, changed: WatchFile, current: WatchFile) -> tuple[Sequence[Raised], Summary]:
    """What each file would have delivered of ``alerts``: every delivery in order of time, and the counts."""
    raised: list[Raised] = []
    totals = {"changed": 0, "current": 0}
    for alert in alerts:
        after, before = _delivered(changed, alert), _delivered(current, alert)
        totals["changed"] += len(after)
        totals["current"] += len(before)
        for watch_id, channel_id in sorted(after | before):
            one = (watch_id, channel_id)
            raised.append(
                Raised(
                    how="both" if one in after and one in before else "new" if one in after else "gone",
                    alert_id=alert.id,
                    revision=alert.revision,
                    severity=alert.severity,
                    headline=alert.headline,
                    watch_id=watch_id,
                    channel_id=channel_id,
                    last_updated=alert.last_updated,
                    missed=missed(watch, alert) if one not in after and (watch := changed.watch(watch_id)) else None,
                )
            )
    summary = Summary(
        revisions=len(alerts),
        alerts=len({alert.id for alert in alerts}),
        new=sum(each.how == "new" for each in raised),
        gone=sum(each.how == "gone" for each in raised),
        **totals,
    )
    return raised, summary


def _delivered(file: WatchFile, alert: Alert) -> set[tuple[str, str]]:
    return {(watch.id, channel) for watch in file.watches if matches(watch, alert) for channel in watch.channels}
