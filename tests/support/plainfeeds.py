"""Feeds put together at random from what feeds are made of, most of them nearly plain (``edges/plainxml.py``)."""

from __future__ import annotations

import random
from typing import Final

CONTENT_TYPES: Final = (
    None, "application/rss+xml", "text/xml", "text/xml; charset=utf-8", "application/xml; charset=ISO-8859-1",
    "text/html", 'application/atom+xml; charset="UTF-8"',
)  # fmt: skip
_NAMESPACES: Final = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "atom": "http://www.w3.org/2005/Atom",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "media": "http://search.yahoo.com/mrss/",
        "sy": "http://purl.org/rss/1.0/modules/syndication/",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
        "thr": "http://purl.org/syndication/thread/1.0",
        "x": "http://x.example/",
    }.items()
)
_TEXTS: Final = (
    "", "a", "One &amp; two", "R&amp;D &lt;b>x&lt;/b>", "&lt;p>Long &lt;i>text&lt;/i>&lt;/p>", "5 &lt; 6", "Zoë",
    "<![CDATA[<p>x &eacute; y</p>]]>", "â€™ and Ã©", "\x92q", " spaced \n out ", "x &amp;eacute; y", "中文", "&#8217;",
    "<![CDATA[a &copy; b]]>", "&lt;script>x&lt;/script>t", "<!-- c -->t<!-- d -->u", "a@b.example (Jo)", "Jo, AP",
)  # fmt: skip
_DATES: Final = (
    "Thu, 20 Jun 2024 10:00:00 GMT", "2024-06-20T10:00:00Z", "", "yesterday", "Thu, 20 Jun 2024 10:00:00 EDT",
    "20.6.2024", "0001-01-01T00:00:00Z", "2024年6月20日", "Mon Jan 5 10:00:00 2004",
)  # fmt: skip
_LINKS: Final = (
    "https://news.example/1", "http://news.example/a?b=1&amp;c=2", "/rel/2", "", "//other.example/x", "https://a.example",
    "HTTPS://News.Example/A", "https://news.example/a b", "https://news.example/é", "at://x/y", "mailto:a@b.example",
    "https://news.example/?a=1#f", "http:///x/y", "https://[bad", "a&amp;amp;b", "javascript:x", "urn:uuid:1",
    "https://news.example/../x", " https://news.example/3 ", "http://a.example/&lt;",
)  # fmt: skip
_TYPES: Final = ("", ' type="text"', ' type="html"', ' type="xhtml"', ' type="HTML"', ' mode="escaped"', ' type="a/b"')
_ATTRIBUTES: Final = ("", "", "", ' xml:lang="fr"', ' lang="de"', ' xml:base="http://b.example/"', ' foo="1"')
_LINES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {  # elements: attributes, texts
    "title title title x:title dc:title": (("", "", "", *_TYPES, *_ATTRIBUTES), _TEXTS),
    "link link link": (("", "", "", ' rel="alternate"'), _LINKS),
    "guid guid id": (("", ' isPermaLink="false"', ' isPermaLink="true"', ' ispermalink="False"'), (*_LINKS, *_TEXTS)),
    "description description summary media:description dc:description itunes:summary": (
        ("", "", *_TYPES, *_ATTRIBUTES), _TEXTS,
    ),
    "content:encoded content:encoded content": (("", "", *_TYPES, *_ATTRIBUTES), _TEXTS),
    "pubDate pubDate published updated dc:date lastBuildDate modified created date atom:updated": (("", ""), _DATES),
    "author dc:creator managingEditor itunes:author dc:author webMaster dc:contributor": (("",), _TEXTS),
    "source": (("", ' url="https://s.example/"', ' url="https://s.example/"', ' foo="1"'), _TEXTS),
    "ttl sy:updatePeriod language dc:language feedburner:origLink x:foo x:date foo url name body tags": (
        ("", "", ' foo="1"'), (*_TEXTS, *_LINKS),
    ),
    "category dc:subject rights subtitle itunes:subtitle info generator comments media:credit media:text": (
        _ATTRIBUTES, _TEXTS,
    ),
}  # fmt: skip
_WHOLE: Final = (
    '<media:content url="x" lang="en"><media:title>m</media:title></media:content>',
    "<media:group><media:description>d</media:description></media:group>",
    "<media:title>m</media:title>", "<media:group><media:content/><media:title>m</media:title></media:group>",
    "<image><url>u</url><title>t</title><link>https://i.example/</link></image>", "<image><foo/></image>",
    "<textInput><title>x</title><name>y</name></textInput>", '<category term="x" label="y"/>', "<skipHours/>",
    "<itunes:owner><itunes:name>n</itunes:name></itunes:owner>", '<enclosure url="e" type="audio/mpeg"/>',
    '<thr:in-reply-to ref="x"/>', "<x:a><x:b>t</x:b></x:a>", '<x:a k="1">text<x:a>u</x:a></x:a>', "<item/>",
    "<title>a<b>c</b></title>", '<svg xmlns="http://www.w3.org/2000/svg"><title>s</title></svg>', "<feed/>",
    "stray", "<channel/>", '<post-id xmlns="com-wordpress:feed-additions:1">7</post-id>',
    '<y xmlns="http://y.example/"/><z:title xmlns:z="http://y.example/">t</z:title><title xmlns="http://y.example/">u</title>',
    '<title xmlns="http://unknown.example/">u</title>', "<contributor><name>c</name></contributor>",
    "<author><name>A. Uthor</name><email>a@b.example</email></author>", "<author><name/><uri>/a</uri></author>",
    "<author><name>A. Uthor</name>text</author>", '<author><name>N</name><x:z q="1"/></author>',
)  # fmt: skip


def made(chance: random.Random) -> tuple[bytes, str | None]:
    """A document and the Content-Type it came with."""
    atom = chance.random() < 0.4
    entry = "entry" if atom else "item"
    entries = "".join(
        f"<{entry}>{_usual(chance, atom=atom)}{_block(chance, 3, atom=atom)}</{entry}>"
        for _ in range(chance.randint(0, 4))
    )
    inside = _block(chance, 2, atom=atom) + entries + (_block(chance, 1, atom=atom) if chance.random() < 0.3 else "")
    language = chance.choice(("", "", "", ' xml:lang="en_US"', ' lang="de"', ' xml:base="http://b.example/"'))
    root = f"{_NAMESPACES}{language}"
    if atom:
        text = f'<feed xmlns="http://www.w3.org/2005/Atom" {root}>{inside}</feed>'
    else:
        version = chance.choice(("2.0", "2.0", "0.92", "", "1.9"))
        text = f'<rss version="{version}" {root}><channel>{inside}</channel></rss>'
    declared = chance.choice(("UTF-8", "UTF-8", "utf-8", "", "iso-8859-1"))
    text = (f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else "") + text
    return text.encode("iso-8859-1" if declared == "iso-8859-1" else "utf-8", "xmlcharrefreplace"), chance.choice(
        CONTENT_TYPES
    )


def _usual(chance: random.Random, *, atom: bool) -> str:
    if chance.random() < 0.4:
        return ""
    link = chance.choice(_LINKS)
    return f"<title>{chance.choice(_TEXTS)}</title>" + (f'<link href="{link}"/>' if atom else f"<link>{link}</link>")


def _block(chance: random.Random, most: int, *, atom: bool) -> str:
    return "".join(_element(chance, atom=atom) for _ in range(chance.randint(0, most)))


def _element(chance: random.Random, *, atom: bool) -> str:
    kind = chance.random()
    if kind < 0.15:
        return chance.choice(_WHOLE)
    if kind < 0.25:
        rel = chance.choice(("", ' rel="alternate"', ' rel="self"', ' REL="Hub"', ' rel="enclosure"'))
        form = chance.choice(("", ' type="text/html"', ' type="application/json"', ' type="XHTML"'))
        name = "link" if atom else "atom:link"
        return f'<{name}{rel}{form} {chance.choice(("href", "href", "url", "uri"))}="{chance.choice(_LINKS)}"/>'
    names = chance.choice(list(_LINES))
    attributes, texts = _LINES[names]
    name = chance.choice(names.split())
    return f"<{name}{chance.choice(attributes)}>{chance.choice(texts)}</{name}>"
