"""An alert as a person reads it in a terminal: one panel, the proof in it, and what changed since the last time.

Everything that came from the world is put into ``Text``, never into markup, and loses its control characters: a
headline must not be able to colour, move or clear an analyst's terminal.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from datetime import datetime

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from services.contracts.messages import Alert, AlertEvidence, Severity

SEVERITY_COLOURS: dict[Severity, str] = {
    "low": "cyan",
    "medium": "yellow",
    "high": "dark_orange",
    "critical": "red",
}
QUOTES = 3  # the best proof; the alert itself carries all of it
_QUOTE_CHARACTERS = 280
_OUTLETS = 6


def alert(shown: Alert, *, earlier: bool = False) -> RenderableType:
    """The panel of ``shown``. ``earlier`` marks one that was raised before the reader looked."""
    colour = SEVERITY_COLOURS[shown.severity]
    title = Text.assemble((f" {shown.severity.upper()} ", f"bold black on {colour}"))
    for topic in shown.topics:
        title.append(f"  {plain(topic.topic)}", style=f"bold {colour}")
    if earlier:
        title.append("  earlier", style="dim")
    parts: list[RenderableType] = [Text(plain(shown.headline), style="bold"), _standing(shown)]
    changed = changes(shown)
    if changed is not None:
        parts.append(changed)
    parts += [_quote(quote, colour) for quote in best_quotes(shown)]
    parts.append(_carried_by(shown))
    return Panel(
        Group(*parts),
        title=title,
        title_align="left",
        subtitle=_times(shown),
        subtitle_align="right",
        border_style=colour,
        box=box.ROUNDED,
        padding=(0, 1),
    )


def best_quotes(shown: Alert) -> tuple[AlertEvidence, ...]:
    """The first quote of each topic, then more in the alert's own order, none twice."""
    firsts: dict[str, AlertEvidence] = {}
    for item in shown.evidence:
        firsts.setdefault(item.topic, item)
    chosen: list[AlertEvidence] = []
    quotes: set[str] = set()
    for item in (*firsts.values(), *shown.evidence):
        if item.quote not in quotes and len(chosen) < max(QUOTES, len(firsts)):
            chosen.append(item)
            quotes.add(item.quote)
    return tuple(chosen)


def changes(shown: Alert) -> Text | None:
    """What this revision says that the last one did not; None for a first revision."""
    if shown.revision <= 1 or not shown.changes:
        return None
    line = Text(f"revision {shown.revision}: ", style="bold magenta")
    for number, change in enumerate(shown.changes):
        line.append("; " if number else "")
        line.append(plain(change.kind), style="magenta")
        if change.before is not None and change.after is not None:
            line.append(f" {_short(change.before, 60)} → {_short(change.after, 60)}")
        elif change.after is not None or change.before is not None:
            sign = "+" if change.after is not None else "-"
            line.append(f" {sign}{_short(change.after or change.before or '', 80)}")
    return line


def latency(shown: Alert) -> str:
    """How long the article that caused this revision took to become an alert: ``published → alert 6.1 s``."""
    stages = shown.stages
    since, word = (
        (stages.published_at, "published") if stages.published_at is not None else (stages.fetched_at, "fetched")
    )
    return f"{word} → alert {duration((stages.alerted_at - since).total_seconds())}"


def duration(seconds: float) -> str:
    """Seconds in the unit a person would use."""
    if seconds < 0:
        return "0 s"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def plain(text: str) -> str:
    """``text`` on one line, without control and direction-changing characters."""
    folded = " ".join(text.split())
    return "".join(c for c in folded if unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c in "\u200c\u200d")


def _standing(shown: Alert) -> Text:
    if shown.confidence == "corroborated":
        line = Text(f"corroborated, {shown.independent_sources} independent sources", style="green")
    else:
        line = Text("single source", style="yellow")
    if shown.severity_reasons:
        line.append("  " + plain(" ".join(shown.severity_reasons)), style="dim")
    return line


def _quote(item: AlertEvidence, colour: str) -> Text:
    return Text.assemble(("┃ ", colour), (f"“{_short(item.quote, _QUOTE_CHARACTERS)}”", "italic"))


def _carried_by(shown: Alert) -> Text:
    outlets = Counter(plain(source.outlet) for source in shown.sources)
    named = ", ".join(name if count == 1 else f"{name} ({count})" for name, count in outlets.most_common(_OUTLETS))
    more = f" and {len(outlets) - _OUTLETS} more" if len(outlets) > _OUTLETS else ""
    people = ", ".join(plain(actor.name) for actor in shown.actors[:_OUTLETS])
    where = ", ".join(plain(place.name) for place in shown.places[:_OUTLETS])
    line = Text("carried by ", style="dim")
    line.append(named + more, style="default")
    if people:
        line.append("  actors ", style="dim").append(people, style="default")
    if where:
        line.append("  places ", style="dim").append(where, style="default")
    return line


def _times(shown: Alert) -> Text:
    return Text(f"{_clock(shown.last_updated)}  {latency(shown)}  {shown.id[:8]}", style="dim")


def _clock(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%SZ")


def _short(text: str, limit: int) -> str:
    folded = plain(text)
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"
