"""What can go wrong in the poller beyond an answer of the world (that is an outcome, not an exception).

WirewatchError
├── UnusableFilesError
│   └── FeedListError            a feed list cannot be read: a sentence with file and line for each mistake
├── WorkerError                  a document killed or confused its worker process
├── TooLargeError                a body of more bytes than allowed, once decompressed
├── BadBodyError                 a body that ends early, or is not encoded as its header says
└── DocumentError
    ├── NotAFeedError            something else: an HTML page, a challenge, nothing at all
    └── BrokenDocumentError      meant to be a feed or a page, and cannot be read or would cost too much

All but the first fail one feed and nothing else.
"""

from services.runtime.errors import UnusableFilesError, WirewatchError


class FeedListError(UnusableFilesError):
    """A feed list cannot be read."""


class WorkerError(WirewatchError):
    """A document could not be handled in its worker. ``kind`` is a class name, ``detail`` one sentence."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class TooLargeError(WirewatchError):
    """More bytes than allowed, once decompressed."""


class BadBodyError(WirewatchError):
    """The body ends early, or is not encoded as its header says."""


class DocumentError(WirewatchError):
    """A document cannot be read."""


class NotAFeedError(DocumentError):
    """The document is something else: an HTML page, a challenge, nothing at all."""


class BrokenDocumentError(DocumentError):
    """The document is meant to be a feed or a page, but cannot be read or would cost too much to."""
