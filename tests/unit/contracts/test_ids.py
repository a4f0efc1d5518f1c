"""Ids depend on their parts alone, and on every part."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.contracts import ids

TEXT = st.text(st.characters(codec=None), max_size=20)  # lone surrogates included


def test_ids_never_change() -> None:
    """They are on the wire and in the store: another value is another layout."""
    assert ids.digest("article", "https://news.example/a") == "ae82944d776572d2ebb6ad46"
    assert ids.feed_id("https://news.example/feed.xml") == "ce08bd7f65960c0ead0264aa"
    assert ids.alert_id("s") == "bd2272672418ee239d32c1b2"
    assert ids.dead_letter_id("articles", 0, 17) == "f3bdfccd1d40836d1c42260d"


@given(TEXT, TEXT)
def test_any_text_has_an_id_of_24_hex_characters(kind: str, part: str) -> None:
    made = ids.digest(kind, part)
    assert made == ids.digest(kind, part)
    assert len(made) == 24
    assert set(made) <= set("0123456789abcdef")


@given(
    st.lists(TEXT.filter(lambda text: "\x1f" not in text), max_size=4),
    st.lists(TEXT.filter(lambda text: "\x1f" not in text), max_size=4),
)
def test_parts_are_kept_apart(one: list[str], other: list[str]) -> None:
    assert (ids.digest("k", *one) == ids.digest("k", *other)) == (one == other)


def test_article_is_named_by_the_best_that_is_known() -> None:
    def name(url: str | None = None, feed: str = "f", guid: str | None = None, title: str = "t") -> str:
        return ids.article_id(canonical_url=url, feed=feed, guid=guid, title=title)

    assert name(url="u", feed="f", guid="g", title="t") == name(url="u", feed="other", guid=None, title="x")
    assert name(guid="g", title="t") == name(guid="g", title="changed")
    assert name(guid="g") != name(guid="g", feed="other")
    assert name(title="t") != name(title="changed")
    assert name(guid="t") != name(title="t")


@given(st.text(max_size=50), st.text(max_size=50))
def test_white_space_does_not_make_a_new_version(title: str, text: str) -> None:
    wide = f"  {title}\n\t", text.replace(" ", " \n ")
    assert ids.content_hash(title, text) == ids.content_hash(*wide)


def test_what_moves_from_title_to_text_makes_a_new_version() -> None:
    assert ids.content_hash("a b", "c") != ids.content_hash("a", "b c")
