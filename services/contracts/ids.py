"""Ids: pure functions of the input, with no clock and no randomness, so that doing a thing twice names it once.

Each id is the first 96 bits of a SHA-256 over its parts, in hex (24 characters): at 10^9 articles the chance of
any collision is below 10^-11.
"""

import hashlib

_SEPARATOR = b"\x1f"  # the ASCII unit separator: ("a", "bc") and ("ab", "c") must differ


def digest(kind: str, *parts: str) -> str:
    """24 hex characters that name ``parts`` among all things of ``kind``.

    Lone surrogates (hostile feeds carry them) are hashed as they are instead of raising.
    """
    joined = _SEPARATOR.join(part.encode("utf-8", "surrogatepass") for part in (kind, *parts))
    return hashlib.sha256(joined).hexdigest()[:24]


def feed_id(url: str) -> str:
    """The id of a feed: its address as configured."""
    return digest("feed", url)


def article_id(*, canonical_url: str | None, feed: str, guid: str | None, title: str) -> str:
    """The id of an article: its canonical URL, else its guid within the feed, else its title within the feed."""
    if canonical_url:
        return digest("article", canonical_url)
    return digest("article", feed, guid or "", "" if guid else title)


def content_hash(title: str, text: str) -> str:
    """The id of one version of an article: what a reader sees, white space folded."""
    return digest("content", " ".join(title.split()), " ".join(text.split()))


def alert_id(story_id: str, article_id: str | None = None) -> str:
    """The id of the alert that a story opened; with ``article_id`` of one more, where a story holds several events."""
    return digest("alert", story_id) if article_id is None else digest("alert", story_id, article_id)


def dead_letter_id(topic: str, partition: int, offset: int) -> str:
    """The id of a dead letter: where the original lies."""
    return digest("dead", topic, str(partition), str(offset))
