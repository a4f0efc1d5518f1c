"""What is wrong with a feed, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.cli.parsing import Reader, SourceError
from services.poller.core import hints
from services.poller.core.model import Fetched, ParsedFeed, Polled

_WORDS = {
    "redirect": "The address redirects in a way that cannot be followed",
    "rate_limited": "The server says that it is asked too often (429)",
    "gone": "The publisher says that the feed is gone for good (410): take it out of the list",
    "http_4xx": "The server refuses the request",
    "http_5xx": "The server has an error of its own",
    "timeout": "No whole answer came in time",
    "dns": "The host has no address: is the name right?",
    "tls": "The certificate cannot be trusted",
    "connect": "No connection came about",
    "ssrf_blocked": "The address may not be asked (see WIREWATCH_POLLER_ALLOW_PRIVATE)",
    "too_large": "The document is too large",
    "bad_body": "The answer is cut off or damaged",
}
_STALE_DAYS = 60


async def check_one(reader: Reader, url: str) -> dict[str, Any]:
    """Ask once; ``says`` is one sentence."""
    answer = await reader.fetch(url)
    if answer.outcome != "ok":
        detail = f" ({answer.detail})" if answer.detail else ""
        return {"url": url, "ok": False, "outcome": answer.outcome, "says": f"{_WORDS[answer.outcome]}{detail}."}
    content_type = (answer.headers or {}).get("content-type")
    try:
        feed = await reader.document(answer.body, url=answer.url, content_type=content_type)
    except SourceError as error:
        outcome = "not_a_feed" if error.kind == "NotAFeedError" else "parse_error"
        return {"url": url, "ok": False, "outcome": outcome, "says": f"This is no feed that can be read: {error}."}
    return _judged(reader, url, answer, feed)


def _judged(reader: Reader, url: str, answer: Fetched, feed: ParsedFeed) -> dict[str, Any]:
    articles = reader.articles(url, feed, answer.url)
    dates = [article.published_at for article in articles if article.published_at is not None]
    newest = max(dates, default=None)
    notes = []
    if not articles:
        notes.append("it has no items at all")
    if articles and not dates:
        notes.append("none of its items has a date")
    if newest is not None and (age := (datetime.now(UTC) - newest).days) > _STALE_DAYS:
        notes.append(f"its newest item is {age} days old")
    if answer.permanent_url:
        notes.append(f"it has moved to {answer.permanent_url}")
    headers = answer.headers or {}
    polled = Polled(outcome="ok", headers=headers, feed=feed)
    hint = max(hints.of_headers(headers) or 0, hints.of_document(feed) or 0)
    if not (headers.get("etag") or headers.get("last-modified") or hint):
        notes.append(
            "it gives neither a validator nor an interval, so it is asked within a budget of bytes: for more, give it "
            'wirewatchIntervalSeconds="600" in the list, or set WIREWATCH_POLLER_UNVALIDATED_DAILY_BYTES'
        )
    if feed.hubs or "hub" in {rel for _, rels in hints.parse_links(headers.get("link", "")) for rel in rels}:
        notes.append("it names a hub that can push its news (WIREWATCH_POLLER_WEBSUB_URL)")
    full = sum(article.text_source == "feed" and len(article.text) >= 600 for article in articles)
    says = f"{len(articles)} items, {full} with full text" + (
        f"; asks for {hint / 60:.0f} min between polls" if hint else ""
    )
    return {
        "url": url,
        "ok": bool(articles) and not any("days old" in note for note in notes),
        "outcome": polled.outcome,
        "says": f"{says}{'; ' + '; '.join(notes) if notes else ''}.",
        "items": len(articles),
        "full_text": full,
        "newest": newest.isoformat() if newest else None,
        "hint_seconds": hint or None,
        "moved_to": answer.permanent_url,
    }
