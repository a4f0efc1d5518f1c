"""The feed list: OPML 2.0 with folders, and per-feed settings as attributes of ours.

    <outline type="rss" text="Name" xmlUrl="https://..." wirewatchOutlet="outlet.example" wirewatchCountry="NOR"
             language="no" wirewatchTier="breaking" wirewatchIntervalSeconds="300" wirewatchFullText="never"
             wirewatchBackfill="no"/>
    <outline type="page" text="Name" xmlUrl="https://..." wirewatchItems="//li[@class='release']"/>

An editor other than ours may have written the file: attributes that do not begin with "wirewatch" are passed over.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from services.contracts.ids import feed_id
from services.poller.core.canonical import canonical
from services.poller.core.model import FULL_TEXT, FeedConfig
from services.poller.errors import FeedListError
from services.poller.status import TIERS

Word = TypeVar("Word", bound=str)
_YES_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_OURS: Final = (
    "wirewatchOutlet",
    "wirewatchCountry",
    "wirewatchTier",
    "wirewatchIntervalSeconds",
    "wirewatchFullText",
    "wirewatchBackfill",
    "wirewatchPaused",
    "wirewatchItems",
    "wirewatchTerms",
    "wirewatchProof",
)
_KNOWN: Final = frozenset(name.lower() for name in _OURS)
_FORMS: Final = {  # what a value has to look like, and what to do where it does not
    "wirewatchOutlet": (r"[^\s/:@]+", "give a host, such as outlet.example"),
    "wirewatchCountry": (r"[A-Z]{3}", "give an ISO 3166-1 alpha-3 code, such as NOR, or INT"),
    "wirewatchBackfill": (f"(?i:{'|'.join(_YES_NO)})", "use yes or no"),
    "wirewatchPaused": (f"(?i:{'|'.join(_YES_NO)})", "use yes or no"),
    "wirewatchProof": (r"(\d{4}-\d{2}-\d{2}|listed|no)\b.*", "give a date such as 2026-07-22, listed or no"),
}


@dataclass(slots=True)
class _Reader:
    name: str
    parser: expat.XMLParserType
    feeds: dict[str, FeedConfig] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    folders: list[str | None] = field(default_factory=list)
    root: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.root = self.root or tag
        if tag != "outline":
            return
        values = {key.lower(): value.strip() for key, value in attributes.items()}
        url = values.get("xmlurl", "")
        title = values.get("title") or values.get("text") or None
        self.folders.append(None if url else title)
        for key in attributes:
            if key.lower().startswith("wirewatch") and key.lower() not in _KNOWN:
                self.problem(f"{key} is no attribute of a feed: use {', '.join(_OURS)}.")
        if url:
            self._take(self._config(url, title, values))
        elif values.get("type", "").lower() in ("rss", "atom", "page"):
            self.problem("this outline has no xmlUrl: give the address of the feed, or remove the line.")

    def end(self, tag: str) -> None:
        if tag == "outline":
            self.folders.pop()

    def said(self, message: str, line: int | None = None) -> str:
        return f"{self.name}, line {line or self.parser.CurrentLineNumber}: {message}"

    def problem(self, message: str) -> None:
        self.problems.append(self.said(message))

    def _take(self, config: FeedConfig) -> None:
        if config.id in self.feeds:
            self.repeated.append(self.said(f"{config.url} stands in line {self.lines[config.id]} already: keep one."))
            return
        self.feeds[config.id], self.lines[config.id] = config, self.parser.CurrentLineNumber

    def _config(self, url: str, title: str | None, values: dict[str, str]) -> FeedConfig:
        if canonical(url) is None:
            self.problem(f"xmlUrl is {url[:200]!r}: give a whole http or https address.")
        for name, (form, advice) in _FORMS.items():
            value = values.get(name.lower())
            if value and not re.fullmatch(form, value):
                self.problem(f"{name} is {value[:200]!r}: {advice}.")
        page, items = values.get("type", "").lower() == "page", values.get("wirewatchitems") or None
        if items and not page:
            self.problem('wirewatchItems is for pages: give type="page", or leave it out.')
        if items and not _is_xpath(items):
            self.problem(f"wirewatchItems is {items!r}: give an XPath of elements, as in //li[@class='release'].")
        return FeedConfig(
            id=feed_id(url),
            url=url,
            title=title,
            folder="/".join(folder for folder in self.folders if folder) or None,
            outlet=(values.get("wirewatchoutlet") or "").lower() or None,
            country=values.get("wirewatchcountry") or None,
            language=values.get("language") or None,
            interval_seconds=self._interval(values.get("wirewatchintervalseconds")),
            tier=self._one_of(TIERS, "wirewatchTier", values.get("wirewatchtier")),
            full_text=self._one_of(FULL_TEXT, "wirewatchFullText", values.get("wirewatchfulltext")) or "auto",
            backfill=_YES_NO.get(values.get("wirewatchbackfill", "").lower(), True),
            paused=_YES_NO.get(values.get("wirewatchpaused", "").lower(), False),
            page=page,
            items=items,
            proof=values.get("wirewatchproof") or None,
            terms=values.get("wirewatchterms") or None,
        )

    def _one_of(self, allowed: Sequence[Word], name: str, value: str | None) -> Word | None:
        found = next((word for word in allowed if word == value), None)
        if value and found is None:
            self.problem(f"{name} is {value!r}: use one of {', '.join(allowed)}.")
        return found

    def _interval(self, text: str | None) -> float | None:
        if not text:
            return None
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= 30 * 86_400:
            self.problem(f"wirewatchIntervalSeconds is {text!r}: give seconds, more than 0 and at most 30 days.")
        return seconds


def parse(data: bytes, *, name: str, repeated: list[str] | None = None) -> list[FeedConfig]:
    """The feeds of an OPML document. Raises :class:`FeedListError` with all that is wrong: ``name``, line, what to do.

    A feed that stands in it twice is wrong, too, unless a list is given: then the sentences about it go there.
    """
    parser = expat.ParserCreate()
    reader = _Reader(name=name, parser=parser)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        reader.problems.append(reader.said(f"not well-formed XML ({reason}); the feed list is OPML.", error.lineno))
    else:
        if reader.root.lower() != "opml":
            reader.problems.append(reader.said(f"the document is <{reader.root[:40]}>, no OPML feed list.", 1))
    if repeated is None:
        reader.problems += reader.repeated
    else:
        repeated += reader.repeated
    if reader.problems:
        raise FeedListError(tuple(reader.problems))
    return list(reader.feeds.values())


def _is_xpath(text: str) -> bool:
    try:
        return isinstance(etree.XPath(text)(etree.Element("html")), list)
    except etree.XPathError:
        return False


def write(feeds: Iterable[FeedConfig], *, title: str, comment: str = "") -> str:
    """An OPML document with folders; reading it gives the same feeds. ``comment`` is XML that goes before it."""
    folders: dict[str | None, list[FeedConfig]] = {}
    for feed in feeds:
        folders.setdefault(feed.folder, []).append(feed)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        *([comment] if comment else []),
        '<opml version="2.0">',
        f"  <head><title>{escape(title)}</title></head>",
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
        "wirewatchItems": feed.items,
        "wirewatchTerms": feed.terms,
        "wirewatchProof": feed.proof,
    }
    shown = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items() if value is not None)
    return f'<outline type="{"page" if feed.page else "rss"}" {shown}/>'
