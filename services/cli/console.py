"""Where a person's output goes: colours and tables on a terminal, plain text elsewhere; never on JSON."""

from __future__ import annotations

import sys

import msgspec
from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def json_line(value: object) -> None:
    """One JSON value as one line on standard output, flushed, so that a pipe sees it now."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()
