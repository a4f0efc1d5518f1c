"""``python -m tests.security [--live] [--json]``: S01 to S27 as a table; exit code 1 where one fails."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.security import live
from tests.security.checks import verdicts
from tests.security.verdict import Verdict

_COLOURS = {"pass": "green", "fail": "bold red", "not run": "yellow", "open": "yellow"}


def main() -> int:
    """Print the rows as they are found."""
    parser = argparse.ArgumentParser(prog="python -m tests.security")
    parser.add_argument(
        "--live", action="store_true", help="also try, on the running Compose stack, what must be refused"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    asked = parser.parse_args()
    rows = [(check.id, check.asks, verdict) for check, verdict in verdicts()]
    if asked.live:
        rows += list(live.verdicts())
    if asked.json:
        for id_, asks, verdict in rows:
            print(json.dumps({"id": id_, "asks": asks, "state": verdict.state, "why": verdict.why}))
    else:
        _show(rows)
    return 1 if any(verdict.state == "fail" for _, _, verdict in rows) else 0


def _show(rows: list[tuple[str, str, Verdict]]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("", "asks", "state", "why"):
        table.add_column(column, no_wrap=column in ("", "state"), overflow="fold")
    for id_, asks, verdict in rows:
        table.add_row(id_, asks, Text(verdict.state, style=_COLOURS[verdict.state]), Text(verdict.why))
    console = Console(highlight=False)
    console.print(table)
    counts = {state: sum(verdict.state == state for _, _, verdict in rows) for state in _COLOURS}
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    console.print(f"{datetime.now(UTC):%Y-%m-%d}: {said}")


if __name__ == "__main__":
    sys.exit(main())
