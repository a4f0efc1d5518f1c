"""What ``wirewatch packs explain`` shows: coloured quotes, rules, weights and near misses."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.text import Text

from services.cli import articles
from services.cli.output import out
from services.runtime.errors import UsageError
from services.tagger.core.explain import SentenceReport, TopicReport
from services.tagger.core.names import BUILT_IN
from services.tagger.core.tag import Fields

_CONCEPT_STYLE = "bold yellow"
_NAME_STYLE = "bold cyan"


def articles_of(file: Path) -> Iterator[tuple[str, Fields]]:
    """The articles in a file: JSON Lines where its first character is a brace, else one text. ``-`` is the input."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}.") from None
    if not content.lstrip().startswith(b"{"):
        yield file.name, Fields("", "", content.decode("utf-8", "replace"), None)
        return
    for _, article in articles.read(content.splitlines(), name=str(file)):
        if isinstance(article, articles.BadLine):
            raise UsageError(article.message)
        yield article.id, Fields(article.title, article.summary or "", article.text, article.language)


def show(name: str, topics: Sequence[TopicReport]) -> None:
    """Print the reports of one article."""
    out.print(Text(name, style="bold underline"))
    for topic in topics:
        mark = Text("given" if topic.given else "not given", style="green" if topic.given else "red")
        damped = f", damped by {', '.join(topic.damped)}" if topic.damped else ""
        out.print(Text.assemble(f"\n{topic.pack}: ", mark, f", {topic.score:.2f} of {topic.threshold:.2f}{damped}"))
        if not topic.sentences:
            out.print("  no rule's trigger is in the article", style="dim")
        for sentence in topic.sentences:
            _sentence(sentence)


def _sentence(sentence: SentenceReport) -> None:
    quote = Text(sentence.quote.replace("\n", " "))
    for found in sentence.found:
        quote.stylize(_NAME_STYLE if found.name in BUILT_IN else _CONCEPT_STYLE, found.start, found.end)
    where = f"  {sentence.field} {sentence.start}-{sentence.end}, {sentence.position}: "
    out.print(Text.assemble((where, "dim"), quote))
    names = sorted({f"{found.name} ({sentence.quote[found.start : found.end]})" for found in sentence.found})
    out.print(Text("    found: " + ", ".join(names), style="dim"))
    damped = f", damped by {', '.join(sentence.damped)} to {sentence.factor:g}" if sentence.damped else ""
    if sentence.rule:
        out.print(Text(f"    rule {sentence.rule}: {sentence.score:.2f}{damped}", style="green"))
        return
    for near in sentence.near:
        missing = "; ".join(near.misses) or f"would count {near.weight:g}, but is damped to nothing{damped}"
        out.print(Text(f"    not {near.rule} ({near.weight:g}): {missing}", style="magenta"))
