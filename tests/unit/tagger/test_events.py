"""Events as they go onto the wire: what the thing is called, who does it to whom, and how far it has come."""

from __future__ import annotations

import pytest

from services.contracts.messages import Event
from services.tagger.core.tag import Fields, tag
from tests.support.packs import shipped


@pytest.mark.parametrize(
    ("sentence", "asset", "name"),
    [
        ("Iran seized the oil tanker Marinera in the Gulf of Oman on Sunday.", "oil tanker", "Marinera"),
        ("American forces boarded the tanker “Skipper” off the coast of Venezuela.", "oil tanker", "Skipper"),
        ("Turkey sends frigate Deti Minopo to the Mediterranean", "warship", "Deti Minopo"),
        ("The Russian submarine Kazan arrived in Havana on Wednesday.", "submarine", "Kazan"),
        ("Iran seized the tanker off Oman on Sunday, officials said.", "oil tanker", None),
        ("US Seizes Oil Tanker Off Venezuela", "oil tanker", None),
        ("Iran seized two tankers Sunday in the Gulf of Oman.", "oil tanker", None),
    ],
)
def test_a_ship_has_the_name_that_stands_behind_its_kind(sentence: str, asset: str, name: str | None) -> None:
    found = tag(Fields(sentence, "", "", "en"), shipped().compiled)
    event = found.tags[0].events[0]
    assert (event.asset, event.asset_name) == (asset, name)


def _first(title: str, topic: str) -> Event:
    tags = tag(Fields(title, "", "", "en"), shipped().compiled).tags
    return next(found for found in tags if found.topic == topic).events[0]


def _parties(event: Event) -> tuple[set[str], set[str]]:
    return {actor.id for actor in event.agents}, {actor.id for actor in event.objects}


@pytest.mark.parametrize(
    ("title", "act", "mode"),
    [
        ("Spain to send frigates to Red Sea as US strikes batter Iranian ships", "deploy", "planned"),
        ("Peru and Chile sign defence pact to deepen ties", "sign", "done"),
        ("Germany threatens to leave Nato in fit of anger over Iran war", "break", "threatened"),
    ],
)
def test_the_news_comes_before_what_is_told_beside_it(title: str, act: str, mode: str) -> None:
    event = _first(title, "naval_moves" if "frigates" in title else "alliances")
    assert (event.act, event.mode) == (act, mode)


@pytest.mark.parametrize(
    ("title", "topic", "agents", "objects"),
    [
        # Who says, labels, condemns or is only named beside it is no party.
        ("Gulf crisis latest: Ships attacked in Red Sea after France sinks two minelayers", "naval_moves", "", ""),
        ("Egyptian shipping firm warns of losses as tankers are attacked in Red Sea", "naval_moves", "", ""),
        ("Italian broadcaster shows oil tanker on fire in Gulf of Oman", "naval_moves", "", ""),
        ("Greece condemns attack on Black Sea tanker", "naval_moves", "", ""),
        ("Iran seizes tanker in Gulf of Oman, says Japan's defence minister", "naval_moves", "IRN", ""),
        ("China has signed a security pact with Fiji, Australian newspaper reports", "alliances", "CHN", "FJI"),
        # A purpose names no party, nor does a modifier.
        ("Japan and Fiji sign defence pact to deter China", "alliances", "JPN FJI", ""),
        ("Spain sends warship to Black Sea to boost Ukraine's defences", "naval_moves", "ESP", ""),
        ("Special relationship with France is strained by Iran war, Germany says", "alliances", "", "FRA"),
        ("Trump's Greenland threats rattle US allies", "alliances", "USA", "us-allies"),
        ("New tariffs by Trump drive closer India-Brazil alliance", "alliances", "IND BRA", ""),
        # Who asks, and who is asked; who lends what is his own; who stands behind a pronoun.
        ("Rubio urges Germany to send warships to Red Sea", "naval_moves", "USA", "DEU"),
        ("UK allows US to use British bases for strikes", "alliances", "GBR", "USA"),
        ("Norway works with Turkey to clear sea mines", "naval_moves", "NOR", ""),
        ("Starmer suggests he'll pull Britain out of NATO", "alliances", "GBR", "nato"),
        ("Australia will be poorer if it abandons Aukus, minister warns", "alliances", "AUS", "aukus"),
    ],
)
def test_parties_are_who_does_it_and_to_whom_it_is_done(title: str, topic: str, agents: str, objects: str) -> None:
    assert _parties(_first(title, topic)) == (set(agents.split()), set(objects.split()))


@pytest.mark.parametrize(
    ("title", "agents", "objects", "mode"),
    [
        ("Portugal lets Germany use its bases for Sahel flights", "PRT", "DEU", "done"),
        ("Japan bars US from using Okinawa bases for strikes on China", "JPN", "USA", "denied"),
        ("US uses Qatari bases to launch strikes on Yemen", "QAT", "USA", "done"),
        ("US can just use Italy's bases despite refusal, Rubio says", "ITA", "USA", "denied"),
        ("Italy grants France the use of two airbases", "ITA", "FRA", "done"),
        ("Greece scolded for blocking use of airbases for Syria strikes", "GRC", "", "denied"),
        ("Peru weighs return of US military bases", "PER", "USA", "planned"),
    ],
)
def test_who_lends_a_base_does_it_to_who_uses_it(title: str, agents: str, objects: str, mode: str) -> None:
    event = _first(title, "alliances")
    assert (event.act, event.mode) == ("posture", mode)
    assert _parties(event) == (set(agents.split()), set(objects.split()))


@pytest.mark.parametrize(
    ("title", "act", "agents", "objects", "mode"),
    [
        # Who stands right before "attack on" attacks; who is named in another clause or on the ship does not.
        ("India searches for crew of Yemen ship after Saudi strike", "attack", "SAU", "YEM", "done"),
        ("Chinese navy rescues crew after Houthi attack on Greek tanker", "attack", "houthis", "GRC", "done"),
        ("Iranian warship obliterated in Israeli strike", "attack", "ISR", "IRN", "done"),
        ("Turkish navy nears tanker hijacked by pirates off Yemen", "deploy", "TUR", "", "under_way"),
        ("Kenya says two tankers were turned away by navy", "intercept", "KEN", "", "done"),
        ("Iran attacks US ship", "attack", "IRN", "USA", "done"),
    ],
)
def test_who_attacks_stands_in_the_same_clause(title: str, act: str, agents: str, objects: str, mode: str) -> None:
    event = _first(title, "naval_moves")
    assert (event.act, event.mode) == (act, mode)
    assert _parties(event) == (set(agents.split()), set(objects.split()))


@pytest.mark.parametrize(
    ("title", "act", "agents", "objects", "mode"),
    [
        ("Macron gives Libya 24 hour ultimatum to reopen Suez Canal", "open_passage", "FRA", "LBY", "threatened"),
        ("Macron warns Algeria 'we have a nuclear submarine off your shore'", "deploy", "FRA", "", "threatened"),
        ("Macron says warships from many countries going to Red Sea", "deploy", "", "", "under_way"),
        ("Macron says Italian frigates going to Red Sea", "deploy", "ITA", "", "under_way"),
        ("Kenya secures Iran deal to send 12 ships through Strait of Hormuz", "transit", "KEN", "", "planned"),
        ("Norway sends frigate through Strait of Hormuz", "deploy", "NOR", "", "under_way"),
        ("Modi visits Qatar to discuss frigates for Red Sea mission", "deploy", "IND", "", "under_way"),
    ],
)
def test_who_demands_says_or_sends_merchant_ships(title: str, act: str, agents: str, objects: str, mode: str) -> None:
    event = _first(title, "naval_moves")
    assert (event.act, event.mode) == (act, mode)
    assert _parties(event) == (set(agents.split()), set(objects.split()))


@pytest.mark.parametrize(
    "title",
    [
        "France destroys Houthis' capacity to attack ships in Red Sea, minister says",
        "Spain 'helps find Libyan ships with radar', missile sets Malta cafe on fire",
    ],
)
def test_an_object_is_what_the_verb_of_its_clause_governs(title: str) -> None:
    assert not tag(Fields(title, "", "", "en"), shipped().compiled).tags


@pytest.mark.parametrize(
    ("title", "topic", "mode"),
    [
        ("French Navy tells shippers Red Sea tanker escorts not possible for now", "naval_moves", "denied"),
        ("Minister retracts claim that French Navy escorted tanker through Hormuz", "naval_moves", "denied"),
        ("Saudi Arabia rules out normalising ties with Israel for now", "alliances", "denied"),
        ("Syria says normalisation of ties with Israel is not planned", "alliances", "denied"),
        ("Egypt vows to close Suez Canal if Israel attacks", "naval_moves", "threatened"),
        ("Turkey says it will attack any ship that enters Black Sea", "naval_moves", "threatened"),
        ("Macron gives Iran 24 hours to reopen Strait of Hormuz", "naval_moves", "threatened"),
        ("Italy preparing aircraft carrier for Gulf of Aden", "naval_moves", "planned"),
        ("Royal Navy fits frigate with drones ahead of possible Hormuz deployment", "naval_moves", "planned"),
        ("Oman announces live-fire naval drill in Gulf of Oman next week", "naval_moves", "planned"),
        ("Two Italian warships cross Strait of Hormuz", "naval_moves", "done"),
        ("Cocaine shipments weigh on US-Colombia alliance", "alliances", "under_way"),
        ("Macron says Spain should be thrown out of NATO", "alliances", "opinion"),
        ("France would have joined AUKUS pact, book says", "alliances", "opinion"),
    ],
)
def test_how_far_it_has_come(title: str, topic: str, mode: str) -> None:
    assert _first(title, topic).mode == mode


@pytest.mark.parametrize(
    ("title", "topic", "act", "mode"),
    [
        # What is barred is refused, not granted.
        ("Greece bars use of its air bases for strikes on Iran", "alliances", "posture", "denied"),
        ("Oman blocks US use of its air base", "alliances", "posture", "denied"),
        ("Greece lets US use its air bases", "alliances", "posture", "done"),
        # What is to be helped or reached by other means is still to come.
        ("Italy looks at how to help France reopen Hormuz with navy", "naval_moves", "open_passage", "planned"),
        ("Norway plans to open the strait by attacking Iranian ships", "naval_moves", "attack", "planned"),
        ("Norway may cut off Iran by seizing its tankers", "naval_moves", "seize", "planned"),
        ("Norway cuts off Iran by seizing its tankers", "naval_moves", "seize", "done"),
    ],
)
def test_what_is_barred_helped_or_a_means(title: str, topic: str, act: str, mode: str) -> None:
    event = _first(title, topic)
    assert (event.act, event.mode) == (act, mode)


def test_a_claim_that_is_deleted_tells_no_act() -> None:
    deleted = tag(
        Fields("Minister deletes claim that navy escorted tanker through Hormuz", "", "", "en"), shipped().compiled
    )
    denied = tag(Fields("Minister denies that navy escorted tanker through Hormuz", "", "", "en"), shipped().compiled)
    assert not deleted.tags
    assert denied.tags[0].events[0].mode == "denied"


@pytest.mark.parametrize(
    ("title", "mode"),
    [
        ("Turkey may close the Bosphorus to warships, minister says", "planned"),
        ("Turkey will close the Bosphorus to warships, experts say", "threatened"),
        ("Turkey could close the Bosphorus to warships, analysts say", "opinion"),
        ("Turkey can close the Bosphorus to warships, minister says", "opinion"),
    ],
)
def test_what_an_expert_says_could_be_is_opinion(title: str, mode: str) -> None:
    found = tag(Fields(title, "", "Turkey closed the Bosphorus to warships.", "en"), shipped().compiled)
    assert [event.mode for event in found.tags[0].events if event.field == "title"] == [mode]
