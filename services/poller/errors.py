"""What can go wrong in the poller beyond an answer of the world (that is an outcome, not an exception).

WirewatchError
├── UsageError
│   └── FeedListError      a feed list cannot be read: the sentence names file and line
└── PollerError
    └── WorkerError        a document killed or confused its worker: that feed fails, nothing else
"""

from __future__ import annotations

from services.runtime.errors import UsageError, WirewatchError


class FeedListError(UsageError):
    """A feed list cannot be read."""


class PollerError(WirewatchError):
    """The poller's own branch."""


class WorkerError(PollerError):
    """A document could not be handled in its worker. ``kind`` is a class name, ``detail`` one sentence."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
