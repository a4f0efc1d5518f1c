"""HTML to text, and text made safe to carry. Linear in its input: no recursion, no backtracking expressions."""

import html
import re
from typing import Final

_TAG = re.compile(r"<(?:!--.*?(?:-->|\Z)|!\[CDATA\[|(?:[!?]|/?[a-zA-Z])[^>]*+(?:>|\Z))", re.DOTALL)
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_SPACES = re.compile(r"[ \t\r\f\v\u00a0\u2028\u2029]+")
_LINES = re.compile(r" ?\n[ \n]*")
# C0 controls but tab and line feed, DEL, C1 controls, and surrogates that no UTF-8 can carry.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_EMPTY_LINE = re.compile(r"\n[ \t]*\n")
_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>|&(?:#\d|#x[0-9a-fA-F]|[a-zA-Z]{2,31};)")

_MAIL = re.compile(r"[<(\[]?(?:mailto:)?[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}[>)\]]?")

_BLOCKS: Final = frozenset(
    "address article aside blockquote br center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section table tbody td tfoot th thead tr ul".split()
)
_SILENT: Final = frozenset("script style noscript template svg math head title textarea".split())


def plain(text: str) -> str:
    """``text`` without characters that no reader can see or no encoder can carry."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)


def paragraphs(text: str) -> str:
    """Plain text with a paragraph a line: a single line break only wraps, an empty line parts."""
    return "\n".join(" ".join(part.split()) for part in _EMPTY_LINE.split(plain(text)) if part.strip())


def one_line(text: str) -> str:
    """A title or a name: plain, on one line."""
    return " ".join(plain(text).split())


def looks_like_html(text: str) -> bool:
    """Whether ``text`` has a tag or an entity in it."""
    return _MARKUP.search(text) is not None


def from_html(markup: str) -> str:
    """The text of an HTML fragment: a paragraph a line, entities resolved, scripts and styles left out."""
    if "<" not in markup:
        return paragraphs(html.unescape(markup) if "&" in markup else markup)
    parts: list[str] = []
    silent: str | None = None
    never_closed: set[str] = set()
    lowered = markup.lower()
    position = 0
    # What is never closed is no tag, but for a comment: so it is read up to the last ">".
    for match in _TAG.finditer(markup, 0, max(markup.rfind(">") + 1, markup.rfind("<!--") + 4)):
        if silent is None:
            parts.append(markup[position : match.start()].replace("\n", " "))
        position = match.end()
        name = _name(match.group())
        if silent is not None:
            silent = None if match.group().startswith("</") and name == silent else silent
        elif name in _SILENT and name not in never_closed and not match.group().startswith("</"):
            if lowered.find(f"</{name}", position) >= 0:
                silent = None if match.group().endswith("/>") else name
            else:
                never_closed.add(name)
        elif name in _BLOCKS:
            parts.append("\n")
    if silent is None:
        parts.append(markup[position:].replace("\n", " "))
    text = _SPACES.sub(" ", plain(html.unescape("".join(parts))))
    return _LINES.sub("\n", text).strip()


def title_text(value: str) -> str:
    """A title as one line of text; markup in it is resolved once."""
    return one_line(from_html(value)) if looks_like_html(value) else one_line(value)


def person(value: str) -> str:
    """The name in ``mail@host (Name)``, ``Name <mail@host>`` or ``Name (mailto:mail@host)``; else the mail address."""
    found = _MAIL.search(value)
    if found is None:
        return " ".join(value.split())
    name = _MAIL.sub(" ", value).strip(" ,;-<>()[]\t")
    return " ".join(name.split()) or found.group().strip("<>()[] ").removeprefix("mailto:")


def cut(text: str, limit: int) -> tuple[str, bool]:
    """``text`` of at most ``limit`` characters, cut at a space where one is near; and whether it was cut."""
    if len(text) <= limit:
        return text, False
    head = text[:limit]
    space = head.rfind(" ", max(0, limit - 80))
    return (head[:space] if space > 0 else head).rstrip(), True


def _name(tag: str) -> str:
    match = _NAME.match(tag)
    return match.group(1).lower() if match else ""
