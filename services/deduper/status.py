"""What a delivery can come to: the handler's return value, the label of the metric and the field in the log."""

import typing
from typing import Literal

Status = Literal["new", "update", "same_story", "duplicate", "known", "dead"]
STATUSES: tuple[Status, ...] = typing.get_args(Status)
