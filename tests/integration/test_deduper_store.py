"""One suite for both story stores: the index in process and the Redis script give the same verdicts, always."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

import pytest
import redis.asyncio

from services.contracts import redis_keys
from services.contracts.messages import Article
from services.contracts.stories import StoryMember, decode_member
from services.deduper.core import verdict as rules
from services.deduper.core.candidate import Candidate, candidate
from services.deduper.core.verdict import Copy, Decision, New, SameStory, Update
from services.deduper.core.vocabulary import Vocabulary
from services.deduper.store import packing
from services.deduper.store.redis import RedisStories
from services.deduper.vocabularies import english, state_names
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.support.articles import an_article
from tests.support.clock import START, FakeClock
from tests.support.stories import WINDOW_S, MemoryStories, prose

_COMMON = (
    "subscribe newsletter read more about our best stories every day follow us on sign up free email reader member "
    "support account today week the and of for you your with this from all new now get here join share view comment"
).split()


class Store(Protocol):
    """A story store whose members can be read back."""

    async def check_and_insert(self, batch: Sequence[Candidate]) -> Sequence[Decision]: ...

    async def members(self, bucket: str, story_id: str) -> Sequence[StoryMember]: ...


class ReadableRedisStories(RedisStories):
    """The Redis store, with the members of a story read as the alerter reads them."""

    def __init__(self, client: redis.asyncio.Redis, clock: FakeClock) -> None:
        super().__init__(client, RedisCalls(clock, Waiting()), clock, window_s=WINDOW_S)
        self.client = client

    async def members(self, bucket: str, story_id: str) -> Sequence[StoryMember]:
        values = await self.client.hvals(redis_keys.story(bucket, story_id))
        return [decode_member(value) for value in values if isinstance(value, bytes)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest, clock: FakeClock) -> Store:
    if request.param == "memory":
        return MemoryStories(clock)
    return ReadableRedisStories(request.getfixturevalue("redis_client"), clock)


async def ask(store: Store, *articles: Article) -> list[Decision]:
    """Ask about each article by itself, in order."""
    vocabulary = Vocabulary(english(), state_names())
    return [(await store.check_and_insert([candidate(article, vocabulary)]))[0] for article in articles]


def at(number: int, **values: Any) -> Article:
    """An article of its own address and outlet."""
    site = f"site{number}.example"
    return an_article(**{"url": f"https://{site}/{number}", "outlet": site, "title": prose(900 + number, 4), **values})


async def test_a_first_article_opens_a_story_of_its_own_id(store: Store) -> None:
    article = at(1, text=prose(1, 200))
    assert await ask(store, article) == [Decision(New(article.id), known=False)]
    assert [m.article_id for m in await store.members("en", article.id)] == [article.id]


async def test_the_same_version_again_gets_the_same_verdict_marked_known(store: Store) -> None:
    first, copy = at(1, text=prose(1, 200)), at(2, text=prose(1, 110) + " " + prose(2, 30))
    before = await ask(store, first, copy)
    again = await ask(store, first, copy)
    assert [d.verdict for d in again] == [d.verdict for d in before]
    assert [d.known for d in before + again] == [False, False, True, True]
    assert len(await store.members("en", first.id)) == 2


async def test_a_wrapped_half_is_a_copy_of_the_text_it_carries(store: Store) -> None:
    first, copy = at(1, text=prose(1, 400)), at(2, text=prose(9, 40) + " " + prose(1, 200) + " " + prose(8, 40))
    _, decision = await ask(store, first, copy)
    assert isinstance(decision.verdict, Copy)
    assert decision.verdict.link.linked_by == "sketch"
    member = next(one for one in await store.members("en", first.id) if one.article_id == copy.id)
    assert (member.copy_of, member.linked_by, member.score) == (first.id, "sketch", decision.verdict.link.score)


async def test_the_new_text_of_what_was_a_copy_has_copies_of_its_own(store: Store) -> None:
    first, copy = at(1, text=prose(1, 300)), at(2, text=prose(1, 300))
    updated, reprint = at(2, text=prose(2, 300)), at(3, text=prose(3, 30) + " " + prose(2, 250))
    _, of_first, update, of_update = await ask(store, first, copy, updated, reprint)
    assert isinstance(of_first.verdict, Copy)
    assert isinstance(update.verdict, Update)
    assert isinstance(of_update.verdict, Copy)
    assert (of_update.verdict.link.linked_by, of_update.verdict.link.article_id) == ("sketch", copy.id)


async def test_background_paragraphs_make_the_same_story(store: Store) -> None:
    names = " Zorvak met Kelvara in Brintown." * 4
    first = at(1, text=prose(1, 400) + names)
    follow_up = at(2, title="Zorvak fabo keti", text=prose(2, 300) + names + " " + prose(1, 130))
    _, decision = await ask(store, first, follow_up)
    assert isinstance(decision.verdict, SameStory)
    assert decision.verdict.link.linked_by == "sketch"
    assert decision.verdict.story_id == first.id
    assert decision.verdict.copy_of is None


async def test_background_under_a_headline_about_others_is_no_story(store: Store) -> None:
    names = " Zorvak met Kelvara in Brintown." * 4
    first = at(1, text=prose(1, 400) + names)
    other = at(2, title="Quorlin fabo keti", text=prose(2, 300) + names + " " + prose(1, 130))
    assert isinstance((await ask(store, first, other))[1].verdict, New)


async def test_one_form_filled_in_for_other_states_is_another_event(store: Store) -> None:
    form = (
        "The presidents signed a letter of intent on the training of pilots. {0} will send officers to the academies "
        "of {1}, which opens three of its fields to them. The text names no sums and no dates; a commission of both "
        "ministries of defence will meet twice a year and report to the parliaments. Trade in spare parts is to grow, "
        "and a second letter on search and rescue at sea is being written by the same commission of the ministries."
    )
    first = at(1, title="Norway and Chile sign letter on pilots", text=form.format("Norway", "Chile"))
    other = at(2, title="Poland, Greece train pilots together", text=form.format("Poland", "Greece"))
    assert isinstance((await ask(store, first, other))[1].verdict, New)


async def test_reports_that_name_other_days_are_two_events(store: Store) -> None:
    text = "The corvette Marlin fired on the trawler Heron off Tarvos on {}, and the trawler fled to the bay of Selwyn."
    first = at(1, title="Marlin fires on trawler off Tarvos", text=text.format("Monday"))
    same = "Off Tarvos, the Marlin, a corvette, shot at the trawler Heron {}. The Heron reached the bay of Selwyn."
    again = at(2, title="Corvette Marlin shoots at Heron", text=same.format("on Monday"))
    found, next_ = (await ask(store, first, again))[1].verdict, at(3, title="Shots", text=same.format("on Thursday"))
    assert isinstance(found, SameStory)
    other = (await ask(store, next_))[0].verdict
    assert isinstance(other, New) or other.link.score < found.link.score


async def test_two_reports_that_quote_one_speech_are_two_sources(store: Store) -> None:
    speech = f"“{prose(3, 140)}” "
    first, other = at(1, text=speech + prose(1, 200)), at(2, title=prose(901, 4), text=speech + prose(2, 150))
    verdict = (await ask(store, first, other))[1].verdict
    assert isinstance(verdict, SameStory)
    assert verdict.copy_of is None


async def test_a_long_text_that_swallows_a_short_one_is_news_but_no_source(store: Store) -> None:
    teaser, full = at(1, text=prose(1, 100)), at(2, text=prose(1, 100) + " " + prose(2, 600))
    _, decision = await ask(store, teaser, full)
    assert isinstance(decision.verdict, SameStory)
    assert decision.verdict.copy_of == teaser.id


async def test_links_to_other_articles_that_two_pages_carry_are_no_story(store: Store) -> None:
    first, other = at(1, text=prose(1, 400)), at(2, text=prose(2, 300) + " " + prose(1, 130))
    assert isinstance((await ask(store, first, other))[1].verdict, New)


async def test_two_reports_of_one_event_in_other_words_are_one_story(store: Store) -> None:
    first = at(
        1,
        title="Corvette Marlin collides with tanker off Tarvos",
        text="The Ruthenian corvette Marlin struck the tanker Aldebaran near Tarvos before dawn, and eleven sailors "
        "were hurt, the admiralty at Port Selwyn said. Divers are looking at the hull of the Aldebaran.",
    )
    second = at(
        2,
        title="Eleven sailors hurt as Ruthenian warship Marlin hits tanker",
        text="A warship of Ruthenia ran into a loaded tanker, the Aldebaran, on Monday morning close to the Tarvos "
        "strait. Port Selwyn has opened an inquiry into how the Marlin, a corvette, came so near.",
    )
    _, decision, again = await ask(store, first, second, second)
    verdict = decision.verdict
    assert isinstance(verdict, SameStory)
    assert (verdict.story_id, verdict.copy_of, verdict.link.linked_by) == (first.id, None, "event")
    assert {"marlin", "tanker"} <= set(verdict.link.shared_terms)
    assert again == Decision(verdict, known=True)


def treaty(one: str, two: str, capital: str) -> str:
    """The words that every report of a treaty has, whoever signs it."""
    return (
        f"{one} and {two} signed a treaty of mutual defence in {capital}, under which an attack on one is an attack on "
        f"both. Parliaments must ratify the pact. {one} promised {two} radar and patrol boats, and officers of the two "
        f"armies will train together. It is the first alliance that {two} has joined."
    )


async def test_treaties_of_other_states_are_other_events(store: Store) -> None:
    first = at(
        1, title="Russia and Nicaragua sign treaty of mutual defence", text=treaty("Russia", "Nicaragua", "Corinto")
    )
    other = at(
        2,
        title="Australia and Indonesia sign treaty of mutual defence",
        text="An attack on Australia will be an attack on Indonesia: so says a treaty of mutual defence that ministers "
        "signed in Bali. The alliance brings patrol boats, radar and officers. Parliaments must still ratify the pact.",
    )
    assert isinstance((await ask(store, first, other))[1].verdict, New)


async def test_treaties_that_share_one_state_are_two_events(store: Store) -> None:
    first = at(1, title="Japan and China sign mutual defence treaty in Ohira", text=pact("Japan", "China", "Ohira", 3))
    other = at(2, title="China and Chile sign mutual defence treaty in Arica", text=pact("China", "Chile", "Arica", 4))
    assert isinstance((await ask(store, first, other))[1].verdict, New)


def pact(one: str, two: str, where: str, seed: int) -> str:
    """The sentence that every such report has, before words of its own."""
    return (
        f"{one} and {two} signed a mutual defence treaty in {where} on Tuesday, under which each will come to the aid "
        f"of the other if it is attacked. {prose(seed, 120)}"
    )


async def test_a_state_may_be_called_by_its_capital(store: Store) -> None:
    first = at(
        1, title="Russia and Nicaragua sign treaty of mutual defence", text=treaty("Russia", "Nicaragua", "Corinto")
    )
    other = at(
        2,
        title="Moscow and Managua seal pact of mutual defence",
        text="An attack on Nicaragua will be an attack on Russia: so says a treaty of mutual defence, signed "
        "in Corinto. The alliance brings patrol boats, radar and Russian officers. Parliaments must ratify the pact.",
    )
    verdict = (await ask(store, first, other))[1].verdict
    assert isinstance(verdict, SameStory)
    assert verdict.link.linked_by == "event"


async def test_an_excerpt_that_comes_first_does_not_hide_its_article(store: Store) -> None:
    excerpt, full = at(1, text=prose(1, 200)), at(2, text=prose(1, 200) + " " + prose(2, 220))
    verdict = (await ask(store, excerpt, full))[1].verdict
    assert isinstance(verdict, SameStory)
    assert verdict.copy_of == excerpt.id


async def test_reports_published_a_week_apart_are_two_events(store: Store) -> None:
    text = "The Ruthenian corvette Marlin left Port Selwyn for Tarvos with the frigate Aldebaran, the admiralty said."
    first = at(1, title="Marlin leaves Port Selwyn for Tarvos", text=text + " A band played on the quay.")
    second = at(
        2,
        title="Marlin sails from Port Selwyn to Tarvos",
        text="From Port Selwyn the Marlin sailed again, with Aldebaran, a frigate, bound for Tarvos as Ruthenia said.",
        published_at=START + timedelta(days=7),
        seen=START + timedelta(days=7),
    )
    assert isinstance((await ask(store, first, second))[1].verdict, New)


async def test_the_next_of_a_series_is_another_event(store: Store) -> None:
    body = prose(1, 300)
    first = at(1, title="EU adopts 12th package of measures", text="The 12th package was adopted. " + body)
    second = at(2, title="EU adopts 13th package of measures", text="The 13th package was adopted. " + body)
    assert isinstance((await ask(store, first, second))[1].verdict, New)


async def test_a_text_with_another_number_in_its_title_is_no_copy(store: Store) -> None:
    body = prose(1, 300)
    first = at(1, title="At least 12 dead in the harbour blast", text="It killed 12. " + body)
    second = at(2, title="At least 19 dead in the harbour blast", text="It killed 19. " + body)
    verdict = (await ask(store, first, second))[1].verdict
    assert isinstance(verdict, SameStory)
    assert verdict.copy_of is None


async def test_exact_text_under_another_title_is_a_copy(store: Store) -> None:
    first, copy = at(1, text=prose(1, 200)), at(2, text=prose(1, 200).upper())
    _, decision = await ask(store, first, copy)
    assert isinstance(decision.verdict, Copy)
    assert decision.verdict.link.linked_by == "exact"


async def test_headlines_without_text_are_copies_by_their_title(store: Store) -> None:
    title = "Fleet sails for the northern cape at dawn"
    first, copy = at(1, title=title, text=prose(1, 200)), at(2, title=title.upper() + "!", text="")
    _, decision = await ask(store, first, copy)
    assert isinstance(decision.verdict, Copy)
    assert decision.verdict.link.linked_by == "title"


async def test_a_short_title_identifies_nothing(store: Store) -> None:
    decisions = await ask(store, at(1, title="Evening briefing", text="One."), at(2, title="Evening briefing", text=""))
    assert all(isinstance(d.verdict, New) for d in decisions)


async def test_a_new_version_with_new_text_is_an_update_that_knows_what_was_said_before(store: Store) -> None:
    url = "https://site1.example/1"
    first = at(1, title="Twelve dead", text="It killed 12 people. " + prose(1, 200))
    second = at(1, url=url, title="Fifteen dead", text="It killed 15 people. " + prose(1, 200) + prose(2, 90))
    _, decision, again = await ask(store, first, second, second)
    verdict = decision.verdict
    assert isinstance(verdict, Update)
    assert (verdict.story_id, verdict.link.linked_by) == (first.id, "url")
    assert (verdict.before.title, verdict.before.numbers) == ("Twelve dead", ("12",))
    assert again == Decision(verdict, known=True)
    assert [m.title for m in await store.members("en", first.id)] == ["Fifteen dead"]


async def test_a_changed_number_alone_is_an_update(store: Store) -> None:
    first, second = at(1, text="It killed 12. " + prose(1, 200)), at(1, text="It killed 13. " + prose(1, 200))
    assert isinstance((await ask(store, first, second))[1].verdict, Update)


async def test_a_flap_is_nothing(store: Store) -> None:
    first, flap = at(1, text=prose(1, 300)), at(1, text=prose(1, 300) + " advert here")
    _, decision, again = await ask(store, first, flap, flap)
    assert decision.verdict == Copy(first.id, decision.verdict.link)  # type: ignore[union-attr]
    assert again.known
    member = (await store.members("en", first.id))[0]
    assert member.copy_of is None


async def test_an_outlets_wrapper_joins_nothing(store: Store) -> None:
    draw = random.Random(99)
    wrapper = " ".join(draw.choice(_COMMON) for _ in range(120))
    articles = [at(n, outlet="site.example", text=prose(n, 120) + " " + wrapper) for n in range(3, 10)]
    decisions = await ask(store, *articles)
    assert all(isinstance(d.verdict, New) for d in decisions[3:])


async def test_a_back_dated_article_cannot_take_a_story_over(store: Store, clock: FakeClock) -> None:
    first = at(1, text=prose(1, 200))
    older = at(2, text=prose(1, 200), published_at=first.published_at and first.published_at - timedelta(days=300))
    _, decision = await ask(store, first, older)
    assert decision.verdict.story_id == first.id


async def test_languages_do_not_meet(store: Store) -> None:
    decisions = await ask(store, at(1, text=prose(1, 200)), at(2, text=prose(1, 200), language="fr"))
    assert all(isinstance(d.verdict, New) for d in decisions)


async def test_after_the_window_an_article_is_forgotten(store: Store, clock: FakeClock) -> None:
    first, copy = at(1, text=prose(1, 200)), at(2, text=prose(1, 200))
    await ask(store, first)
    clock.advance(WINDOW_S + 1)
    assert isinstance((await ask(store, copy))[0].verdict, New)


async def test_unspaced_scripts_are_compared_by_characters(store: Store) -> None:
    draw = random.Random(5)
    text = "".join(chr(draw.randrange(0x4E00, 0x9000)) for _ in range(600))
    first, copy = at(1, text=text, language="zh"), at(2, text=text[:300] + "。完", language="zh")
    _, decision = await ask(store, first, copy)
    assert isinstance(decision.verdict, Copy)


def in_few_strings(monkeypatch: pytest.MonkeyPatch, *, bits: int) -> None:
    """Let all postings of anchors, and all of terms, lie in ``2 ** bits`` strings."""
    monkeypatch.setattr(packing, "_ANCHOR_KEY_BITS", bits)
    monkeypatch.setattr(packing, "_TERM_KEY_BITS", bits)


async def test_both_stores_agree_where_many_hashes_lie_in_one_string(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_few_strings(monkeypatch, bits=3)
    await test_both_stores_agree_on_a_random_history(redis_client, 5)


@pytest.mark.parametrize("seed", [*range(4), 1008])  # the last: an owner that leaves the window and comes again
async def test_both_stores_agree_on_a_random_history(redis_client: redis.asyncio.Redis, seed: int) -> None:
    clock = FakeClock()
    memory, real = MemoryStories(clock), ReadableRedisStories(redis_client, clock)
    draw = random.Random(seed)
    vocabulary = Vocabulary(english(), state_names())
    for _ in range(25):  # one call of the script, or several
        batch = [candidate(_random_article(draw), vocabulary) for _ in range(draw.choice((1, 2, 5, 10, 40)))]
        expected, got = await memory.check_and_insert(batch), await real.check_and_insert(batch)
        assert list(got) == list(expected)
        for item, decision in zip(batch, expected, strict=True):
            story = decision.verdict.story_id
            mine, theirs = await memory.members(item.bucket, story), await real.members(item.bucket, story)
            assert {m.article_id: m for m in theirs} == {m.article_id: m for m in mine}
        clock.advance(draw.choice((60, 3600, 20 * 3600)))


async def test_postings_are_no_more_than_a_window_holds(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_few_strings(monkeypatch, bits=3)
    clock = FakeClock()
    store = ReadableRedisStories(redis_client, clock)
    sizes: dict[str, list[int]] = {"s": [], "t": []}
    for window in range(4):
        for number in range(30):
            await ask(store, at(number + 100 * window, text=prose(number + 100 * window, 60)))
            clock.advance(WINDOW_S // 30)
        for kind, of_kind in sizes.items():
            keys = [key async for key in redis_client.scan_iter(match=f"*:{kind}:*".encode())]
            of_kind.append(sum([await redis_client.strlen(key) for key in keys]))
    assert sizes["s"][0] <= sizes["s"][3] < 1.3 * sizes["s"][0]
    assert sizes["t"][0] <= sizes["t"][3] < 1.3 * sizes["t"][0]


async def test_no_entry_grows_so_old_that_its_epoch_comes_again(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_few_strings(monkeypatch, bits=1)
    clock = FakeClock()
    store = ReadableRedisStories(redis_client, clock)
    for number in range(60):  # many at once, then one a third of the window for 13 windows
        await ask(store, at(number, text=prose(number, 60)))
        clock.advance(0 if number < 20 else WINDOW_S // 3)
    now = rules.epoch_of(int(clock.now().timestamp()), WINDOW_S)
    for kind in ("s", "t"):
        keys = [key async for key in redis_client.scan_iter(match=f"*:{kind}:*".encode())]
        entries = b""
        for key in keys:
            held = await redis_client.get(key)
            assert isinstance(held, bytes)
            entries += held[1:].rstrip(b"\0")
        ages = {(now % 255 + 1 - entered) % 255 for entered in entries[7::8]}
        assert len(keys) == 2
        assert 0 < max(ages) < 128


async def test_every_key_expires(redis_client: redis.asyncio.Redis) -> None:
    clock = FakeClock()
    store = ReadableRedisStories(redis_client, clock)
    for number in range(3):  # the second is written in the eighth of the window in which the first was, the third later
        await ask(store, at(number, text=prose(1, 200) if number else prose(1, 300)), at(9, text=prose(number, 90)))
        clock.advance((60, WINDOW_S // 4, 0)[number])
    assert [key async for key in redis_client.scan_iter() if await redis_client.ttl(key) < WINDOW_S - 5] == []


def _random_article(draw: random.Random) -> Article:
    """One of 40 addresses, with text cut from few sources, so that every rule gets to speak."""
    number = draw.randrange(40)
    parts = [prose(draw.randrange(12), 300) for _ in range(draw.choice((1, 1, 2)))]
    text = " ".join(
        " ".join(part.split()[draw.randrange(0, 200) :][: draw.choice((10, 60, 150, 300))]) for part in parts
    )
    return at(
        number,
        outlet=f"site{number % 5}.example",
        title=draw.choice(
            (f"Convoy {number} leaves the harbour", "Six words make a good title", prose(number, 6), _treaty(draw))
        ),
        text=draw.choice(
            (
                text,
                text,
                f'"{text}" {prose(number, 60)}',
                "",
                f"It counted {draw.randrange(3)} ships. {text}",
                f"{_treaty(draw)}.",
            )
        ),
        language=draw.choice(("en", "en", "en", None)),
    )


def _treaty(draw: random.Random) -> str:
    """A headline of few words and states, so that reports meet by event and part by name."""
    one, two = draw.sample(("Russia", "Moscow", "Norwegian minister", "Norway", "Chile"), 2)
    return f"{one} and {two} {draw.choice(('sign', 'ratify'))} treaty on harbours, tugs and mutual pilotage"
