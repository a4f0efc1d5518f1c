"""HTML to text: words kept, markup gone, nothing invisible left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.poller.core.text import cut, from_html, person, plain, title_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two&amp;three.</p>", "One.\nTwo&three."),
        ("a<br/>b", "a\nb"),
        ("in<b>side</b> a word", "inside a word"),
        ("x<script>alert(1)</script>y<style>p{}</style>z", "xyz"),
        ("x<script>never closed", "xnever closed"),
        ("a <!-- hidden --> b", "a b"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("one\n  line\tof   text", "one line of text"),
        ("one\n \ntwo", "one\ntwo"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("a&nbsp;b", "a b"),
        ("x <img alt='a' src=b> y", "x y"),
    ],
)
def test_markup_becomes_paragraphs(markup: str, text: str) -> None:
    assert from_html(markup) == text


@given(st.text())
def test_no_text_is_refused_and_no_control_is_left(text: str) -> None:
    for made in (from_html(text), plain(text), title_text(text)):
        made.encode("utf-8")
        assert not any(ord(c) < 32 and c not in "\n\t" for c in made)


@given(
    st.lists(st.sampled_from(["<a ", "<", ">", "<!--", "<script>", "</script>", "&", "&lt;", "<p>", "x", "<![CDATA["]))
)
def test_tag_soup_is_survived(parts: list[str]) -> None:
    from_html("".join(parts))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("jane@desk.example (Jane Doe)", "Jane Doe"),
        ("Jane Doe <jane@desk.example>", "Jane Doe"),
        ("Jane Doe (mailto:jane@desk.example)", "Jane Doe"),
        ("jane@desk.industries", "jane@desk.industries"),
        ("John Smith (Reuters)", "John Smith (Reuters)"),
        ("", ""),
    ],
)
def test_a_person_is_a_name_where_there_is_one(written: str, name: str) -> None:
    assert person(written) == name


@given(st.text(), st.integers(1, 50))
def test_a_cut_is_a_beginning(text: str, limit: int) -> None:
    found, was_cut = cut(text, limit)
    assert len(found) <= limit
    assert text.startswith(found)
    assert was_cut == (len(text) > limit)
