"""The table of a run, its state on disk so that a run can go on later, and its page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass
class Result:
    """One row. ``recovery`` is the longest, in seconds; ``skipped`` says why it cannot be run here."""

    fault: str
    what: str
    times: int = 0
    kills: int = 0
    checked: int = 0
    lost: int = 0
    doubled: int = 0
    recovery: float = 0.0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    note: str = ""
    skipped: str = ""

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.problems)


@dataclass
class State:
    """Results so far, in a file of JSON lines; one a row, written when the row has ended."""

    path: Path | None
    results: list[Result] = field(default_factory=list)

    def read(self) -> None:
        """Take up the results of an earlier part of the run."""
        if self.path is not None and self.path.is_file():
            self.results = [Result(**json.loads(line)) for line in self.path.read_text().splitlines()]

    def add(self, result: Result) -> None:
        """Keep a result."""
        self.results.append(result)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(result)) + "\n")

    def has(self, fault: str) -> bool:
        """Whether a row has been run."""
        return any(result.fault == fault for result in self.results)


_COLUMNS = ("fault", "what", "times", "kills", "ids checked", "lost", "doubled", "longest recovery", "note")


def cells(result: Result) -> tuple[str, ...]:
    """A result as text."""
    if result.skipped:
        return (result.fault, result.what, "", "", "", "", "", "", f"not run: {result.skipped}")
    return (
        result.fault,
        result.what,
        str(result.times),
        str(result.kills) if result.kills else "",
        f"{result.checked:,}",
        str(result.lost),
        str(result.doubled),
        f"{result.recovery:.1f} s" if result.recovery else "",
        "; ".join(filter(None, (result.note, *result.problems))),
    )


def total(results: Sequence[Result]) -> tuple[str, ...]:
    """The last line: the sum of the rows, without the one that looks at everything once more."""
    results = [result for result in results if result.fault != "all"]
    return (
        "",
        "all",
        str(sum(r.times for r in results)),
        str(sum(r.kills for r in results)),
        f"{sum(r.checked for r in results):,}",
        str(sum(r.lost for r in results)),
        str(sum(r.doubled for r in results)),
        f"{max((r.recovery for r in results), default=0.0):.1f} s",
        "",
    )


def show(console: Console, results: Sequence[Result]) -> None:
    """The table for a person."""
    table = Table(title="Faults", title_justify="left")
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name in ("fault", "what", "note") else "right", overflow="fold")
    for result in results:
        table.add_row(*cells(result), style="" if result.skipped or result.clean else "red")
    table.add_row(*total(results), style="bold")
    console.print(table)


def markdown(results: Sequence[Result]) -> str:
    """The table for the page of measurements."""
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|" + "---|" * len(_COLUMNS)]
    lines += ["| " + " | ".join(cell.replace("|", "/") for cell in cells(result)) + " |" for result in results]
    lines.append("| " + " | ".join(f"**{cell}**" if cell else "" for cell in total(results)) + " |")
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> str:
    """One JSON object."""
    return json.dumps({"rows": [asdict(result) for result in results]}, indent=2)
