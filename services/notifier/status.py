"""What became of an alert: the status that the handler returns, and the label of the metric."""

from typing import Literal, get_args

# known: every delivery of this revision was queued before. stale: too old to be delivered to anybody.
Status = Literal["matched", "unmatched", "known", "stale", "dead"]
STATUSES: tuple[Status, ...] = get_args(Status)
