"""The digest that proves a stored text. Pure; the export's own script says the same in four lines."""

import hashlib


def article_sha256(title: str, summary: str, text: str) -> str:
    """SHA-256, in hex, of title, summary and text in UTF-8 with a zero byte between them."""
    return hashlib.sha256("\0".join((title, summary, text)).encode("utf-8")).hexdigest()
