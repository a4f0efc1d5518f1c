"""What ``wirewatch packs explain`` shows: coloured quotes, events, weights and near misses."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.text import Text

from services.cli import articles
from services.cli.output import out
from services.contracts.events import summary_of
from services.runtime.errors import UsageError
from services.tagger.core.explain import SentenceReport, TopicReport
from services.tagger.core.tag import Fields

_STYLES = {"act": "bold magenta", "thing": "bold yellow", "actor": "bold cyan", "place": "bold blue"}


def articles_of(file: Path) -> Iterator[tuple[str, Fields]]:
    """The articles in a file: JSON Lines where its first character is a brace, else one text. ``-`` is the input."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}.") from None
    if not content.lstrip().startswith(b"{"):
        yield file.name, Fields("", "", content.decode("utf-8", "replace"), None)
        return
    for article in articles.read(content.splitlines(), name=str(file)):
        if isinstance(article, str):
            raise UsageError(article)
        yield article.id, Fields(article.title, article.summary or "", article.text, article.language)


def show(name: str, topics: Sequence[TopicReport]) -> None:
    """Print the reports of one article."""
    out.print(Text(name, style="bold underline"))
    for topic in topics:
        mark = Text("given" if topic.given else "not given", style="green" if topic.given else "red")
        less = f", discounted by {', '.join(topic.discounts)}" if topic.discounts else ""
        out.print(Text.assemble(f"\n{topic.pack}: ", mark, f", {topic.score:.2f} of {topic.threshold:.2f}{less}"))
        if not topic.sentences:
            out.print("  no act of the pack is told in the article", style="dim")
        for sentence in topic.sentences:
            _sentence(sentence)


def _sentence(sentence: SentenceReport) -> None:
    quote = Text(sentence.quote.replace("\n", " "))
    for found in sentence.found:
        quote.stylize(_STYLES[found.kind], found.start, found.end)
    where = f"  {sentence.field} {sentence.start}-{sentence.end}, {sentence.position}: "
    out.print(Text.assemble((where, "dim"), quote))
    names = sorted({f"{found.kind} {found.name}" for found in sentence.found})
    out.print(Text("    found: " + ", ".join(names), style="dim"))
    less = f", discounted by {', '.join(sentence.discounts)} to {sentence.factor:g}" if sentence.discounts else ""
    for act in sentence.acts:
        worth = f"{act.weight:g} x {act.factor:g} for {act.event.mode}"
        out.print(
            Text(f"    event {act.event.rule}{_by_need(act.need)}: {summary_of(act.event)} ({worth})", style="green")
        )
        out.print(Text(f"      {act.event.quote}".replace("\n", " "), style="dim"))
    if sentence.acts:
        out.print(Text(f"    counts {sentence.score:.2f}{less}", style="green"))
    for near in sentence.near:
        rule = f"{near.rule}{_by_need(near.need)}"
        out.print(Text(f"    not {rule} ({near.weight:g}) by {near.word!r}: {'; '.join(near.unmet)}", style="red"))


def _by_need(name: str | None) -> str:
    return f" by its need {name}" if name else ""
