"""The deduper's branch of the error tree.

    PoisonError
    └── ArticleTooLargeError   the broker refuses what we made of this article. Dead letter, reason ``too_large``
    TransientError
    └── IndexLostError         the store is new, or was flushed. The index is made again from the topics, then go on

Bytes that are no article raise :class:`services.contracts.codec.UndecodableError`; a server that is away is
:class:`services.runtime.errors.TransientError`; anything else that one article provokes is a ``defect``.
"""

from services.runtime.errors import PoisonError, TransientError


class ArticleTooLargeError(PoisonError):
    """The message for an article is over the broker's size limit. ``article_id`` says which."""

    def __init__(self, article_id: str, size_bytes: int) -> None:
        super().__init__("too_large", f"article {article_id}: a message of {size_bytes} bytes was refused")
        self.article_id = article_id


class IndexLostError(TransientError):
    """The store does not hold the index, or not all of it."""

    def __init__(self) -> None:
        super().__init__("the dedupe index is not in the store: it has to be made again from the topics")
