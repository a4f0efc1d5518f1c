"""An article as the index sees it: hashes, a sketch and the member it would be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import xxhash

from services.contracts import redis_keys
from services.contracts.messages import Article
from services.contracts.stories import StoryMember, member_of_article
from services.deduper.core.event import Event, event
from services.deduper.core.facts import Facts, facts_of
from services.deduper.core.marks import Marks, marks_of
from services.deduper.core.sketch import EMPTY, Sketch, sketch
from services.deduper.core.text import fold, is_unspaced, plain, tokens, words_in
from services.deduper.core.vocabulary import Vocabulary

SHORT_WORDS = 25  # below this a text has no sketch: too few shingles to tell a copy from a coincidence
SHORT_CHARACTERS = 50  # the same in scripts without spaces
TITLE_WORDS = 5  # a shorter title ("Evening briefing") does not identify an article by itself
TITLE_CHARACTERS = 12
FUTURE = timedelta(hours=1)
_SUFFIX = re.compile(r"(?:\s+[-–—|]\s+[^-–—|]{2,40}){1,2}$")
BITS = 48  # of a hash kept as identity: 30 million stored hashes meet a wrong one once in ten million look-ups
MASK: int = 2**BITS - 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """What :class:`~services.deduper.handler.StoryStore` is asked about.

    ``version`` names this version of the article, ``identity`` its address, ``exact`` its normalised text, ``title``
    its title where that is long enough to identify it (all :data:`BITS`-bit hashes). ``published_s`` is 0 where
    unknown. ``outlet`` is 16 bits; the owner of an anchor keeps 8 of them, enough to see that three are of one outlet.
    ``member`` carries no link yet.
    """

    article_id: str
    bucket: str
    version: int
    identity: int
    exact: int
    title: int | None
    short: bool
    empty: bool
    outlet: int
    sketch: Sketch
    facts: Facts
    marks: Marks
    event: Event
    published_s: int
    member: StoryMember


def candidate(article: Article, vocabulary: Vocabulary) -> Candidate:
    """The candidate for an article as the poller published it. ``vocabulary`` counts it."""
    text = article.text or article.summary or ""
    folded = fold(plain(text))
    words = words_in(folded)
    title = headline(article.title)
    title_words = tokens(title)
    short = len(words) < (SHORT_CHARACTERS if is_unspaced(words) else SHORT_WORDS)
    body = " ".join([*title_words, "|", *words] if short else words)
    return Candidate(
        article_id=article.id,
        bucket=redis_keys.bucket(article.language),
        version=_hash("version", article.content_hash),
        identity=_hash("address", article.canonical_url or article.id),
        exact=_hash("exact", body),
        title=_hash("title", " ".join(title_words)) if _identifies(title_words) else None,
        short=short,
        empty=not words,
        outlet=_hash("outlet", article.outlet) & 0xFFFF,
        sketch=EMPTY if short else sketch(words, text),
        facts=facts_of(article.title, text, folded),
        marks=marks_of(title, text, vocabulary.prior),
        event=event(article.title, text, vocabulary, words),
        published_s=_published(article),
        member=member_of_article(article),
    )


def headline(title: str) -> str:
    """The title without the outlet that aggregators and sites hang behind it ("... - The Daily Example")."""
    found = _SUFFIX.search(title)
    return title[: found.start()] if found and len(title[: found.start()].split()) >= TITLE_WORDS else title


def _published(article: Article) -> int:
    """Unix seconds, 0 where unknown: before 1970, or after we saw it (a clock is wrong somewhere)."""
    if article.published_at is None or article.published_at - article.first_seen_at > FUTURE:
        return 0
    return max(0, int(article.published_at.timestamp()))


def _identifies(title_words: list[str]) -> bool:
    return len(title_words) >= (TITLE_CHARACTERS if is_unspaced(title_words) else TITLE_WORDS)


def _hash(kind: str, text: str) -> int:
    return int(xxhash.xxh3_64_intdigest(f"{kind}\x1f{text}".encode("utf-8", "surrogatepass"))) & MASK
