"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["pass", "fail", "not run", "open"]


@dataclass(frozen=True)
class Verdict:
    """``pass``, ``fail``, ``not run`` (a tool or a server is absent) or ``open`` (known, with the reason)."""

    state: State
    why: str


def judged(problems: list[str], well: str) -> Verdict:
    """A failure where there are problems, else a pass for which ``well`` is the reason."""
    return Verdict("fail", "; ".join(problems)) if problems else Verdict("pass", well)
