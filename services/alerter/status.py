"""What becomes of a delivery: the return value of the handler, the metric's label, the field of the log."""

from typing import Literal, get_args

# The most telling first: a delivery that touches several alerts has the first that applies to one of them.
Status = Literal["opened", "revised", "updated_silently", "backfill", "stale", "minor", "unchanged", "dead"]
STATUSES: tuple[Status, ...] = get_args(Status)
