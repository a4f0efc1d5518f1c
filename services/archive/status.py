"""What became of a message: the status that the handler returns, and the label of the metric."""

from __future__ import annotations

from typing import Literal, get_args

# known: this version of the article, or this revision of the alert, was there before.
Status = Literal["article", "revision", "known", "dead"]
STATUSES: tuple[Status, ...] = get_args(Status)
