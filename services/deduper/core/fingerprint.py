"""An article as the index sees it: hashes, a sketch, its telling words and the member it would be. Pure."""

import re
from collections.abc import Mapping
from datetime import timedelta

import xxhash
from msgspec import Struct

from services.contracts import redis_keys
from services.contracts.messages import Article, Duplicate
from services.contracts.stories import StoryMember, member_of_article
from services.deduper.core.discriminators import Discriminators, discriminators_of
from services.deduper.core.facts import Facts, facts_of
from services.deduper.core.sketch import EMPTY, SHINGLE_WORDS, Sketch, shingle_length, sketch
from services.deduper.core.terms import EMPTY as NO_TERMS
from services.deduper.core.terms import TermVector, count_words, term_vector
from services.deduper.core.text import encoded_words, fold, is_unspaced, tokens
from services.deduper.core.vocabulary import Vocabulary

SHORT_WORDS = 25  # below this a text has no sketch: too few shingles to tell a copy from a coincidence
SHORT_CHARACTERS = 50  # the same in scripts without spaces
TITLE_WORDS = 5  # a shorter title ("Evening briefing") does not identify an article by itself
TITLE_CHARACTERS = 12
FUTURE = timedelta(hours=1)
_SEPARATOR = re.compile(r"(?<=\s)[-–—|](?=\s)")
_SUFFIX_CHARACTERS = range(2, 41)
BITS = 48  # of a hash kept as identity: 30 million stored hashes meet a wrong one once in ten million look-ups
MASK: int = 2**BITS - 1


class Fingerprint(Struct, frozen=True):
    """What is judged of an article.

    ``version`` names this version of the article, ``identity`` its address, ``exact`` its normalised text, ``title``
    its title where that is long enough to identify it (all :data:`BITS`-bit hashes). ``published_s`` is 0 where
    unknown. ``outlet`` is 16 bits; the index keeps 8 of them with a blocking hash, enough to see that three are of one
    outlet. ``word_counts`` is what a vocabulary learns from the article. ``member`` carries no link yet.
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
    discriminators: Discriminators
    terms: TermVector
    published_s: int
    word_counts: Mapping[str, int]
    member: StoryMember


def fingerprint(article: Article, vocabulary: Vocabulary) -> Fingerprint:
    """The fingerprint of an article as the poller published it, its words weighed by ``vocabulary``."""
    text = article.text or article.summary or ""
    folded = fold(text)
    words = encoded_words(folded)
    title = headline(article.title)
    title_words = tokens(title)
    shingle = shingle_length(words)
    short = len(words) < (SHORT_WORDS if shingle == SHINGLE_WORDS else SHORT_CHARACTERS)
    body = b" ".join([" ".join([*title_words, "|"]).encode(), *words] if short else words)
    counts = count_words(article.title, text)
    return Fingerprint(
        article_id=article.id,
        bucket=redis_keys.bucket(article.language),
        version=version_of(article.content_hash),
        identity=identity_of(article.canonical_url, article.id),
        exact=_hash("exact", body.decode()),
        title=_hash("title", " ".join(title_words)) if _identifies(title_words) else None,
        short=short,
        empty=not words,
        outlet=outlet_of(article.outlet),
        sketch=EMPTY if short else sketch(words, shingle, text),
        facts=facts_of(article.title, text, folded),
        discriminators=discriminators_of(title, text, vocabulary.prior, folded),
        terms=term_vector(article.title, text, counts, vocabulary),
        published_s=_published(article),
        word_counts=counts,
        member=member_of_article(article),
    )


def fingerprint_of_copy(copy: Duplicate, member: StoryMember) -> Fingerprint:
    """What the message on a copy tells of it: by its address it is found, and its text is not in the message."""
    return Fingerprint(
        article_id=copy.article_id,
        bucket=redis_keys.bucket(copy.language),
        version=version_of(copy.content_hash or ""),
        identity=identity_of_copy(copy),
        exact=0,
        title=None,
        short=False,
        empty=True,
        outlet=outlet_of(copy.outlet),
        sketch=EMPTY,
        facts=Facts(copy.title),
        discriminators=Discriminators(),
        terms=NO_TERMS,
        published_s=0,
        word_counts={},
        member=member,
    )


def word_counts(article: Article) -> Mapping[str, int]:
    """What a vocabulary learns from an article."""
    return count_words(article.title, article.text or article.summary or "")


def version_of(content_hash: str) -> int:
    """The hash that names a version of an article."""
    return _hash("version", content_hash)


def identity_of(canonical_url: str | None, article_id: str) -> int:
    """The hash of an article's address, or of its id where it has none."""
    return _hash("address", canonical_url or article_id)


def identity_of_copy(copy: Duplicate) -> int:
    """:func:`identity_of` the article that a message on a copy is about."""
    return identity_of(copy.canonical_url or copy.url, copy.article_id)


def outlet_of(name: str) -> int:
    """16 bits that stand for an outlet."""
    return _hash("outlet", name) & 0xFFFF


def headline(title: str) -> str:
    """The title without the outlet that aggregators and sites hang behind it ("... - The Daily Example").

    At most two suffixes fall off, and never so much that fewer than :data:`TITLE_WORDS` words are left.
    """
    end = len(title)
    for match in list(_SEPARATOR.finditer(title))[:-3:-1]:
        suffix = title[match.end() + 1 : end]
        if len(suffix) not in _SUFFIX_CHARACTERS or any(mark in suffix for mark in "-–—|"):
            break
        end = len(title[: match.start()].rstrip())
    kept = title[:end]
    return kept if len(kept.split()) >= TITLE_WORDS else title


def _published(article: Article) -> int:
    """Unix seconds, 0 where unknown: before 1970, or after we saw it (a clock is wrong somewhere)."""
    if article.published_at is None or article.published_at - article.first_seen_at > FUTURE:
        return 0
    return max(0, int(article.published_at.timestamp()))


def _identifies(title_words: list[str]) -> bool:
    return len(title_words) >= (TITLE_CHARACTERS if is_unspaced(title_words) else TITLE_WORDS)


def _hash(kind: str, text: str) -> int:
    return int(xxhash.xxh3_64_intdigest(f"{kind}\x1f{text}".encode("utf-8", "surrogatepass"))) & MASK
