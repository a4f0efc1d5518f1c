"""What became of a message: the status that the handler returns, and the label of the metric."""

from typing import Literal, get_args

# known: this version of the article, or this revision of the alert, was there before.
# recent: kept among the articles of the last days; unkept: that could not be.
Status = Literal["article", "revision", "known", "recent", "unkept", "dead"]
STATUSES: tuple[Status, ...] = get_args(Status)
