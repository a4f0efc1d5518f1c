"""An alert as a person reads it in a terminal: one panel, the proof in it, and what changed since the last time.

Everything that came from the world is put into ``Text``, never into markup, and loses its control characters: a
headline must not be able to colour, move or clear an analyst's terminal.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from services.cli.output import duration, plain, shorten
from services.contracts.events import summary_of
from services.contracts.languages import also_reported_in
from services.contracts.messages import Alert, AlertEvidence, Severity
from services.contracts.publishers import outlet_of, stated_by
from services.contracts.rechecks import in_words

SEVERITY_COLOURS: dict[Severity, str] = {
    "low": "cyan",
    "medium": "yellow",
    "high": "dark_orange",
    "critical": "red",
}
QUOTES = 3  # the best proof; the alert itself carries all of it
_QUOTE_CHARACTERS = 280
_NAMES = 6


def alert(shown: Alert, *, earlier: bool = False) -> RenderableType:
    """The panel of ``shown``. ``earlier`` marks one that was raised before the reader looked."""
    colour = SEVERITY_COLOURS[shown.severity]
    title = Text.assemble((f" {shown.severity.upper()} ", f"bold black on {colour}"))
    topics = " + ".join(plain(topic.topic).replace("_", " ") for topic in shown.topics)
    title.append(f"  {topics}", style=f"bold {colour}")
    if earlier:
        title.append("  earlier", style="dim")
    parts: list[RenderableType] = [Text(plain(summary_of(shown.events[0])), style=colour)] if shown.events else []
    parts.append(Text(headline(shown), style="bold"))
    parts += [_quote(quote, colour) for quote in best_quotes(shown)]
    parts.append(_facts(shown))
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


def line(shown: Alert) -> Text:
    """``shown`` on one line: when, how severe, what, of which topics, from how many sources, and its id."""
    topics = " + ".join(plain(topic.topic).replace("_", " ") for topic in shown.topics)
    sources = f"{shown.independent_sources} source{'s' * (shown.independent_sources != 1)}"
    return Text.assemble(
        (f"{shown.last_updated.astimezone(UTC):%m-%d %H:%M} ", "dim"),
        (f"{shown.id[:8]} ", "dim"),
        (f"{shown.severity:9}", SEVERITY_COLOURS[shown.severity]),
        headline(shown),
        (f"  {topics}, {sources}", "dim"),
    )


def headline(shown: Alert) -> str:
    """The headline or, where there is none, the first sentence that proves the alert."""
    first = shown.evidence[0].quote if shown.evidence else "(no headline)"
    return plain(shown.headline) or shorten(first, _QUOTE_CHARACTERS)


def best_quotes(shown: Alert) -> tuple[AlertEvidence, ...]:
    """The first quote of each topic, then more in the alert's own order, none twice, and none that is the headline."""
    firsts: dict[str, AlertEvidence] = {}
    quotes = {shown.headline or headline(shown)}
    for item in shown.evidence:
        if item.quote not in quotes:
            firsts.setdefault(item.topic, item)
    chosen: list[AlertEvidence] = []
    for item in (*firsts.values(), *shown.evidence):
        if item.quote not in quotes and len(chosen) < max(QUOTES, len(firsts)):
            chosen.append(item)
            quotes.add(item.quote)
    return tuple(chosen)


def changes(shown: Alert) -> Text | None:
    """What this revision says that the last one did not; None for a first revision."""
    if shown.revision <= 1 or not shown.changes:
        return None
    line = Text()
    for number, change in enumerate(shown.changes):
        line.append("; " if number else "")
        line.append(plain(change.kind), style="bold magenta")
        if change.before is not None and change.after is not None:
            line.append(f" {shorten(change.before, 60)} → {shorten(change.after, 60)}")
        elif change.after is not None or change.before is not None:
            sign = "+" if change.after is not None else "-"
            line.append(f" {sign}{shorten(change.after or change.before or '', 80)}")
    return line


def latency(shown: Alert) -> str:
    """How long the article that caused this revision took to become an alert: ``6.1 s after publication``."""
    stages = shown.stages
    since, word = (
        (stages.published_at, "publication") if stages.published_at is not None else (stages.fetched_at, "the fetch")
    )
    return f"{duration((stages.alerted_at - since).total_seconds())} after {word}"


def _facts(shown: Alert) -> Table:
    """The short lines under the quotes, each with what it is about."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    if shown.severity_reasons:
        facts.add_row("why", plain(" ".join(shown.severity_reasons)))
    if (changed := changes(shown)) is not None:
        facts.add_row(f"new in {shown.revision}", changed)
    for label, named in (("who", shown.actors), ("where", shown.places)):
        if named:
            facts.add_row(label, _listed([item.name for item in named]))
    if others := also_reported_in(shown.languages, headline=shown.language):
        facts.add_row("languages", others)
    facts.add_row("source" if shown.independent_sources < 2 else "sources", _sources(shown))
    controlled = {source.outlet: stated_by(source) for source in shown.sources if source.state_control}
    if controlled:
        facts.add_row("control", plain("; ".join(f"{outlet}: {stated}" for outlet, stated in controlled.items())))
    for source in shown.sources:
        if source.changed is not None:
            facts.add_row("page", Text(plain(f"{source.outlet} {in_words(source.changed)}"), style="magenta"))
    return facts


@dataclass(frozen=True, slots=True)
class _Barred:
    """Text with a bar down its whole height."""

    text: Text
    colour: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        bar = Segment("┃ ", console.get_style(self.colour))
        for line in console.render_lines(self.text, options.update_width(options.max_width - 2), pad=False):
            yield bar
            yield from line
            yield Segment.line()


def _quote(item: AlertEvidence, colour: str) -> RenderableType:
    return _Barred(Text(f"“{shorten(item.quote, _QUOTE_CHARACTERS)}”", style="italic"), colour)


def _sources(shown: Alert) -> Text:
    """Who says it, and who only carries it."""
    own = [outlet_of(source) for source in shown.sources if source.independent]
    said = {plain(source.outlet) for source in shown.sources if source.independent}
    carried = [source.outlet for source in shown.sources if plain(source.outlet) not in said]
    if shown.confidence == "corroborated":
        line = Text.assemble((f"{shown.independent_sources} independent: ", "green"), _listed(own))
    else:
        line = Text.assemble(_listed(own or carried), (" (single source)", "yellow"))
        carried = carried if own else []
    if carried:
        line.append(f"; copied by {_listed(carried)}", style="dim")
    return line


def _listed(names: Sequence[str]) -> str:
    """Names, each once, the most frequent first."""
    counted = Counter(plain(name) for name in names)
    named = ", ".join(name for name, _ in counted.most_common(_NAMES))
    return f"{named} and {len(counted) - _NAMES} more" if len(counted) > _NAMES else named


def _times(shown: Alert) -> Text:
    return Text(f"{_day(shown.last_updated)} · {latency(shown)} · {shown.id[:8]}", style="dim")


def _day(time: datetime) -> str:
    """``Thu 20 Jun 2024, 09:05 UTC``, whatever the locale."""
    time = time.astimezone(UTC)
    return f"{time:%a} {time.day} {time:%b %Y, %H:%M} UTC"
