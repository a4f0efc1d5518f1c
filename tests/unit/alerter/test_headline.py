"""The headline shown: the soberest of the sources', the same for any order of them."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from services.alerter.core.facts import ArticleFacts, of
from services.alerter.core.headline import soberest
from services.alerter.core.titles import is_comment
from tests.support.alerts import a_tag, a_tagged, an_event, shipped_rules
from tests.support.clock import START

SEIZED = an_event("seize")
TITLES = shipped_rules().titles


def articles(*titles: str) -> list[ArticleFacts]:
    return [
        of(
            a_tagged(
                url=f"https://news.example/{number}",
                title=title,
                seen=START + timedelta(minutes=number),
                tags=(a_tag(events=(SEIZED,)),),
            ),
            shipped_rules(),
            stale_after=timedelta(hours=48),
        ).articles[0]
        for number, title in enumerate(titles)
    ]


@pytest.mark.parametrize(
    "loud",
    [
        "BREAKING: US SEIZES Russian tanker in dramatic raid",
        "Fury as US seizes Russian tanker in North Atlantic",
        "US seizes Russian tanker in the North Atlantic!",
        "Why did the US seize a Russian tanker in the Atlantic?",
        "US seizes Russian tanker in North Atlantic - live updates",
        "Tanker seized",
        "Moscow: 'This is piracy on the high seas of the Atlantic'",
    ],
)
def test_the_sober_title_goes_before_the_loud_one(loud: str) -> None:
    sober = "US seizes Russian-flagged tanker in North Atlantic"
    for items in (articles(loud, sober), articles(sober, loud)):
        assert soberest(items, SEIZED, TITLES).title == sober


def test_among_sober_titles_that_which_most_others_bear_out() -> None:
    items = articles(
        "Harbour town wakes up to an unusual visitor",
        "US seizes Russian-flagged tanker in Atlantic",
        "US coast guard seizes Russian-flagged tanker",
    )
    found = soberest(items, SEIZED, TITLES)
    assert "seizes Russian-flagged tanker" in found.title
    Random(3).shuffle(items)
    assert soberest(items, SEIZED, TITLES) == found


@pytest.mark.parametrize(
    ("title", "comment"),
    [
        ("US sinks Iranian warship, Hegseth says", False),
        ("'Trump has to open the strait' with ground forces", True),
        ("'The special relationship is dead': UK suspends sharing", False),
        ("Iran says it will attack any ship in the strait", False),
        ("Turkey condemns attack on Black Sea oil tanker", True),
        ("Gallego: Strikes on boats have to end", True),
        ("The secret armada: IAN GALLAGHER", True),
        ("3 reasons why the maths does not add up", True),
        ("Analysis: What the killing leaves behind", True),
        ("UN human rights chief says strikes on boats are illegal", True),
        ("Vote to block strikes fails in the Senate", True),
        ("Senators doubt the case for strikes", True),
        ("Ecuador frees strike survivor", True),
        ("Exclusive: US warship sinks Iranian frigate", False),
        ("Video: North Korea conducts cruise missile test for destroyer", False),
        ("Just In: Russia fires on NATO ship", False),
        ("Turkish lawmakers approve Sweden's NATO membership", False),
        ("Parliament holds vote to join NATO", False),
        ("China blockades Taiwan amid growing fears of war", False),
        ("Iranian frigate sunk, survivors rescued", False),
        ("Oil tanker hit by blast near Kuwait", False),
        ("France sends warships to defend British base", False),
        ("Coast guard seizes boats with illegal catch", False),
    ],
)
def test_a_comment_is_told_from_a_report(title: str, comment: bool) -> None:
    assert is_comment(title, "en", TITLES) is comment


@pytest.mark.parametrize(
    ("title", "language", "comment"),
    [
        ("Почему Иран захватил танкер", "ru", True),
        ("Що відомо про атаку на танкер", "uk", True),
        ("社评：美舰擅闯南海是挑衅", "zh", True),
        ("多国谴责伊朗扣押油轮", "zh", True),
        ("لماذا احتجزت إيران الناقلة", "ar", True),
        ("چرا ایران نفتکش را توقیف کرد", "fa", True),
        ("[사설]나포된 유조선", "ko", True),
        ("Analiz: İran neden tankere el koydu", "tr", True),
        ("Liveblog: Iran setzt Tanker fest", "de", True),
        ("Pourquoi l'Iran saisit un pétrolier", "fr", True),
        ("Claves del bloqueo naval", "es", True),
        ("Иран захватил танкер", "ru", False),
        ("伊朗扣押油轮", "zh", False),
        ("Trump: NATO'dan çekilebiliriz", "tr", False),  # reports begin with who speaks
        ("Niger: la junte rompt avec Washington", "fr", False),
    ],
)
def test_a_comment_is_told_from_a_report_in_every_language(title: str, language: str, comment: bool) -> None:
    assert is_comment(title, language, TITLES) is comment
