"""Whether two reports are about one event, without a store: what agrees, what contradicts, in either order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerter.core import event_key
from services.alerter.core.event_key import EventKey
from services.alerter.core.same_event import contradict, related, same
from services.contracts.messages import EVENT_MODES, Actor, EventPart, TaggedArticle
from tests.support.alerts import a_tag, a_tagged, an_event, shipped_rules
from tests.support.clock import START
from tests.unit.alerter.test_joining import BALTIC, CUBA, HORMUZ, IRAN, NATO, SEIZED, USA, told

TITLES = shipped_rules().titles


def keys_of(tagged: TaggedArticle) -> tuple[EventKey, ...]:
    return event_key.keys_of(tagged, TITLES)


@pytest.mark.parametrize(
    ("title", "act", "event", "hours"),
    [
        ("US seizes tanker near Cuba", "seize", {"objects": (CUBA,)}, 2),
        ("US seizes another tanker", "seize", {"asset_name": "Skipper"}, 2),
        ("US seizes second tanker this week", "seize", {}, 100),
        ("US seizes tanker in Baltic", "seize", {"place": BALTIC}, 2),
        ("US strikes drug boat", "seize", {"asset": "drug boat"}, 2),
        ("US threatens to seize Russian tankers", "seize", {"mode": "threatened"}, 2),
        ("US fires on Russian tanker", "attack", {}, 2),
    ],
)
def test_what_contradicts_keeps_two_events_apart(title: str, act: str, event: Any, hours: float) -> None:
    first = told(1, "US seizes Russian tanker off Hormuz", place=HORMUZ, asset_name="Marinera")
    (one,), (other,) = keys_of(first), keys_of(told(2, title, act, hours=hours, **event))
    assert not same(one, other)
    assert not same(other, one)


def test_numbers_of_a_series_are_events_of_their_own() -> None:
    (fourth,) = keys_of(told(1, "US conducts fourth strike on alleged drug boat", "attack", asset="drug boat"))
    (fifth,) = keys_of(told(2, "US conducts fifth strike on alleged drug boat", "attack", asset="drug boat"))
    assert not same(fourth, fifth)


def test_who_judges_a_campaign_does_not_tie_one_strike_to_the_next() -> None:
    view = told(1, "Boat strikes are murder", "attack", asset="drug boat", mode="opinion", objects=())
    strike = told(2, "US strikes another boat", "attack", asset="drug boat", hours=20, objects=())
    assert not same(*keys_of(view), *keys_of(strike))


def test_a_state_of_things_stays_one_event_for_as_long_as_it_is_told_of() -> None:
    shut = told(1, "Iran shuts strait", "close_passage", agents=(IRAN,), objects=(), asset=None, place=HORMUZ)
    still = told(
        2, "Hormuz still blocked", "close_passage", agents=(IRAN,), objects=(), asset=None, place=HORMUZ, hours=60
    )
    assert same(*keys_of(shut), *keys_of(still))


def test_who_is_named_beside_a_shut_passage_makes_it_no_other() -> None:
    shut: dict[str, Any] = {"act": "close_passage", "objects": (), "asset": None, "place": HORMUZ}
    by_iran = told(1, "Iran shuts strait", **(shut | {"agents": (IRAN,)}))
    abroad = told(2, "Closure hits buyers overseas", hours=30, **(shut | {"agents": (CUBA,), "objects": (USA,)}))
    threat = told(3, "Iran threatens strait", hours=30, **(shut | {"agents": (IRAN,), "mode": "threatened"}))
    assert same(*keys_of(by_iran), *keys_of(abroad))
    assert not same(*keys_of(by_iran), *keys_of(threat))


def test_two_allies_told_the_other_way_round_are_the_same_two() -> None:
    ties: dict[str, Any] = {"asset": None, "mode": "under_way"}
    one = told(1, "Prime minister promises a golden age", "deepen", agents=(USA,), objects=(CUBA,), **ties)
    other = told(2, "President hails a remarkable friend", "deepen", agents=(CUBA,), objects=(USA,), hours=5, **ties)
    third = told(3, "President hails a remarkable friend", "deepen", agents=(USA,), objects=(IRAN,), hours=5, **ties)
    fired = told(4, "Gunboat opens up", "attack", agents=(CUBA,), objects=(USA,), hours=5)
    assert same(keys_of(one)[0], keys_of(other)[0])
    assert not same(keys_of(one)[0], keys_of(third)[0])
    assert not same(keys_of(told(5, "Frigate answers", "attack", objects=(CUBA,)))[0], keys_of(fired)[0])


def test_what_half_of_the_news_shares_is_not_enough() -> None:
    quarrel = told(1, "President scolds allies", "doubt", objects=(NATO,), agents=(), asset="alliance bloc")
    bases = told(2, "Envoy hails summit", "doubt", objects=(NATO,), agents=(), asset="alliance bloc", hours=30)
    assert not same(*keys_of(quarrel), *keys_of(bases))


STRIKE: dict[str, Any] = {"act": "attack", "objects": (), "asset": None}


def test_two_reports_of_one_deed_within_hours_are_one_whatever_the_words() -> None:
    tenth = told(1, "US conducts 10th deadly boat strike as campaign quickens", **STRIKE)
    unnumbered = told(2, "Hegseth unleashes lethal attack", hours=2, **(STRIKE | {"asset": "drug boat"}))
    next_day = told(3, "Hegseth unleashes lethal attack", hours=22, **(STRIKE | {"asset": "drug boat"}))
    by_others = told(4, "Hegseth unleashes lethal attack", hours=2, **(STRIKE | {"agents": (IRAN,)}))
    assert same(*keys_of(tenth), *keys_of(unnumbered))
    assert not same(*keys_of(tenth), *keys_of(next_day))
    assert not same(*keys_of(tenth), *keys_of(by_others))


def test_who_is_hit_is_enough_where_one_report_does_not_say_by_whom() -> None:
    unsaid = told(1, "Submarine attack leaves 100 missing", "attack", agents=(), objects=(IRAN,), asset=None)
    said = told(2, "Hormuz shutdown worsens", "attack", agents=(USA,), objects=(IRAN,), asset="warship", hours=3)
    assert same(*keys_of(unsaid), *keys_of(said))


def test_one_announcement_told_by_two_acts_is_one_event() -> None:
    ties: dict[str, Any] = {"agents": (USA,), "asset": "defence tie"}
    deepens = told(1, "Envoy arrives to bolster security ties", "deepen", objects=(), mode="planned", **ties)
    named = msgspec.structs.replace(deepens, tags=(msgspec.structs.replace(deepens.tags[0], actors=(USA, CUBA)),))
    signs = told(2, "Envoy discusses security partnership", "sign", objects=(CUBA,), mode="under_way", hours=3, **ties)
    elsewhere = told(3, "Envoy discusses partnership", "sign", objects=(IRAN,), mode="under_way", hours=3, **ties)
    assert same(*keys_of(named), *keys_of(signs))
    assert not same(*keys_of(named), *keys_of(elsewhere))


def test_who_is_hit_must_be_named_by_a_report_that_names_somebody_else() -> None:
    boats = told(1, "Bombing of boats expands to Ecuador", "attack", objects=(), asset=None, hours=1)
    boats = msgspec.structs.replace(boats, tags=(msgspec.structs.replace(boats.tags[0], actors=(USA, CUBA)),))
    sunk = told(2, "Frigate sunk as conflict expands", "attack", objects=(IRAN,), asset="warship")
    assert not same(*keys_of(boats), *keys_of(sunk))


def test_a_ship_is_known_by_its_name_in_another_script() -> None:
    russian = told(2, "США захватили танкер", asset_name="Маринера", asset=None, agents=(), objects=())
    assert same(*keys_of(SEIZED), *keys_of(russian))


def test_reports_in_two_languages_are_compared_by_what_they_name() -> None:
    arabic = told(2, "إيران تحتجز ناقلة نفط", agents=(IRAN,), objects=(), place=HORMUZ, hours=4)
    english = told(1, "Iran takes tanker", agents=(IRAN,), objects=(), place=HORMUZ)
    baltic = told(3, "Іран захопив танкер", agents=(IRAN,), objects=(), place=BALTIC)
    assert same(*keys_of(english), *keys_of(arabic))
    assert not same(*keys_of(english), *keys_of(baltic))


def test_the_next_of_a_series_follows_the_one_before() -> None:
    (first,) = keys_of(told(1, "US strikes boat", "attack", asset="drug boat", objects=()))
    (second,) = keys_of(told(2, "US strikes another boat", "attack", asset="drug boat", objects=(), hours=60))
    (tanker,) = keys_of(told(3, "US strikes tanker", "attack", objects=(), hours=60))
    assert related(first, second)
    assert not related(first, tanker)
    assert not same(first, second)


def test_two_states_that_send_ships_to_one_sea_are_two_events_even_in_one_story() -> None:
    sent: dict[str, Any] = {"objects": (), "asset": "warship", "place": BALTIC}
    (one,) = keys_of(told(1, "Iran sends cruiser to the Baltic Sea", "deploy", agents=(IRAN,), **sent))
    (other,) = keys_of(told(2, "Cuba sends cruiser to the Baltic Sea", "deploy", agents=(CUBA,), **sent))
    assert contradict(one, other)
    assert not same(one, other)


def test_a_blow_in_return_is_another_event_even_in_one_story() -> None:
    (blow,) = keys_of(told(1, "Ships attacked off coast", "attack", agents=(IRAN,), objects=(), asset="merchant ship"))
    (answer,) = keys_of(told(2, "Ships sunk off coast", "attack", agents=(USA,), objects=(IRAN,), asset="ship"))
    assert contradict(blow, answer)
    assert not same(blow, answer)


KEYS = st.builds(
    EventKey,
    at=st.integers(0, 80).map(lambda hours: START + timedelta(hours=hours)),
    act=st.sampled_from(["attack", "seize", "detain_crew", "sign", "deepen", "doubt", "close_passage"]),
    mode=st.sampled_from(EVENT_MODES),
    agents=st.sampled_from([(), ("USA",), ("IRN",), ("CUB",), ("CUB", "USA")]),
    objects=st.sampled_from([(), ("USA",), ("IRN",), ("nato",)]),
    asset=st.sampled_from([None, "ship", "oil tanker", "drug boat", "warship"]),
    name=st.sampled_from([None, "marinera"]),
    place=st.sampled_from([None, "baltic-sea"]),
    named=st.sampled_from([(), ("CUB", "USA"), ("IRN", "USA"), ("nato",)]),
    places=st.sampled_from([(), ("baltic-sea",)]),
    ordinals=st.sampled_from([(), ("4",), ("5",)]),
    numbers=st.sampled_from([(), ("3",)]),
    words=st.sampled_from([(), ("crew", "flagg", "north"), ("crew", "flagg", "searc")]),
)


@settings(deadline=None, max_examples=400)
@given(KEYS, KEYS)
def test_it_does_not_matter_which_of_two_reports_came_first(one: EventKey, other: EventKey) -> None:
    assert same(one, other) == same(other, one)
    assert contradict(one, other) == contradict(other, one)
    assert related(one, other) == related(other, one)


def test_a_round_up_ties_no_two_events() -> None:
    """ "Ships attacked after US eliminates 16 boats" is about the ships."""
    round_up = told(
        1, "Iran-US war latest: Ships attacked in Strait of Hormuz after US eliminates 16 mine-laying boats", "attack",
        agents=(), objects=(), asset="ship", place=HORMUZ, parts=(EventPart(role="act", start=26, end=34),),
    )  # fmt: skip
    sunk = told(2, "US sinks 16 Iranian mine-laying ships", "attack", objects=(IRAN,), asset="ship")
    ships = told(3, "Cargo ship hit in Strait of Hormuz", "attack", agents=(), objects=(), asset="ship", place=HORMUZ)
    (key,), (other,), (hit,) = keys_of(round_up), keys_of(sunk), keys_of(ships)
    assert key.roundup
    assert key.numbers == ()
    assert contradict(key, other)
    assert not same(key, other)
    assert same(key, hit)


def test_what_a_title_tells_in_an_aside_is_not_what_it_is_about() -> None:
    title = "France to send ships to Hormuz as strikes batter Iranian ships"
    sent = an_event("deploy", agents=(USA,), mode="planned", parts=(EventPart(role="act", start=7, end=14),))
    struck = an_event("attack", objects=(IRAN,), parts=(EventPart(role="act", start=41, end=47),))
    assert event_key.main_event((a_tag(events=(struck, sent)),), title, "en", TITLES) == sent
    only = a_tagged(title=title, tags=(a_tag(events=(struck,), places=()),))
    both = a_tagged(title=title, tags=(a_tag(events=(struck, sent), places=()),))
    assert "batte" in keys_of(only)[0].words
    assert "batte" not in keys_of(both)[0].words


def test_who_refuses_does_not_do_it_and_who_denies_a_rumour_speaks_of_it() -> None:
    escort: dict[str, Any] = {"objects": (), "place": HORMUZ}
    done = told(1, "US escorts tanker through strait", "escort", **escort)
    not_ready = told(2, "US not ready to guard oil traffic", "escort", mode="denied", hours=6, **escort)
    leak = told(3, "Leak: US to quit alliance", "break", mode="planned", objects=(NATO,), asset="alliance bloc")
    denial = told(4, "US not quitting", "break", mode="denied", objects=(NATO,), asset="alliance bloc", hours=6)
    assert not same(*keys_of(done), *keys_of(not_ready))
    assert contradict(*keys_of(done), *keys_of(not_ready))
    assert same(*keys_of(leak), *keys_of(denial))


def test_a_seizure_is_told_of_for_three_days_where_state_vessel_and_place_agree() -> None:
    english = told(1, "Iran seizes tanker", agents=(IRAN,), objects=(), place=HORMUZ)
    persian = told(2, "نفتکش توقیف شد", agents=(IRAN,), objects=(), place=HORMUZ, hours=60)
    elsewhere = told(3, "نفتکش توقیف شد", agents=(IRAN,), objects=(), place=BALTIC, hours=60)
    struck = [told(n, "Tanker hit", "attack", agents=(IRAN,), objects=(), place=HORMUZ, hours=60 * n) for n in (0, 1)]
    assert same(*keys_of(english), *keys_of(persian))
    assert not same(*keys_of(english), *keys_of(elsewhere))
    assert not same(*keys_of(struck[0]), *keys_of(struck[1]))


def test_words_do_not_outvote_that_one_is_refused() -> None:
    bases: dict[str, Any] = {"objects": (CUBA,), "asset": "base"}
    lets = told(1, "President lets bombers use bases for strikes", "posture", mode="planned", **bases)
    no = told(2, "President keeps bombers off bases for strikes", "posture", mode="denied", hours=6, **bases)
    assert not same(*keys_of(lets), *keys_of(no))
    assert contradict(*keys_of(lets), *keys_of(no))


def test_whom_half_of_the_news_does_not_name_ties_two_reports_of_a_day_that_do_not_say_who_did_it() -> None:
    def burnt(number: int, title: str, named: Actor, *, hours: float) -> EventKey:
        report = told(number, title, "attack", agents=(), objects=(), asset=None, hours=hours)
        (key,) = keys_of(
            msgspec.structs.replace(report, tags=(msgspec.structs.replace(report.tags[0], actors=(named,)),))
        )
        return key

    one = burnt(1, "Massive fires off Havana", CUBA, hours=0)
    assert same(one, burnt(2, "Tankers burn off Havana", CUBA, hours=8))
    assert not same(one, burnt(3, "Tankers burn off Havana", CUBA, hours=30))
    assert not same(burnt(4, "Massive fires", USA, hours=0), burnt(5, "Tankers burn", USA, hours=8))


def test_a_plan_to_close_a_passage_is_not_its_closing() -> None:
    shut: dict[str, Any] = {"act": "close_passage", "agents": (IRAN,), "objects": (), "asset": None, "place": HORMUZ}
    vow = told(1, "Iran vows to close strait if hit", mode="planned", **shut)
    toll = told(2, "Iran makes its chokehold a regime", hours=50, **shut)
    assert not same(*keys_of(vow), *keys_of(toll))
