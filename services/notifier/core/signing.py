"""The signature of a webhook: HMAC-SHA256 over the time, a dot and the body, so that neither can be changed.

A receiver computes the same with its copy of the key, compares in constant time, and refuses what is older than a few
minutes: a request that somebody recorded is then worth nothing. The idempotency key is in the signed body as ``id``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

SIGNATURE = "Wirewatch-Signature"
TIMESTAMP = "Wirewatch-Timestamp"
IDEMPOTENCY_KEY = "Wirewatch-Idempotency-Key"
VERSION = "v1"


def headers(body: bytes, *, key: bytes, timestamp: int, idempotency_key: str) -> dict[str, str]:
    """The headers that go with ``body``. ``timestamp`` is in seconds since 1970."""
    return {
        SIGNATURE: f"{VERSION}={signature(body, key=key, timestamp=timestamp)}",
        TIMESTAMP: str(timestamp),
        IDEMPOTENCY_KEY: idempotency_key,
    }


def signature(body: bytes, *, key: bytes, timestamp: int) -> str:
    """The HMAC in hex."""
    return hmac.new(key, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def verified(body: bytes, received: Mapping[str, str], *, key: bytes, now: int, tolerance_seconds: int = 300) -> bool:
    """Whether a request is ours and fresh: what a receiver does, here for its tests and as an example."""
    timestamp = received.get(TIMESTAMP, "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 13):
        return False
    expected = f"{VERSION}={signature(body, key=key, timestamp=int(timestamp))}"
    fresh = abs(now - int(timestamp)) <= tolerance_seconds
    return hmac.compare_digest(expected, received.get(SIGNATURE, "")) and fresh
