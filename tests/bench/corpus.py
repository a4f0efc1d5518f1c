"""A corpus of invented full-text articles: any size, the same for the same seed, with what must come out of it.

Three kinds of group: plain news (no topic), pacts (``alliances``) and fleets (``naval_moves``). A group is one story:
its first article, and perhaps copies of it under other wrappers at other outlets. The words of a group's body are
drawn anew, so that no two groups share a text. No two pacts are of the same two states, and no two fleets of one state
go to the same sea, until all were drawn once (1,540 and 1,008): to the alerter they would be one event.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from services.contracts import ids
from services.contracts.messages import Article, FeedRef

Kind = Literal["plain", "pact", "fleet"]

FIRST_SEEN = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
STATES = (
    "Russia China Iran Turkey India Japan Poland Greece Egypt Vietnam Norway Chile France Germany Italy Spain "
    "Portugal Brazil Argentina Mexico Canada Australia Indonesia Malaysia Thailand Singapore Pakistan Bangladesh "
    "Oman Kuwait Israel Morocco Algeria Tunisia Libya Nigeria Ghana Kenya Tanzania Angola Peru Colombia Ecuador "
    "Venezuela Sweden Finland Denmark Estonia Latvia Lithuania Romania Bulgaria Croatia Ukraine Ireland Belgium"
).split()
SEAS = (
    *("Black Sea", "Baltic Sea", "North Sea", "Barents Sea", "Norwegian Sea", "Mediterranean Sea", "Red Sea"),
    *("Arabian Sea", "Bay of Bengal", "South China Sea", "East China Sea", "Sea of Japan", "Philippine Sea"),
    *("Caribbean Sea", "Gulf of Mexico", "Gulf of Guinea", "Bering Sea", "Sea of Okhotsk"),
)
SHIPS = ("destroyer", "frigate", "submarine", "corvette", "aircraft carrier", "cruiser")
_SYLLABLES = "ba de fi go lu ma ne po ra si ta vo ke du lo mi sa re no ti ga fe".split()
_COMMON = (
    "the of and to in a that it was for on are as with they at be this have from or one had by but what some we out "
    "other were all there when up use your how said an each which their time will way about many then them would "
    "people could first may down side been now find any new work part take get place made live where after back "
    "little only year came show every good give under name very through just form help low line before turn cause"
).split()


@dataclass(frozen=True, slots=True)
class Item:
    """An article and the group it belongs to. ``copy`` is true for a reprint of the group's first article."""

    article: Article
    group: int
    kind: Kind
    copy: bool


def items(
    groups: int,
    *,
    seed: int = 1,
    copies: int = 0,
    relevant_share: float = 0.1,
    words: int = 400,
    hot_share: float = 0.0,
) -> Iterator[Item]:
    """``groups`` stories, then ``copies`` reprints of stories drawn from them.

    ``relevant_share`` of the groups carry a topic, half pacts and half fleets. ``words`` is the length of a body.
    ``hot_share`` of the copies are of one story, the first with a topic.
    """
    chance = random.Random(seed)
    pairs: dict[Kind, list[tuple[str, str]]] = {
        "plain": [("", "")],
        "pact": list(itertools.combinations(STATES, 2)),
        "fleet": list(itertools.product(STATES, SEAS)),
    }
    names = {kind: itertools.cycle(chance.sample(all_, len(all_))) for kind, all_ in pairs.items()}
    bodies: list[tuple[int, Kind, str, str]] = []
    for group in range(groups):
        kind = _kind(chance, relevant_share)
        title, body = _story(chance, next(names[kind]), kind, words)
        if len(bodies) < 5 * max(copies, 1):
            bodies.append((group, kind, title, body))
        yield Item(_article(group, 0, title, body), group, kind, copy=False)
    for number in range(copies):
        hot = hot_share and chance.random() < hot_share
        group, kind, title, body = next(one for one in bodies if one[1] != "plain") if hot else chance.choice(bodies)
        wrapped = (
            f"Become a member of site {number % 7} today!\n\n{body}\n\nRead more on site {number % 7}. Add comment"
        )
        yield Item(_article(group, number + 1, title, wrapped), group, kind, copy=True)


def poison(count: int) -> list[bytes]:
    """Bytes that no room can read, each different."""
    shapes = (b"\xff\xfe%d", b'{"id": %d', b'["not an article", %d]', b'{"id": "x%d", "title": null}')
    return [shapes[n % len(shapes)] % n for n in range(count)]


def _kind(chance: random.Random, relevant_share: float) -> Kind:
    draw = chance.random()
    if draw >= relevant_share:
        return "plain"
    return "pact" if draw < relevant_share / 2 else "fleet"


def _story(chance: random.Random, names: tuple[str, str], kind: Kind, words: int) -> tuple[str, str]:
    name = _name(chance) + " " + _name(chance)
    filler = _prose(chance, words)
    if kind == "plain":
        return f"Council of {name} opens a library", f"The council of {name} opened a library.\n\n{filler}"
    one, two = names
    if kind == "pact":
        lead = (
            f"{one} and {two} signed a mutual defence treaty in {name} on Tuesday, under which each will come to the "
            f"aid of the other if it is attacked."
        )
        return f"{one} and {two} sign mutual defence treaty in {name}", f"{lead}\n\n{filler}"
    ship = chance.choice(SHIPS)
    lead = (
        f"The {one} navy deployed the {ship} {name} to the {two} on Tuesday, where it will shadow the warships of "
        f"other states."
    )
    return f"{one} sends {ship} {name} to the {two}", f"{lead}\n\n{filler}"


def _prose(chance: random.Random, words: int) -> str:
    sentences: list[str] = []
    left = words
    while left > 0:
        length = min(left, chance.randint(8, 22))
        drawn = [chance.choice(_COMMON) if chance.random() < 0.55 else _word(chance) for _ in range(length)]
        sentences.append(" ".join(drawn).capitalize() + ".")
        left -= length
    return "\n\n".join(" ".join(sentences[n : n + 4]) for n in range(0, len(sentences), 4))


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4)))


def _name(chance: random.Random) -> str:
    return _word(chance).capitalize()


def _article(group: int, number: int, title: str, text: str) -> Article:
    outlet = f"outlet{(group + number) % 500}.example"
    url = f"https://{outlet}/{group}/{number}"
    feed = FeedRef(id=ids.feed_id(f"https://{outlet}/feed"), url=f"https://{outlet}/feed")
    seen = FIRST_SEEN + timedelta(seconds=group + 3600 * bool(number))
    return Article(
        id=ids.article_id(canonical_url=url, feed=feed.id, guid=None, title=title),
        feed=feed,
        outlet=outlet,
        family=outlet,
        title=title,
        text=text,
        text_source="feed",
        first_seen_at=seen,
        fetched_at=seen,
        published_at=seen,
        content_hash=ids.content_hash(title, text),
        url=url,
        canonical_url=url,
        language="en",
    )
