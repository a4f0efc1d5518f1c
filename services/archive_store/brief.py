"""A brief of some days in Markdown: what the alerts of that time say, with their sources. Nothing is generated."""

import re
import sqlite3
from collections import Counter
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

import msgspec

from services.contracts import codec
from services.contracts.events import summary_of
from services.contracts.messages import SEVERITIES, Alert
from services.contracts.rechecks import in_words

MOST: Final = 60
_SOURCES_SHOWN: Final = 5
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def brief(db: sqlite3.Connection, now: datetime, *, days: int, most: int = MOST) -> str:
    """The alerts that were updated in the last ``days``, the most severe first, at most ``most`` of them."""
    since = now - timedelta(days=days)
    rows = db.execute(
        "SELECT message FROM alerts JOIN revisions ON revisions.alert_id = alerts.id "
        "AND revisions.revision = alerts.revision "
        "WHERE alerts.last_updated >= ? AND merged_into IS NULL ORDER BY alerts.last_updated DESC",
        (since.strftime("%Y-%m-%dT%H:%M:%S"),),
    )
    alerts: list[Alert] = []
    for (message,) in rows:
        try:
            alerts.append(codec.decode(message.encode(), Alert))
        except (codec.UndecodableError, msgspec.ValidationError):  # of a version of alert.v1 that is not known here
            continue
    ranked = sorted(alerts, key=lambda alert: -SEVERITIES.index(alert.severity))
    counts = Counter(alert.severity for alert in alerts)
    counted = ", ".join(f"{counts[level]} {level}" for level in reversed(SEVERITIES) if counts[level]) or "none"
    lines = [
        f"# Wirewatch, {since:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC",
        "",
        f"{len(alerts)} alerts: {counted}.",
    ]
    for level in reversed(SEVERITIES):
        some = [alert for alert in ranked[:most] if alert.severity == level]
        if some:
            lines += ["", f"## {level.capitalize()}", *(line for alert in some for line in _told(alert))]
    if len(ranked) > most:
        lines += ["", f"{len(ranked) - most} more are in the archive."]
    return "\n".join(lines) + "\n"


def _told(alert: Alert) -> list[str]:
    lines = ["", f"### {_plain(alert.headline)}", ""]
    if alert.events:
        lines += [f"**{_plain(summary_of(alert.events[0]))}**", ""]
    first = next((piece.quote for piece in alert.evidence if piece.quote != alert.headline), None)
    if first:
        lines += [f"> {_plain(first)}", ""]
    seen = (
        f"first seen {alert.first_seen:%Y-%m-%d %H:%M}, {alert.independent_sources} independent of {len(alert.sources)}"
    )
    lines.append(f"- {seen}; `wirewatch archive export {alert.id}`")
    for source in alert.sources[:_SOURCES_SHOWN]:
        lines.append(f"- {_plain(source.outlet)}: {_linked(source.title or 'no title', source.url)}")
    changed = [source for source in alert.sources if source.changed]
    lines += [f"- {_plain(source.outlet)}: {_plain(in_words(source.changed))}" for source in changed if source.changed]
    return lines


def _linked(title: str, url: str | None) -> str:
    if url is None or not url.startswith(("http://", "https://")):
        return _plain(title)
    return f"[{_plain(title)}]({quote(url, safe=':/?&=%+,;@~$-._')})"


def _plain(text: str) -> str:
    """Text of the world on one line, none of it Markdown or HTML."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
