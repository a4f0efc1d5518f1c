"""The feed list: OPML 2.0 with folders, and per-feed settings as attributes of ours.

    <outline type="rss" text="Name" xmlUrl="https://..." wirewatchOutlet="outlet.example" wirewatchCountry="NOR"
             language="no" wirewatchTier="breaking" wirewatchIntervalSeconds="300" wirewatchFullText="never"
             wirewatchBackfill="no"/>

An editor other than ours may have written the file: unknown attributes are passed over, and a feed that stands in two
folders is one feed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from services.contracts.ids import feed_id
from services.poller.core.model import FULL_TEXT, FeedConfig
from services.poller.errors import FeedListError
from services.poller.status import TIERS

_YES_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(slots=True)
class _Reader:
    name: str
    parser: expat.XMLParserType
    feeds: dict[str, FeedConfig] = field(default_factory=dict)
    folders: list[str | None] = field(default_factory=list)
    seen_body: bool = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "body":
            self.seen_body = True
        if tag != "outline":
            return
        values = {key.lower(): value.strip() for key, value in attributes.items()}
        url = values.get("xmlurl", "")
        title = values.get("title") or values.get("text") or None
        self.folders.append(None if url else title)
        if url:
            config = self._config(url, title, values)
            self.feeds.setdefault(config.id, config)

    def end(self, tag: str) -> None:
        if tag == "outline":
            self.folders.pop()

    def fail(self, message: str, line: int | None = None) -> FeedListError:
        return FeedListError(f"{self.name}, line {line or self.parser.CurrentLineNumber}: {message}")

    def _config(self, url: str, title: str | None, values: dict[str, str]) -> FeedConfig:
        if urlsplit(url).scheme not in ("http", "https"):
            raise self.fail(f"xmlUrl is {url[:200]!r}: give an http or https address.")
        tier = values.get("wirewatchtier")
        if tier and tier not in TIERS:
            raise self.fail(f"wirewatchTier is {tier!r}: use one of {', '.join(TIERS)}.")
        full_text = values.get("wirewatchfulltext") or "auto"
        if full_text not in FULL_TEXT:
            raise self.fail(f"wirewatchFullText is {full_text!r}: use one of {', '.join(FULL_TEXT)}.")
        backfill = values.get("wirewatchbackfill") or "yes"
        if backfill.lower() not in _YES_NO:
            raise self.fail(f"wirewatchBackfill is {backfill!r}: use yes or no.")
        paused = values.get("wirewatchpaused") or "no"
        if paused.lower() not in _YES_NO:
            raise self.fail(f"wirewatchPaused is {paused!r}: use yes or no.")
        return FeedConfig(
            id=feed_id(url),
            url=url,
            title=title,
            folder="/".join(folder for folder in self.folders if folder) or None,
            outlet=(values.get("wirewatchoutlet") or "").lower() or None,
            country=values.get("wirewatchcountry") or None,
            language=values.get("language") or None,
            interval_seconds=self._interval(values.get("wirewatchintervalseconds")),
            tier=tier or None,
            full_text=full_text,
            backfill=_YES_NO[backfill.lower()],
            paused=_YES_NO[paused.lower()],
            proof=values.get("wirewatchproof") or None,
            terms=values.get("wirewatchterms") or None,
        )

    def _interval(self, text: str | None) -> float | None:
        if not text:
            return None
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= 30 * 86_400:
            raise self.fail(f"wirewatchIntervalSeconds is {text!r}: give seconds, more than 0 and at most 30 days.")
        return seconds


def parse(data: bytes, *, name: str) -> list[FeedConfig]:
    """The feeds of an OPML document. Raises :class:`FeedListError` naming ``name`` and the line."""
    parser = expat.ParserCreate()
    reader = _Reader(name=name, parser=parser)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise reader.fail(f"not well-formed XML ({reason}); the feed list is OPML.", error.lineno) from None
    if not reader.seen_body:
        raise reader.fail("no <body>: this is XML but no OPML feed list.", 1)
    return list(reader.feeds.values())


def write(feeds: Iterable[FeedConfig], *, title: str) -> str:
    """An OPML document with folders; reading it gives the same feeds."""
    folders: dict[str | None, list[FeedConfig]] = {}
    for feed in feeds:
        folders.setdefault(feed.folder, []).append(feed)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"  <head><title>{_escape(title)}</title></head>",
        "  <body>",
    ]
    for folder, members in folders.items():
        names = folder.split("/") if folder else []
        lines += [f"{'  ' * (2 + depth)}<outline text={quoteattr(name)}>" for depth, name in enumerate(names)]
        lines += [f"{'  ' * (2 + len(names))}{_outline(feed)}" for feed in members]
        lines += [f"{'  ' * (2 + depth)}</outline>" for depth in reversed(range(len(names)))]
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _outline(feed: FeedConfig) -> str:
    interval = feed.interval_seconds
    attributes = {
        "text": feed.title or feed.url,
        "xmlUrl": feed.url,
        "language": feed.language,
        "wirewatchOutlet": feed.outlet,
        "wirewatchCountry": feed.country,
        "wirewatchIntervalSeconds": f"{interval:.12g}" if interval is not None else None,
        "wirewatchTier": feed.tier,
        "wirewatchFullText": feed.full_text if feed.full_text != "auto" else None,
        "wirewatchBackfill": None if feed.backfill else "no",
        "wirewatchPaused": "yes" if feed.paused else None,
        "wirewatchTerms": feed.terms,
        "wirewatchProof": feed.proof,
    }
    shown = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items() if value is not None)
    return f'<outline type="rss" {shown}/>'


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
