"""The rules of the judge, one example each: a specification. ``docs/stories.md`` says the same in words."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from services.contracts.messages import Article
from services.contracts.stories import StoryMember
from services.deduper.core.fingerprint import fingerprint
from services.deduper.core.verdict import Copy, Decision, New, SameStory, Update
from services.deduper.core.vocabulary import Vocabulary
from services.deduper.edges.memory import MemoryIndex
from services.deduper.vocabularies import english, state_names
from tests.support.articles import an_article
from tests.support.clock import START, FakeClock
from tests.support.stories import WINDOW_S, prose

_COMMON = (
    "subscribe newsletter read more about our best stories every day follow us on sign up free email reader member "
    "support account today week the and of for you your with this from all new now get here join share view comment"
).split()


class Stories:
    """The judge in this process, and the time it is."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self._index = MemoryIndex(WINDOW_S)
        self._vocabulary = Vocabulary(english(), state_names())

    def ask(self, article: Article) -> Decision:
        item = fingerprint(article, self._vocabulary)
        decision = self._index.check_and_insert(item, int(self.clock.now().timestamp()))
        if decision.teaches:
            self._vocabulary.learn(item.word_counts)
        return decision

    def members(self, bucket: str, story_id: str) -> tuple[StoryMember, ...]:
        return self._index.store.members(bucket, story_id)


@pytest.fixture
def index() -> Stories:
    return Stories()


def ask(index: Stories, *articles: Article) -> list[Decision]:
    """Ask about each article by itself, in order."""
    return [index.ask(article) for article in articles]


def at(number: int, **values: Any) -> Article:
    """An article of its own address and outlet."""
    site = f"site{number}.example"
    return an_article(**{"url": f"https://{site}/{number}", "outlet": site, "title": prose(900 + number, 4), **values})


def test_a_first_article_opens_a_story_of_its_own_id(index: Stories) -> None:
    article = at(1, text=prose(1, 200))
    assert ask(index, article) == [Decision(New(article.id), known=False)]
    assert [m.article_id for m in index.members("en", article.id)] == [article.id]


def test_the_same_version_trivialgets_the_same_verdict_marked_known(index: Stories) -> None:
    first, copy = at(1, text=prose(1, 200)), at(2, text=prose(1, 110) + " " + prose(2, 30))
    before = ask(index, first, copy)
    again = ask(index, first, copy)
    assert [d.verdict for d in again] == [d.verdict for d in before]
    assert [d.known for d in before + again] == [False, False, True, True]
    assert len(index.members("en", first.id)) == 2


def test_a_wrapped_half_is_a_copy_of_the_text_it_carries(index: Stories) -> None:
    first, copy = at(1, text=prose(1, 400)), at(2, text=prose(9, 40) + " " + prose(1, 200) + " " + prose(8, 40))
    _, decision = ask(index, first, copy)
    assert isinstance(decision.verdict, Copy)
    assert decision.verdict.link.linked_by == "sketch"
    member = next(one for one in index.members("en", first.id) if one.article_id == copy.id)
    assert (member.copy_of, member.linked_by, member.score) == (first.id, "sketch", decision.verdict.link.score)


def test_the_new_text_of_what_was_a_copy_has_copies_of_its_own(index: Stories) -> None:
    first, copy = at(1, text=prose(1, 300)), at(2, text=prose(1, 300))
    updated, reprint = at(2, text=prose(2, 300)), at(3, text=prose(3, 30) + " " + prose(2, 250))
    _, of_first, update, of_update = ask(index, first, copy, updated, reprint)
    assert isinstance(of_first.verdict, Copy)
    assert isinstance(update.verdict, Update)
    assert isinstance(of_update.verdict, Copy)
    assert (of_update.verdict.link.linked_by, of_update.verdict.link.article_id) == ("sketch", copy.id)


def test_background_paragraphs_make_the_same_story(index: Stories) -> None:
    names = " Zorvak met Kelvara in Brintown." * 4
    first = at(1, text=names + prose(1, 400))
    follow_up = at(2, title="Zorvak fabo keti", text=names + prose(2, 300) + " " + prose(1, 130))
    _, decision = ask(index, first, follow_up)
    assert isinstance(decision.verdict, SameStory)
    assert decision.verdict.link.linked_by == "sketch"
    assert decision.verdict.story_id == first.id
    assert decision.verdict.copy_of is None


def test_background_under_a_headline_about_others_is_no_story(index: Stories) -> None:
    names = " Zorvak met Kelvara in Brintown." * 4
    first = at(1, text=names + prose(1, 400))
    other = at(2, title="Quorlin fabo keti", text=names + prose(2, 300) + " " + prose(1, 130))
    assert isinstance(ask(index, first, other)[1].verdict, New)


def test_one_form_filled_in_for_other_states_is_another_event(index: Stories) -> None:
    form = (
        "The presidents signed a letter of intent on the training of pilots. {0} will send officers to the academies "
        "of {1}, which opens three of its fields to them. The text names no sums and no dates; a commission of both "
        "ministries of defence will meet twice a year and report to the parliaments. Trade in spare parts is to grow, "
        "and a second letter on search and rescue at sea is being written by the same commission of the ministries."
    )
    first = at(1, title="Norway and Chile sign letter on pilots", text=form.format("Norway", "Chile"))
    other = at(2, title="Poland, Greece train pilots together", text=form.format("Poland", "Greece"))
    assert isinstance(ask(index, first, other)[1].verdict, New)


def test_reports_that_name_other_days_are_two_events(index: Stories) -> None:
    text = "The corvette Marlin fired on the trawler Heron off Tarvos on {}, and the trawler fled to the bay of Selwyn."
    first = at(1, title="Marlin fires on trawler off Tarvos", text=text.format("Monday"))
    same = "Off Tarvos, the Marlin, a corvette, shot at the trawler Heron {}. The Heron reached the bay of Selwyn."
    again = at(2, title="Corvette Marlin shoots at Heron", text=same.format("on Monday"))
    found, next_ = ask(index, first, again)[1].verdict, at(3, title="Shots", text=same.format("on Thursday"))
    assert isinstance(found, SameStory)
    other = ask(index, next_)[0].verdict
    assert isinstance(other, New) or other.link.score < found.link.score


def test_two_reports_that_quote_one_speech_are_two_sources(index: Stories) -> None:
    speech = f"“{prose(3, 140)}” "
    first, other = at(1, text=speech + prose(1, 200)), at(2, title=prose(901, 4), text=speech + prose(2, 150))
    verdict = ask(index, first, other)[1].verdict
    assert isinstance(verdict, SameStory)
    assert verdict.copy_of is None


def test_two_reports_that_quote_one_speech_all_over_are_two_sources(index: Stories) -> None:
    def report(seed: int) -> str:
        return " ".join(f"{prose(seed + part, 25)} “{prose(900 + part, 25)}”" for part in range(10))

    verdict = ask(index, at(1, text=report(100)), at(2, title=prose(901, 4), text=report(200)))[1].verdict
    assert isinstance(verdict, SameStory)
    assert verdict.copy_of is None


def test_a_long_text_that_swallows_a_short_one_is_news_but_no_source(index: Stories) -> None:
    teaser, full = at(1, text=prose(1, 100)), at(2, text=prose(1, 100) + " " + prose(2, 600))
    _, decision = ask(index, teaser, full)
    assert isinstance(decision.verdict, SameStory)
    assert decision.verdict.copy_of == teaser.id


def test_links_to_other_articles_that_two_pages_carry_are_no_story(index: Stories) -> None:
    first, other = at(1, text=prose(1, 400)), at(2, text=prose(2, 300) + " " + prose(1, 130))
    assert isinstance(ask(index, first, other)[1].verdict, New)


def test_two_reports_of_one_event_in_other_words_are_one_story(index: Stories) -> None:
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
    _, decision, again = ask(index, first, second, second)
    verdict = decision.verdict
    assert isinstance(verdict, SameStory)
    assert (verdict.story_id, verdict.copy_of, verdict.link.linked_by) == (first.id, None, "event")
    assert {"marlin", "tanker"} <= set(verdict.link.shared_terms)
    assert again == Decision(verdict, known=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The man who broke into jail", "Foolish man who stole a coach and broke his own door is spared jail"),
        ("Admiral is dead: what comes next for Ruthenia?", "Ruthenia has no plans for what comes next, officers say"),
        ("Ruthenia set to release new five-year plan", "Ruthenia to raise oil reserves under its new five-year plan"),
    ],
)
def test_ordinary_words_do_not_link_headlines(index: Stories, one: str, other: str) -> None:
    _, decision = ask(index, at(1, title=one, text=""), at(2, title=other, text=""))
    assert isinstance(decision.verdict, New)


@pytest.mark.parametrize(
    ("title", "verdict"),
    [
        ("Storm Marlin: Tarvos braces", SameStory),  # says little else: it is the same
        ("Storm Marlin puts insurers of cargo vessels in the dock, says Tarvos broker", New),  # much of its own
    ],
)
def test_the_fewer_things_two_headlines_share_the_more_alike_they_must_be(
    index: Stories, title: str, verdict: type[SameStory | New]
) -> None:
    first = at(1, title="Tarvos braces for storm Marlin", text="")
    assert isinstance(ask(index, first, at(2, title=title, text=""))[1].verdict, verdict)


def test_a_year_is_nothing_that_two_headlines_share(index: Stories) -> None:
    titles = (
        "Tarvos beat hopes, lifts guidance for 2025 after sales",
        "Selwyn beat rivals, cuts guidance for 2025 after fire",
    )
    first, other = (at(n, title=title, text="", published_at=START) for n, title in enumerate(titles))
    assert isinstance(ask(index, first, other)[1].verdict, New)


def treaty(one: str, two: str, capital: str) -> str:
    """The words that every report of a treaty has, whoever signs it."""
    return (
        f"{one} and {two} signed a treaty of mutual defence in {capital}, under which an attack on one is an attack on "
        f"both. Parliaments must ratify the pact. {one} promised {two} radar and patrol boats, and officers of the two "
        f"armies will train together. It is the first alliance that {two} has joined."
    )


def test_treaties_of_other_states_are_other_events(index: Stories) -> None:
    first = at(
        1, title="Russia and Nicaragua sign treaty of mutual defence", text=treaty("Russia", "Nicaragua", "Corinto")
    )
    other = at(
        2,
        title="Australia and Indonesia sign treaty of mutual defence",
        text="An attack on Australia will be an attack on Indonesia: so says a treaty of mutual defence that ministers "
        "signed in Bali. The alliance brings patrol boats, radar and officers. Parliaments must still ratify the pact.",
    )
    assert isinstance(ask(index, first, other)[1].verdict, New)


def test_treaties_that_share_one_state_are_two_events(index: Stories) -> None:
    first = at(1, title="Japan and China sign mutual defence treaty in Ohira", text=pact("Japan", "China", "Ohira", 3))
    other = at(2, title="China and Chile sign mutual defence treaty in Arica", text=pact("China", "Chile", "Arica", 4))
    assert isinstance(ask(index, first, other)[1].verdict, New)


def pact(one: str, two: str, where: str, seed: int) -> str:
    """The sentence that every such report has, before words of its own."""
    return (
        f"{one} and {two} signed a mutual defence treaty in {where} on Tuesday, under which each will come to the aid "
        f"of the other if it is attacked. {prose(seed, 120)}"
    )


def test_a_state_may_be_called_by_its_capital(index: Stories) -> None:
    first = at(
        1, title="Russia and Nicaragua sign treaty of mutual defence", text=treaty("Russia", "Nicaragua", "Corinto")
    )
    other = at(
        2,
        title="Moscow and Managua seal pact of mutual defence",
        text="An attack on Nicaragua will be an attack on Russia: so says a treaty of mutual defence, signed "
        "in Corinto. The alliance brings patrol boats, radar and Russian officers. Parliaments must ratify the pact.",
    )
    verdict = ask(index, first, other)[1].verdict
    assert isinstance(verdict, SameStory)
    assert verdict.link.linked_by == "event"


def test_only_what_opens_a_story_teaches_how_common_words_are(index: Stories) -> None:
    first = at(1, title="Ferry Marlin hits pier in Tarvos", text="")
    second = at(2, title="Eleven hurt as ferry Marlin strikes Tarvos pier", text="")
    other = at(3, title="Ruthenia raises its oil reserves", text="")
    assert [decision.teaches for decision in ask(index, first, second, other, first)] == [True, False, True, False]


def test_an_excerpt_that_comes_first_does_not_hide_its_article(index: Stories) -> None:
    excerpt, full = at(1, text=prose(1, 200)), at(2, text=prose(1, 200) + " " + prose(2, 220))
    verdict = ask(index, excerpt, full)[1].verdict
    assert isinstance(verdict, SameStory)
    assert verdict.copy_of == excerpt.id


def test_reports_published_a_week_apart_are_two_events(index: Stories) -> None:
    text = "The Ruthenian corvette Marlin left Port Selwyn for Tarvos with the frigate Aldebaran, the admiralty said."
    first = at(1, title="Marlin leaves Port Selwyn for Tarvos", text=text + " A band played on the quay.")
    second = at(
        2,
        title="Marlin sails from Port Selwyn to Tarvos",
        text="From Port Selwyn the Marlin sailed again, with Aldebaran, a frigate, bound for Tarvos as Ruthenia said.",
        published_at=START + timedelta(days=7),
        seen=START + timedelta(days=7),
    )
    assert isinstance(ask(index, first, second)[1].verdict, New)


def test_two_things_that_one_person_did_are_two_events(index: Stories) -> None:
    first = at(1, title="Ann Selwyn lashes out at ‘mental’ decisions in Man Utd draw", text="")
    second = at(2, title="Ann Selwyn gives worryingly honest injury update on Man Utd star", text="")
    assert isinstance(ask(index, first, second)[1].verdict, New)


@pytest.mark.parametrize(("hours", "verdict"), [(1, SameStory), (36, New), (90, New)])
def test_the_further_apart_two_reports_are_the_more_they_must_share(
    index: Stories, hours: int, verdict: type[SameStory | New]
) -> None:
    before = START - timedelta(hours=hours)
    first = at(1, title="Ferry Marlin limps into Tarvos after storm tears off ramp", text="", published_at=before)
    second = at(
        2, title="Tarvos mayor demands answers on ageing ferry Marlin and its ramp", text="", published_at=START
    )
    assert isinstance(ask(index, first, second)[1].verdict, verdict)


def test_from_two_days_on_reports_are_no_further_apart() -> None:
    def score(hours: int) -> float:
        first = at(1, title="Ferry Marlin hits pier in Tarvos", text="", published_at=START - timedelta(hours=hours))
        second = at(2, title="Tarvos pier hit by ferry Marlin", text="", published_at=START)
        verdict = ask(Stories(), first, second)[1].verdict
        assert isinstance(verdict, SameStory)
        return verdict.link.score

    assert score(24) > score(48) == score(72)


@pytest.mark.parametrize(("told_twice", "verdict"), [(True, SameStory), (False, New)])
def test_a_story_that_two_have_told_needs_less_of_a_third(
    index: Stories, told_twice: bool, verdict: type[SameStory | New]
) -> None:
    before = START - timedelta(hours=30)
    first = at(1, title="Ferry Marlin hits pier in Tarvos", text="", published_at=before)
    second = at(2, title="Tarvos pier hit by ferry Marlin", text="", published_at=before)
    third = at(
        3, title="Tarvos mayor demands answers about ageing pier and its ferry crews", text="", published_at=START
    )
    articles = (first, second, third) if told_twice else (first, third)
    assert isinstance(ask(index, *articles)[-1].verdict, verdict)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Ruthenia and Tarvos at war: list of key events, day 1,351",
            "Ruthenia and Tarvos at war: list of key events, day 1,352",
        ),
        (
            "Selwyn tide table, March 23: harbour and ferry times",
            "Selwyn tide table, March 24: harbour and ferry times",
        ),
    ],
)
def test_the_next_day_of_a_series_is_another_event(index: Stories, one: str, other: str) -> None:
    assert isinstance(ask(index, at(1, title=one, text=""), at(2, title=other, text=""))[1].verdict, New)


@pytest.mark.parametrize(("site", "verdict"), [("selwyn.example", New), ("tarvos.example", SameStory)])
def test_the_name_of_a_column_is_nothing_that_two_headlines_of_one_outlet_share(
    index: Stories, site: str, verdict: type[SameStory | New]
) -> None:
    titles = ("Harbour Gazette: Marlin sinks", "Harbour Gazette: Marlin tows")
    outlets = ("selwyn.example", site)
    one, other = (
        at(n, title=title, text="", outlet=outlet)
        for n, (title, outlet) in enumerate(zip(titles, outlets, strict=True))
    )
    assert isinstance(ask(index, one, other)[1].verdict, verdict)


def test_the_next_of_a_series_is_another_event(index: Stories) -> None:
    body = prose(1, 300)
    first = at(1, title="EU adopts 12th package of measures", text="The 12th package was adopted. " + body)
    second = at(2, title="EU adopts 13th package of measures", text="The 13th package was adopted. " + body)
    assert isinstance(ask(index, first, second)[1].verdict, New)


def test_a_text_with_another_number_in_its_title_is_no_copy(index: Stories) -> None:
    body = prose(1, 300)
    first = at(1, title="At least 12 dead in the harbour blast", text="It killed 12. " + body)
    second = at(2, title="At least 19 dead in the harbour blast", text="It killed 19. " + body)
    verdict = ask(index, first, second)[1].verdict
    assert isinstance(verdict, SameStory)
    assert verdict.copy_of is None


def test_exact_text_under_another_title_is_a_copy(index: Stories) -> None:
    first, copy = at(1, text=prose(1, 200)), at(2, text=prose(1, 200).upper())
    _, decision = ask(index, first, copy)
    assert isinstance(decision.verdict, Copy)
    assert decision.verdict.link.linked_by == "exact"


def test_headlines_without_text_are_copies_by_their_title(index: Stories) -> None:
    title = "Fleet sails for the northern cape at dawn"
    first, copy = at(1, title=title, text=prose(1, 200)), at(2, title=title.upper() + "!", text="")
    _, decision = ask(index, first, copy)
    assert isinstance(decision.verdict, Copy)
    assert decision.verdict.link.linked_by == "title"


def test_a_short_title_identifies_nothing(index: Stories) -> None:
    decisions = ask(index, at(1, title="Evening briefing", text="One."), at(2, title="Evening briefing", text=""))
    assert all(isinstance(d.verdict, New) for d in decisions)


def test_a_new_version_with_new_text_is_an_update_that_knows_what_was_said_before(index: Stories) -> None:
    url = "https://site1.example/1"
    first = at(1, title="Twelve dead", text="It killed 12 people. " + prose(1, 200))
    second = at(1, url=url, title="Fifteen dead", text="It killed 15 people. " + prose(1, 200) + prose(2, 90))
    _, decision, again = ask(index, first, second, second)
    verdict = decision.verdict
    assert isinstance(verdict, Update)
    assert (verdict.story_id, verdict.link.linked_by) == (first.id, "url")
    assert (verdict.before.title, verdict.before.numbers) == ("Twelve dead", ("12",))
    assert again == Decision(verdict, known=True)
    assert [m.title for m in index.members("en", first.id)] == ["Fifteen dead"]


def test_a_changed_number_alone_is_an_update(index: Stories) -> None:
    first, second = at(1, text="It killed 12. " + prose(1, 200)), at(1, text="It killed 13. " + prose(1, 200))
    assert isinstance(ask(index, first, second)[1].verdict, Update)


def test_a_version_that_changes_nothing_that_matters_is_a_copy(index: Stories) -> None:
    first, trivial = at(1, text=prose(1, 300)), at(1, text=prose(1, 300) + " advert here")
    _, decision, again = ask(index, first, trivial, trivial)
    assert isinstance(decision.verdict, Copy)
    assert (decision.verdict.story_id, decision.verdict.link.linked_by) == (first.id, "url")
    assert again.known
    member = (index.members("en", first.id))[0]
    assert member.copy_of is None


def test_an_outlets_boilerplate_joins_nothing(index: Stories) -> None:
    draw = random.Random(99)
    wrapper = " ".join(draw.choice(_COMMON) for _ in range(120))
    articles = [at(n, outlet="site.example", text=prose(n, 120) + " " + wrapper) for n in range(3, 10)]
    decisions = ask(index, *articles)
    assert all(isinstance(d.verdict, New) for d in decisions[3:])


def test_a_back_dated_article_cannot_take_a_story_over(index: Stories) -> None:
    first = at(1, text=prose(1, 200))
    older = at(2, text=prose(1, 200), published_at=first.published_at and first.published_at - timedelta(days=300))
    _, decision = ask(index, first, older)
    assert decision.verdict.story_id == first.id


def test_languages_do_not_meet(index: Stories) -> None:
    decisions = ask(index, at(1, text=prose(1, 200)), at(2, text=prose(1, 200), language="fr"))
    assert all(isinstance(d.verdict, New) for d in decisions)


def test_after_the_window_an_article_is_forgotten(index: Stories) -> None:
    first, copy = at(1, text=prose(1, 200)), at(2, text=prose(1, 200))
    ask(index, first)
    index.clock.advance(WINDOW_S + 1)
    assert isinstance(ask(index, copy)[0].verdict, New)


def test_unspaced_scripts_are_compared_by_characters(index: Stories) -> None:
    draw = random.Random(5)
    text = "".join(chr(draw.randrange(0x4E00, 0x9000)) for _ in range(600))
    first, copy = at(1, text=text, language="zh"), at(2, text=text[:300] + "。完", language="zh")
    _, decision = ask(index, first, copy)
    assert isinstance(decision.verdict, Copy)


@pytest.mark.parametrize("language", ["zh", "ru"])
def test_a_text_with_every_sixth_word_changed_is_a_copy_in_any_language(index: Stories, language: str) -> None:
    draw, between = random.Random(7), "" if language == "zh" else " "

    def word() -> str:
        first, last = (0x4E00, 0x9000) if language == "zh" else (0x430, 0x44F)
        return "".join(chr(draw.randrange(first, last)) for _ in range(2 if language == "zh" else 5))

    words = [word() for _ in range(300)]
    edited = [word() if draw.random() < 1 / 6 else known for known in words]
    first, copy = (at(n, text=between.join(text), language=language) for n, text in enumerate((words, edited), 1))
    assert isinstance(ask(index, first, copy)[1].verdict, Copy)


def test_reports_that_share_a_third_in_three_passages_are_no_copies(index: Stories) -> None:
    shared, own = prose(1, 300).split(), prose(2, 400).split()
    parts = [own[n * 130 : (n + 1) * 130] + shared[n * 60 : (n + 1) * 60] for n in range(3)]
    first, other = at(1, text=" ".join(shared)), at(2, text=" ".join(map(" ".join, parts)))
    assert not isinstance(ask(index, first, other)[1].verdict, Copy)
