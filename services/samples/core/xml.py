"""A feed as RSS 2.0 or Atom. The same items give the same bytes, so that an ETag can be made of them."""

from collections.abc import Sequence
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from services.samples.core.feeds import Feed, Item, Week


def render(feed: Feed, items: Sequence[Item], week: Week) -> bytes:
    """The document that shows ``items``, dated as the week plays."""
    lines = _atom(feed, items, week) if feed.format == "atom" else _rss(feed, items, week)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(lines) + "\n").encode()


def _rss(feed: Feed, items: Sequence[Item], week: Week) -> list[str]:
    lines = [
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">',
        "<channel>",
        f"<title>{escape(feed.title)}</title>",
        f"<link>{escape(feed.link)}</link>",
        f"<description>{escape(feed.description)}</description>",
        f"<language>{escape(feed.language)}</language>",
    ]
    for item in items:
        lines += [
            "<item>",
            f"<title>{escape(item.title)}</title>",
            f"<link>{escape(item.url)}</link>",
            f'<guid isPermaLink="true">{escape(item.url)}</guid>',
            f"<pubDate>{format_datetime(week.dated(item), usegmt=True)}</pubDate>",
        ]
        if item.author:
            lines.append(f"<dc:creator>{escape(item.author)}</dc:creator>")
        if item.credit:
            lines.append(f"<source url={quoteattr(item.credit.url)}>{escape(item.credit.title)}</source>")
        lines += [
            f"<description>{escape(_summary(item))}</description>",
            f"<content:encoded>{escape(_html(item))}</content:encoded>",
            "</item>",
        ]
    return [*lines, "</channel>", "</rss>"]


def _atom(feed: Feed, items: Sequence[Item], week: Week) -> list[str]:
    newest = max((week.dated(item) for item in items), default=week.began.replace(microsecond=0))
    lines = [
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(feed.language)}>',
        f"<title>{escape(feed.title)}</title>",
        f"<subtitle>{escape(feed.description)}</subtitle>",
        f"<id>{escape(feed.link)}</id>",
        f"<link href={quoteattr(feed.link)}/>",
        f"<updated>{newest.isoformat()}</updated>",
    ]
    for item in items:
        time = week.dated(item).isoformat()
        lines += [
            "<entry>",
            f"<title>{escape(item.title)}</title>",
            f"<id>{escape(item.url)}</id>",
            f"<link href={quoteattr(item.url)}/>",
            f"<published>{time}</published>",
            f"<updated>{time}</updated>",
        ]
        if item.author:
            lines.append(f"<author><name>{escape(item.author)}</name></author>")
        lines += [
            f"<summary>{escape(_summary(item))}</summary>",
            f'<content type="html">{escape(_html(item))}</content>',
            "</entry>",
        ]
    return [*lines, "</feed>"]


def _html(item: Item) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in item.paragraphs)


def _summary(item: Item) -> str:
    return item.summary or item.paragraphs[0]
