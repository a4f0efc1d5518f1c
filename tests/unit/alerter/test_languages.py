"""One alert across languages: reports in English, Russian and Chinese, read by the shipped packs.

The sentences are the author's own, so they show what works, not how often it does on real news.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest

from services.alerter.core.event_key import keys_of
from services.alerter.core.same_event import same
from services.contracts.languages import also_reported_in
from services.contracts.messages import TaggedArticle
from services.tagger.core.tag import Fields, tag
from tests.support.alerts import a_tagged, shipped_rules
from tests.support.clock import START
from tests.support.packs import shipped
from tests.unit.alerter.test_handler import World

EVENTS = (
    (
        "Iran seizes oil tanker in Strait of Hormuz",
        "Иран захватил нефтяной танкер в Ормузском проливе",
        "伊朗在霍尔木兹海峡扣押一艘油轮",
    ),
    (
        "China sends aircraft carrier through Taiwan Strait",
        "Китай отправил авианосец через Тайваньский пролив",
        "中国航母通过台湾海峡",
    ),
    (
        "Russia and North Korea sign mutual defence treaty",
        "Россия и КНДР подписали договор о взаимной обороне",
        "俄罗斯与朝鲜签署共同防御条约",
    ),
    ("Finland joins NATO", "Финляндия вступила в НАТО", "芬兰加入北约"),
    (
        "Ukraine strikes Russian tanker in Black Sea with drones",
        "Украина атаковала российский танкер в Черном море",
        "乌克兰无人机在黑海袭击俄罗斯油轮",
    ),
    ("US destroyer enters South China Sea", "Американский эсминец вошел в Южно-Китайское море", "美国驱逐舰进入南海"),
    ("Iran closes Strait of Hormuz", "Иран закрыл Ормузский пролив", "伊朗关闭霍尔木兹海峡"),
    (
        "Japan and Philippines sign defence pact",
        "Япония и Филиппины подписали оборонное соглашение",
        "日本与菲律宾签署防务协定",
    ),
    (
        "Russia and China hold naval exercise in Sea of Japan",
        "Россия и Китай проводят морские учения в Японском море",
        "中俄在日本海举行海上联合演习",
    ),
)
LANGUAGES = ("en", "ru", "zh")


def told(event: int, language: str, *, hours: float = 0, wire: str | None = None) -> TaggedArticle:
    """A report of one of the events, in a story of its own."""
    title = EVENTS[event][LANGUAGES.index(language)]
    outlet = f"{language}{event}.example"
    return a_tagged(
        story=f"{event:012x}{LANGUAGES.index(language):012x}",
        url=f"https://{outlet}/1",
        outlet=outlet,
        family=outlet,
        title=title,
        language=language,
        wire=wire,
        seen=START + timedelta(hours=hours),
        published_at=START + timedelta(hours=hours),
        tags=tag(Fields(title, "", "", language), shipped().compiled).tags,
    )


@pytest.mark.parametrize("pair", list(combinations(LANGUAGES, 2)), ids=" and ".join)
def test_reports_are_one_event_where_they_tell_one_and_never_otherwise(pair: tuple[str, str]) -> None:
    titles = shipped_rules().titles
    first = [keys_of(told(event, pair[0]), titles)[0] for event in range(len(EVENTS))]
    second = [keys_of(told(event, pair[1], hours=4), titles)[0] for event in range(len(EVENTS))]
    linked = {(a, b) for a, one in enumerate(first) for b, other in enumerate(second) if same(one, other)}
    assert linked == {(event, event) for event in range(len(EVENTS))}


async def test_one_alert_names_its_languages_and_counts_sources_across_them() -> None:
    world = World()
    reports = [told(0, "ru"), told(0, "en", hours=3), told(0, "zh", hours=5)]
    assert await world.take(*reports) == ["opened", "revised", "revised"]
    (alert,) = world.store.alerts().values()
    assert (alert.languages, alert.independent_sources) == (("ru", "en", "zh"), 3)
    assert [source.language for source in alert.sources] == ["ru", "en", "zh"]
    others = also_reported_in(alert.languages, headline="ru")
    assert others == "also reported in English, Chinese"


async def test_a_report_of_one_agency_in_two_languages_is_one_source() -> None:
    world = World()
    await world.take(told(0, "ru", wire="Reuters"), told(0, "en", hours=1, wire="Reuters"))
    (alert,) = world.store.alerts().values()
    assert alert.independent_sources == 1
    assert alert.sources[1].folded_because == "carries the wire Reuters"
