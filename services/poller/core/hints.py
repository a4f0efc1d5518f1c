"""What a publisher says about how often to ask: in the headers of an answer and in the document. Read, not judged.

``Cache-Control: max-age``, ``Expires`` less ``Date``, Retry-After, RSS ``ttl`` and ``sy:updatePeriod``. What makes no
sense says nothing. Sources: RFC 9110 (10.2.3), RFC 9111 (4.2), the RSS 2.0 and syndication module texts.
"""

import math
import re
from datetime import datetime
from typing import Final

from services.poller.core.dates import http_date
from services.poller.core.model import ParsedFeed

MOST_SECONDS: Final = 86_400.0  # of a Retry-After
_LINK_CHARACTERS: Final = 8192
_LINK = re.compile(r"<([^<>]{1,2048})>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\",;<>\s]+))*)")
_REL = re.compile(r"\brel\s*=\s*(?:\"([^\"]*)\"|([^\",;\s]+))", re.IGNORECASE)
_PERIOD_SECONDS: Final = {
    "hourly": 3600.0,
    "daily": 86_400.0,
    "weekly": 7 * 86_400.0,
    "monthly": 30 * 86_400.0,
    "yearly": 365 * 86_400.0,
}


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header in either form, at most a day; None for what makes no sense."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:12])
    else:
        moment = http_date(text)
        if moment is None:
            return None
        seconds = (moment - now).total_seconds()
    return min(seconds, MOST_SECONDS) if seconds > 0 else None


def of_headers(headers: dict[str, str]) -> float | None:
    """The longest time that the response's own headers say it stays fresh; None where they say nothing of use."""
    hints = [_max_age(headers.get("cache-control", ""))]
    expires, date = http_date(headers.get("expires")), http_date(headers.get("date"))
    if expires is not None and date is not None:
        hints.append((expires - date).total_seconds())
    return max((hint for hint in hints if hint is not None and hint > 0), default=None)


def of_document(feed: ParsedFeed) -> float | None:
    """The longest time between polls that the document asks for (``ttl``, ``sy:updatePeriod``)."""
    hints = []
    if feed.ttl_minutes and 0 < feed.ttl_minutes < math.inf:
        hints.append(feed.ttl_minutes * 60)
    period = _PERIOD_SECONDS.get((feed.update_period or "").strip().lower())
    if period is not None:
        text = (feed.update_frequency or "1").strip()
        frequency = int(text[:6]) if text.isascii() and text.isdigit() else 0
        if frequency > 0:
            hints.append(period / frequency)
    return max(hints, default=None)


def is_default_period(feed: ParsedFeed) -> bool:
    """Whether "hourly", once, is all that the document says: what WordPress writes into every feed."""
    once = (feed.update_frequency or "1").strip() == "1"
    return (feed.update_period or "").strip().lower() == "hourly" and once and not feed.ttl_minutes


def parse_links(value: str) -> list[tuple[str, frozenset[str]]]:
    """Target and relations of each link of a Link header (RFC 8288), in order."""
    found = []
    for match in _LINK.finditer(value[:_LINK_CHARACTERS]):
        rel = _REL.search(match[2])
        if rel:
            found.append((match[1].strip(), frozenset((rel[1] or rel[2]).lower().split())))
    return found


def _max_age(cache_control: str) -> float | None:
    directives = {}
    for part in cache_control.lower().split(","):
        name, _, value = part.partition("=")
        directives[name.strip()] = value.strip().strip('"')
    if "no-store" in directives or "no-cache" in directives:
        return None
    text = directives.get("max-age", "")
    return float(text[:12]) if text.isascii() and text.isdigit() else None
