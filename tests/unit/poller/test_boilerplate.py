"""What an outlet puts under every article goes; what a story says stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.contracts import codec
from services.contracts.messages import Article
from services.poller.core.boilerplate import REPEATS, candidates, without
from tests.support.poller import Bench, a_feed, an_item, ok, rss

NOTE = "Become a member of the Gazette today."
WORDS = ("cape", "fleet", "pact", "strait", "treaty", "harbour", "escort", "frigate", "crew", "convoy", "minister")


def story(number: int) -> str:
    lines = [f"Paragraph {part} of story {number}: the {WORDS[(number + part) % 11]} again." for part in range(5)]
    return "".join(f"&lt;p&gt;{line}&lt;/p&gt;" for line in [*lines, NOTE, "Add comment"])


def texts(bench: Bench) -> list[str]:
    return [codec.decode(message.value, Article).text for message in bench.publisher.sent]


async def test_a_line_under_every_article_is_learned_and_dropped() -> None:
    bench = Bench()
    await bench.poll(a_feed(full_text="never"), ok(rss(*(an_item(n, text=story(n)) for n in range(8)))))
    assert len(texts(bench)) == 8
    for text in texts(bench):
        assert NOTE not in text
        assert "Add comment" not in text
        assert text.count("Paragraph") == 5


async def test_a_story_that_is_told_again_and_again_keeps_its_text() -> None:
    bench, feed = Bench(), a_feed(full_text="never")
    for number in range(2 * REPEATS):
        body = story(1).replace("Paragraph 0", f"Update {number}")
        await bench.poll(feed, ok(rss(an_item(1, text=body))))
    assert all(text.count("Paragraph") == 4 and NOTE in text for text in texts(bench))


async def test_copies_of_one_story_under_many_addresses_keep_their_text() -> None:
    bench = Bench()
    await bench.poll(a_feed(full_text="never"), ok(rss(*(an_item(n, text=story(1)) for n in range(8)))))
    assert all(text.count("Paragraph") == 5 for text in texts(bench))


LINES = st.lists(st.text(st.characters(categories=["L", "Zs"]), min_size=1, max_size=30), max_size=30)


@given(LINES, st.data())
def test_never_more_than_half_goes_and_never_from_the_middle(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    names = sorted(candidates(text).values())
    repeated = data.draw(st.sets(st.sampled_from(names))) if names else set()
    kept = without(text, repeated)
    assert len(kept) >= len(text) / 2
    if len(lines) > 11:
        edges = set(lines[:3]) | set(lines[-8:])
        assert [line for line in lines[3:-8] if line not in edges] == [
            line for line in kept.split("\n") if line in lines[3:-8] and line not in edges
        ]
