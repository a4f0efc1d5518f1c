"""Where output goes: colours and tables on a terminal, plain text elsewhere; never on JSON. One style of table."""

import sys
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def json_line(value: object) -> None:
    """One JSON value as one line on standard output, flushed, so that a pipe sees it now."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def json_lines(values: Iterable[object]) -> None:
    """Each value as a line of JSON."""
    for value in values:
        json_line(value)


def say(sentence: str) -> None:
    """A sentence on standard output, on one line whatever is in it."""
    out.print(sentence, markup=False, soft_wrap=True)


def warn(sentence: str) -> None:
    """A sentence on standard error, on one line whatever is in it."""
    err.print(sentence, markup=False, soft_wrap=True)


def error(sentence: str) -> None:
    """What keeps a command from its work, on standard error. Brackets in it are text, not markup."""
    err.print(f"[bold red]error:[/] {escape(sentence)}", soft_wrap=True)


@contextmanager
def progress(total: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """A bar on standard error while work of ``total`` steps goes on; none where that is no terminal."""
    with Progress(console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """A count on standard error that vanishes when done; call it with the number so far. ``what`` is ``{} sent``."""
    columns = SpinnerColumn(), TextColumn(what.format("{task.completed:.0f}")), TimeElapsedColumn()
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda number: bar.update(task, completed=number)


def table(*columns: str, whole: Collection[str] = (), right: Collection[str] = ()) -> Table:
    """A table as every command shows one. ``whole`` columns are never broken, ``right`` ones hold numbers."""
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(
            name, justify="right" if name in right else "left", no_wrap=name in whole or name in right, overflow="fold"
        )
    return made


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


def shorten(text: str, limit: int) -> str:
    """``text`` as :func:`plain`, and at most ``limit`` characters of it."""
    folded = plain(text)
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def cell(text: object) -> str:
    """Text from outside, for a table: no markup in it, and no control characters."""
    return escape(plain(str(text)))
