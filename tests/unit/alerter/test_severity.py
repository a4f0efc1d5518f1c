"""Severity: points, levels, reasons in sentences, and what a single source can do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerter.core.severity import Grounds, fastest, judge, opens, plain_words
from services.contracts.messages import EVENT_MODES, SEVERITIES, Actor, Event, EventPart, Place
from tests.support.alerts import KOREA, RUSSIA, an_event, shipped_rules
from tests.support.clock import START
from tests.support.packs import shipped

RULES = shipped_rules()
HORMUZ = Place(id="strait-of-hormuz", name="Strait of Hormuz", kind="strait")
NATO = Actor(id="nato", name="NATO", kind="organisation")


def times(*minutes: float) -> tuple[datetime, ...]:
    return tuple(START + timedelta(minutes=m) for m in minutes)


def grounds(event: Event | None, *, seen: tuple[datetime, ...] = times(0), **more: Any) -> Grounds:
    values: dict[str, Any] = {
        "role": "primary",
        "topics": frozenset({"naval_moves"}),
        "headline": "A tanker is seized",
        "language": "en",
    }
    assets = (event.asset,) if event and event.asset else ()
    return Grounds(event=event, assets=assets, seen_at=seen, **(values | more))


def level(event: Event | None, **more: Any) -> int:
    return SEVERITIES.index(judge(grounds(event, **more), RULES)[0])


def test_without_an_event_the_role_says_how_severe_it_is() -> None:
    assert judge(grounds(None), RULES) == ("medium", ("A watched topic is what the story is about.",))
    assert judge(grounds(None, role="mention"), RULES)[0] == "low"


def test_the_reasons_are_sentences_on_act_mode_and_parties() -> None:
    severity, reasons = judge(grounds(an_event("seize", agents=(RUSSIA,), objects=(KOREA,))), RULES)
    assert severity == "high"
    assert reasons == (
        "A vessel is taken and kept.",
        "It is done, not only announced or threatened.",
        "One state acts against another.",
    )


def test_done_is_above_threatened_above_spoken_of() -> None:
    attacks = (an_event("attack", mode=mode, asset="oil tanker") for mode in ("done", "threatened", "opinion"))
    done, threatened, opinion = map(level, attacks)
    assert done > threatened > opinion == 0


def test_hostile_is_above_routine() -> None:
    assert level(an_event("attack", asset="oil tanker")) > level(an_event("exercise")) > level(an_event("meet"))


def test_a_vessel_without_a_flag_is_no_state_s_ship() -> None:
    at_sea = frozenset({"naval_moves"})
    tanker, vessel, smugglers = (
        level(an_event("attack", agents=(KOREA,), asset=asset), topics=at_sea, headline="Vessel is hit")
        for asset in ("oil tanker", "ship", "drug boat")
    )
    assert tanker > vessel == smugglers == SEVERITIES.index("medium")
    assert level(an_event("attack", agents=(KOREA,), objects=(RUSSIA,), asset="ship"), topics=at_sea) > vessel


def test_a_pact_of_defence_is_above_ties_at_large_and_these_above_trade() -> None:
    allies = frozenset({"alliances"})
    defence, ties, trade = (
        level(an_event(act, agents=(KOREA, RUSSIA), asset=asset), topics=allies, headline=title)
        for act, asset, title in (
            ("sign", "defence tie", "Two states sign a defence treaty"),
            ("deepen", "ties", "Two states deepen their ties"),
            ("deepen", "ties", "Two states deepen their trade ties"),
        )
    )
    assert defence > ties > trade == 0


def test_an_envoy_sent_home_is_below_a_tie_that_is_cut_and_an_accident_is_no_move() -> None:
    expelled = an_event("break", agents=(RUSSIA,), objects=(KOREA,), asset="envoy")
    assert level(expelled) < level(an_event("break", agents=(RUSSIA,), objects=(KOREA,), asset="defence tie"))
    carrier: dict[str, Any] = {"agents": (RUSSIA,), "asset": "aircraft carrier"}
    assert level(an_event("accident", **carrier)) < level(an_event("deploy", **carrier))


def test_a_base_refused_to_an_ally_is_high() -> None:
    bases: dict[str, Any] = {"agents": (RUSSIA,), "objects": (KOREA,), "asset": "base"}
    refused = an_event("posture", mode="denied", **bases)
    assert level(refused, topics=frozenset({"alliances"})) == SEVERITIES.index("high")


@pytest.mark.parametrize("headline", ["How the fleet works", "Pundit rails at fleet", "Why did ships burn?"])
def test_what_only_comments_on_a_deed_opens_nothing(headline: str) -> None:
    struck = an_event("attack", agents=(RUSSIA,), objects=(KOREA,), asset="oil tanker")
    assert opens(grounds(struck), RULES)
    assert not opens(grounds(struck, headline=headline), RULES)


def test_what_any_source_says_it_is_about_counts() -> None:
    sent = an_event("deploy", agents=(KOREA,), asset="warship")
    both = Grounds(
        event=sent, assets=("warship", "aircraft carrier"), role="primary", topics=frozenset({"naval_moves"}),
        headline="Carrier sails", language="en", seen_at=times(0, 60),
    )  # fmt: skip
    severity, reasons = judge(both, RULES)
    assert severity == "high"
    assert "It is about an asset that matters: aircraft carrier." in reasons


def test_where_scolding_is_the_deed_the_verb_is_no_reaction() -> None:
    title = "President slams alliance over lack of support"
    scolds = an_event("doubt", quote=title, end=len(title), objects=(NATO,))
    told = msgspec.structs.replace(scolds, parts=(EventPart(role="act", start=10, end=15),))
    assert level(told, headline=title, topics=frozenset({"alliances"})) > level(scolds, headline=title)


def test_a_strait_a_bloc_and_an_ultimatum_weigh() -> None:
    assert level(an_event("close_passage", mode="threatened", place=HORMUZ)) == SEVERITIES.index("high")
    assert level(an_event("break", mode="planned", objects=(NATO,)), topics=frozenset({"alliances"})) == 2
    opening = an_event("open_passage", mode="threatened", place=HORMUZ)
    assert level(opening, headline="Iran is given 48 hours") > level(opening)


def test_an_explainer_and_a_reaction_are_no_alarm() -> None:
    attack = an_event("attack", place=HORMUZ)
    assert level(attack, headline="Why did the US torpedo a warship?", seen=times(0, 1, 2)) == 0
    assert level(attack, headline="Senator blames Biden for the attack", seen=times(0, 1, 2)) == 0


def test_corroboration_can_make_it_critical_and_one_source_cannot() -> None:
    attack = an_event("attack", agents=(RUSSIA,), objects=(KOREA,), asset="warship")
    severity, reasons = judge(grounds(attack, seen=times(0, 60, 120)), RULES)
    assert severity == "critical"
    assert "3 independent sources report it." in reasons
    alone, reasons = judge(grounds(an_event("attack", agents=(RUSSIA,), objects=(KOREA,), place=HORMUZ)), RULES)
    assert alone == "high"
    assert reasons[-1] == "Held at high, not critical: no second source corroborates it yet."


def test_every_act_of_the_packs_has_its_points() -> None:
    acts = {act.kind for pack in shipped().compiled["en"].packs for act in pack.pack.acts}
    assert acts <= RULES.acts.keys()
    assert set(EVENT_MODES) == RULES.modes.keys()


@settings(deadline=None)
@given(st.sampled_from(sorted(RULES.acts)), st.sampled_from(EVENT_MODES), st.text(max_size=40))
def test_a_single_source_is_never_critical(act: str, mode: Any, words: str) -> None:
    severity, reasons = judge(
        grounds(an_event(act, mode=mode, place=HORMUZ), headline=f"aircraft carrier {words}"), RULES
    )
    assert severity != "critical"
    assert reasons


@settings(deadline=None)
@given(st.lists(st.integers(0, 600), max_size=12), st.integers(1, 120))
def test_more_time_never_holds_fewer_sources(minutes: list[int], window: int) -> None:
    seen = times(*minutes)
    narrow = fastest(seen, minutes=window)
    assert narrow <= fastest(seen, minutes=window * 2) <= len(seen)
    assert narrow == fastest(tuple(reversed(seen)), minutes=window)


@settings(deadline=None)
@given(st.integers(1, 8))
def test_corroboration_never_lowers_severity(count: int) -> None:
    event = an_event("attack", asset="nuclear submarine")
    fewer = level(event, seen=times(*range(0, count * 10, 10)))
    assert level(event, seen=times(*range(0, (count + 1) * 10, 10))) >= fewer


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("Article 5", "under article 5 of the treaty", True),
        ("Article 5", "article 51 of the charter", False),
        ("carrier group", "Carrier\ngroup", True),
        ("carrier group", "carriergroup", False),
        ("come to each other's aid", "they will come to each other’s aid.", True),
        ("nuclear-powered submarine", "A NUCLEAR POWERED SUBMARINE", True),
    ],
)
def test_a_phrase_is_whole_words(phrase: str, text: str, found: bool) -> None:
    assert (plain_words(phrase) in plain_words(text)) is found
