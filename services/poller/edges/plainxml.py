"""Plain RSS and Atom feeds, read straight from expat: what feedparser finds in them, in a fifth of its time.

Most feeds are plain: well-formed, in UTF-8, with the elements that everybody uses in the places where they belong.
:func:`read` does for these, element by element, what feedparser's handlers do, and hands over what feedparser would
(under its names, and only what ``feedxml.py`` reads). At the first sign of anything else it gives up, and feedparser
reads the document. So it decides nothing: ``tests/unit/poller/test_plainxml.py`` holds both readings to one result.
"""

from __future__ import annotations

from typing import Any, Final
from xml.parsers import expat

from services.poller.edges import plainwords as words
from services.poller.edges.plainelements import OPENERS, Opener, Reading
from services.poller.edges.plainwords import NotPlainError, attributes_of

_FORMATS: Final = frozenset({"", words.ATOM})


def read(body: bytes, *, url: str, content_type: str | None) -> dict[str, Any] | None:
    """``body`` as feedparser gives it (``version``, ``feed``, ``entries``); None where it is not plain."""
    try:
        return _Reader(url).read(words.decoded(body, content_type))
    except (NotPlainError, expat.ExpatError):
        return None


class _Reader:
    """Reads one document."""

    def __init__(self, url: str) -> None:
        self._reading = Reading(url)
        self._parser = self._reading.parser
        self._parser.namespace_prefixes = True
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartNamespaceDeclHandler = self._declared
        self._prefixes: dict[str, set[str]] = {}
        self._tags: dict[str, tuple[str, Opener | None]] = {}
        self._version = ""
        self._entries: list[dict[str, Any]] = []
        self._channels = 0

    def read(self, body: bytes) -> dict[str, Any]:
        reading = self._reading
        self._parser.Parse(body, True)
        if not self._version:
            raise NotPlainError
        return {"version": self._version, "feed": reading.feed.found, "entries": self._entries}

    def _declared(self, prefix: str | None, uri: str | None) -> None:
        prefix, space = prefix.lower() if prefix else None, (uri or "").lower()
        words.check_namespace(prefix, space)
        if prefix is not None:
            self._prefixes.setdefault(space, set()).add(prefix)
            self._tags.clear()  # what was called something else before

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        reading = self._reading
        reading.depth += 1
        if reading.leaf:
            raise NotPlainError
        tag, opener = self._tags.get(name) or self._tag(name)
        if reading.depth <= reading.level:
            self._begin(tag, attributes)
        elif reading.picture:
            if tag not in words.PICTURE or attributes:
                raise NotPlainError
        elif opener is not None:
            opener(reading, tag, attributes)

    def _end(self, _: str) -> None:
        reading = self._reading
        depth = reading.depth
        reading.depth -= 1
        if reading.leaf == depth:
            reading.leaf = 0
            ending = reading.ending
            if ending is not None:
                reading.parser.CharacterDataHandler = None
                reading.ending = None
                ending("".join(reading.text).strip())
        elif depth == reading.level + 1 and reading.entry is not None:
            self._entries.append(reading.entry.found)
            reading.entry = None
        elif depth == reading.author:
            self._end_author()
        elif depth == reading.contributor:
            reading.contributor = 0
        elif depth == reading.picture:
            reading.picture = 0

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        reading = self._reading
        given = attributes_of(attributes)
        if reading.depth == 1:
            if "base" in given or "xml:base" in given:
                raise NotPlainError
            reading.language = given.get("xml:lang", given.get("lang")) or None
            if reading.language is not None:
                reading.language = reading.language.replace("_", "-")
                reading.feed.found["language"] = reading.language
        if reading.depth == 1 and tag == "rss" and not reading.atom:
            said = given.get("version", "")
            self._version = words.VERSIONS.get(said) or ("rss20" if said.startswith("2.") else "rss")
            reading.level = 2
        elif reading.depth == 1 and tag == "feed" and reading.atom:
            self._version = "atom10"
        elif reading.depth == 2 and tag == "channel" and not attributes and not self._channels:
            self._channels += 1
        else:
            raise NotPlainError

    def _end_author(self) -> None:
        reading = self._reading
        reading.author = 0
        reading.parser.CharacterDataHandler = None
        holder = reading.around()
        name, mail = holder.person.get("name"), holder.person.get("email")
        holder.found["author"] = f"{name} ({mail})" if name and mail else name or mail or ""

    def _tag(self, name: str) -> tuple[str, Opener | None]:
        """feedparser's name for an element, and what to do where it begins (None: nothing)."""
        reading = self._reading
        parts = name.split(" ")
        space, local = (parts[0].lower(), parts[1].lower()) if len(parts) > 1 else ("", name.lower())
        tags = words.names(space, local, self._prefixes.get(space, ()))
        if reading.depth == 1 and space not in _FORMATS:
            raise NotPlainError
        if reading.depth == 1:
            reading.atom = space == words.ATOM
        if reading.depth <= reading.level or (reading.picture and tags[0] in words.PICTURE):
            return tags[0], None
        opener = OPENERS.get(tags[0]) if len(tags) == 1 else None
        if opener is None:
            for tag in tags:
                words.check_passed_over(tag)
        self._tags[name] = tags[0], opener
        return tags[0], opener
