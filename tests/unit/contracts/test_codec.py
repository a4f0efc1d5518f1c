"""Bytes to messages and back: everything valid survives, everything else is one kind of error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import codec
from services.contracts.codec import UndecodableError
from services.contracts.messages import Alert, Article, DeadLetter, Duplicate, TaggedArticle, UniqueArticle
from services.contracts.stories import StoryMember
from tests.support.articles import an_article

KINDS: list[Any] = [Article, UniqueArticle, Duplicate, TaggedArticle, Alert, DeadLetter, StoryMember]


@given(st.text(), st.text())
def test_article_comes_back_as_it_went(title: str, text: str) -> None:
    article = an_article(title=title, text=text)
    assert codec.decode(codec.encode(article), Article) == article


@given(st.text(st.characters(codec=None)))
def test_lone_surrogates_do_not_stop_an_article(title: str) -> None:
    article = an_article(title=title, authors=(title,))
    back = codec.decode(codec.encode(article), Article)
    assert back.title == title.encode("utf-8", "replace").decode()
    assert back.authors == (back.title,)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(
    value=st.one_of(
        st.none(), st.binary(max_size=50), st.recursive(st.text(), st.lists).map(lambda x: json.dumps(x).encode())
    )
)
def test_garbage_is_undecodable(kind: Any, value: bytes | None) -> None:
    with pytest.raises(UndecodableError):
        codec.decode(value, kind)


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_deep_nesting_is_undecodable(depth: int) -> None:
    in_unknown_field = b'{"id": "a", "unknown": ' + b"[" * depth + b"]" * depth + b"}"
    for value in (b"[" * depth, b'{"id":' * depth, in_unknown_field):
        with pytest.raises(UndecodableError):
            codec.decode(value, Article)


def test_the_error_says_what_and_where() -> None:
    broken = json.loads(codec.encode(an_article()))
    broken["feed"]["url"] = 7
    with pytest.raises(UndecodableError, match=r"not a valid Article: .*\$\.feed\.url"):
        codec.decode(json.dumps(broken).encode(), Article)
    with pytest.raises(UndecodableError, match="empty message where Article was expected"):
        codec.decode(None, Article)


@pytest.mark.parametrize("time", ["2024-06-20T09:00:00", "2024-06-20", "0000-01-01T00:00:00Z", "now", 1718874000, None])
def test_a_time_without_offset_is_no_time(time: object) -> None:
    broken = json.loads(codec.encode(an_article())) | {"fetched_at": time}
    with pytest.raises(UndecodableError, match="fetched_at"):
        codec.decode(json.dumps(broken).encode(), Article)


def test_unknown_fields_are_ignored() -> None:
    article = an_article()
    newer = json.loads(codec.encode(article)) | {"added": {"later": [1]}}
    assert codec.decode(json.dumps(newer).encode(), Article) == article


def test_escaped_surrogates_on_the_wire_do_not_raise_anything_else() -> None:
    """Another producer may write half a pair as an escape: it decodes and encodes again, or it is undecodable."""
    value = codec.encode(an_article(title="TITLE")).replace(b"TITLE", rb"\ud83d")
    try:
        article = codec.decode(value, Article)
    except UndecodableError:
        return
    codec.decode(codec.encode(article), Article)
