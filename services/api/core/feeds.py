"""The alerts as feeds, so that any reader can follow them: Atom (RFC 4287) and JSON Feed 1.1. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import msgspec

from services.archive_store.search import Hit
from services.contracts.events import summary_of
from services.contracts.ids import digest
from services.contracts.languages import also_reported_in
from services.contracts.messages import Alert
from services.contracts.publishers import outlet_of

_ATOM = "http://www.w3.org/2005/Atom"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What XML 1.0 cannot carry, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What turns or hides text: a reader's title line would obey it. The two joiners stay, words are spelled with them.
_HIDING = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_OUTLETS = 12

ElementTree.register_namespace("", _ATOM)


def atom(alerts: Sequence[Alert], *, base: str, here: str) -> bytes:
    """An Atom feed. ``base`` is the address of the page, ``here`` of the feed itself."""
    updated = _time(max((alert.last_updated for alert in alerts), default=_EPOCH))
    feed = _feed("urn:wirewatch:alerts", "Wirewatch alerts", updated, here=here, page=base)
    for alert in alerts:
        entry = _add(feed, "entry")
        _add(entry, "id", f"urn:wirewatch:alert:{alert.id}")
        _add(entry, "title", _title(alert))
        _add(entry, "updated", _time(alert.last_updated))
        _add(entry, "published", _time(alert.first_seen))
        _add(entry, "link", rel="alternate", type="text/html", href=f"{base}#{alert.id}")
        if address := _address(alert):
            _add(entry, "link", rel="via", href=address)
        for term in _terms(alert):
            _add(entry, "category", term=_xml(term))
        _add(entry, "content", _text(alert), type="text")
    return _written(feed)


def search_atom(hits: Sequence[Hit], *, base: str, here: str) -> bytes:
    """The newest matches of a search as an Atom feed. An entry is a version of an article."""
    asked, updated = here.partition("?")[2], max((hit.first_seen_at for hit in hits), default=_time(_EPOCH))
    id_ = f"urn:wirewatch:search:{digest('search', asked)}"
    feed = _feed(id_, "Wirewatch search", updated, here=here, page=f"{base}search?{asked}")
    for hit in hits:
        entry = _add(feed, "entry")
        _add(entry, "id", f"urn:wirewatch:article:{hit.id}:{hit.content_hash}")
        _add(entry, "title", _xml(hit.title.text or "(no headline)"))
        _add(entry, "updated", hit.first_seen_at)
        if hit.url and _is_web(hit.url):
            _add(entry, "link", rel="alternate", href=_xml(hit.url))
        if hit.alert_id:
            _add(entry, "link", rel="related", type="text/html", href=f"{base}#{hit.alert_id}")
        _add(entry, "content", _xml(f"{hit.outlet}: {hit.snippet.text}"), type="text")
    return _written(feed)


def json_feed(alerts: Sequence[Alert], *, base: str, here: str) -> bytes:
    """A JSON Feed. The whole alert is under ``_wirewatch``."""
    items: list[dict[str, Any]] = []
    for alert in alerts:
        item: dict[str, Any] = {
            "id": f"urn:wirewatch:alert:{alert.id}",
            "url": f"{base}#{alert.id}",
            "title": _title(alert),
            "content_text": _text(alert),
            "date_published": _time(alert.first_seen),
            "date_modified": _time(alert.last_updated),
            "tags": _terms(alert),
            "_wirewatch": alert,
        }
        if address := _address(alert):
            item["external_url"] = address
        items.append(item)
    return msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Wirewatch alerts",
            "home_page_url": base,
            "feed_url": here,
            "items": items,
        }
    )


def _title(alert: Alert) -> str:
    headline = alert.headline or (alert.evidence[0].quote if alert.evidence else "(no headline)")
    return _xml(f"[{alert.severity}] {headline}")


def _text(alert: Alert) -> str:
    """The alert in plain text: an alert's feed is read in mail programs and chat services."""
    outlets = list(dict.fromkeys(outlet_of(source) for source in alert.sources))
    more = f" and {len(outlets) - _OUTLETS} more" if len(outlets) > _OUTLETS else ""
    lines = [
        *(summary_of(event) for event in alert.events),
        *alert.lead,
        "",
        *(f"- {reason}" for reason in alert.severity_reasons),
        "",
    ]
    lines += [f"“{piece.quote}”" for piece in alert.evidence]
    lines += ["", f"{alert.independent_sources} independent of: {', '.join(outlets[:_OUTLETS])}{more}"]
    lines += [line] if (line := also_reported_in(alert.languages, headline=alert.language)) else []
    if alert.revision > 1:
        changed = "; ".join(f"{c.kind} {c.before or ''} → {c.after or ''}" for c in alert.changes)
        lines.append(f"Revision {alert.revision}: {changed}")
    return _xml("\n".join(lines).strip())


def _terms(alert: Alert) -> list[str]:
    return [*(topic.topic for topic in alert.topics), f"severity:{alert.severity}", f"state:{alert.state}"]


def _address(alert: Alert) -> str | None:
    """The first source that has an address on the web; nothing else may become a link in a feed reader."""
    for source in alert.sources:
        if source.url and _is_web(source.url):
            return _xml(source.url)
    return None


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def _xml(text: str) -> str:
    return _HIDING.sub("", _NOT_XML.sub("\ufffd", text))


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    made.text = text
    return made


def _feed(id_: str, title: str, updated: str, *, here: str, page: str) -> ElementTree.Element:
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    for name, text in (("id", _xml(id_)), ("title", title), ("updated", updated)):
        _add(feed, name, text)
    _add(feed, "link", rel="self", type="application/atom+xml", href=here)
    _add(feed, "link", rel="alternate", type="text/html", href=page)
    _add(_add(feed, "author"), "name", "Wirewatch")
    return feed


def _written(feed: ElementTree.Element) -> bytes:
    body: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return body
