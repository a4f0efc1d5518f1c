"""Packs in other languages than English: words beside the rules, any script, exact spans."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from services.tagger import library
from services.tagger.core.alphabets import Alphabet
from services.tagger.core.grammar import Grammar
from services.tagger.core.languages import guess
from services.tagger.core.tag import Fields, Tagging, tag
from services.tagger.core.wording import ListedWording
from services.tagger.errors import PackError
from tests.bench import eval_languages
from tests.bench.eval_topics import TOPICS, items
from tests.support.packs import shipped

LABELLED = Path(eval_languages.__file__).parent / "data" / "languages"
PACK = """\
format: 2
topic: ships
version: "1"
title: Ships
threshold: 0.5
things: {ship: [warship]}
acts:
  seize:
    verb: seizes
    weight: 0.8
    verbs: [seize]
    needs: [{object: ship, agent: state}]
examples:
  should_match: [Iran seized a warship.]
  should_not_match: [A warship sailed.]
"""
SEVERAL = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
# By language: ship, the act by list, a sentence with both where Iran does it.
WORDS = {
    "ko": ("군함", "verbs: [나포]", "이란이 군함을 나포했다"),
    "ja": ("軍艦", "verbs: [拿捕]", "イランが軍艦を拿捕した"),
    "ar": ("سفينة حربية", "verbs: [احتجزت]", "واحتجزت إيران سفينة حربية في الخليج"),
    "fa": ("کشتی جنگی", "verbs: [توقیف کرد]", "ایران یک کشتی جنگی را توقیف کرد"),
    "tr": ("savaş gemi*", "verbs: [el koydu]", "İran bir savaş gemisine el koydu"),
    "zh": ("军舰", "verbs: [扣押]", "伊朗扣押一艘軍艦"),
    "de": ("Kriegsschiff*", "passive: [beschlagnahmt]", "Kriegsschiff vom Iran beschlagnahmt"),
    "fr": ("navire de guerre", "verbs: [saisit]", "L’Iran saisit un navire de guerre"),
}


def written(folder: Path, language: str, *, ship: str, act: str, examples: list[str] = SEVERAL) -> Path:
    (folder / "ships.yaml").write_text(PACK, encoding="utf-8")
    (folder / "ships").mkdir()
    (folder / "ships" / f"{language}.yaml").write_text(
        f"format: 2\ntopic: ships\nlanguage: {language}\nthings: {{ship: ['{ship}']}}\nacts: {{seize: {{{act}}}}}\n"
        f"examples: {{should_match: {examples}, should_not_match: {examples}}}\n",
        encoding="utf-8",
    )
    return folder


def assert_exact(tagging: Tagging, fields: Fields) -> None:
    for found in tagging.tags:
        for evidence in found.evidence:
            assert getattr(fields, evidence.field)[evidence.start : evidence.end] == evidence.quote
        for event in found.events:
            assert getattr(fields, event.field)[event.start : event.end] == event.quote


@pytest.mark.parametrize("language", WORDS)
def test_words_of_a_language_are_read_by_the_rules_of_the_pack(tmp_path: Path, language: str) -> None:
    ship, act, sentence = WORDS[language]
    languages = library.load(written(tmp_path, language, ship=ship, act=act)).compiled
    fields = Fields(sentence, "", "", language)
    tagging = tag(fields, languages)
    (found,) = tagging.tags
    (event,) = found.events
    assert [actor.id for actor in event.agents] == ["IRN"]
    assert (event.act, event.asset, event.mode) == ("seize", "ship", "done")
    assert_exact(tagging, fields)


def test_spans_stay_exact_where_signs_are_left_out(tmp_path: Path) -> None:
    ship, act, _ = WORDS["ar"]
    languages = library.load(written(tmp_path, "ar", ship=ship, act=act)).compiled
    fields = Fields("اِحْتَجَزَتْ إيـــران سَفِينَة حربية", "", "", "ar")
    tagging = tag(fields, languages)
    assert tagging.tags
    assert_exact(tagging, fields)


@pytest.mark.parametrize(
    ("title", "language", "agent"),
    [
        ("Танкер захвачен Ираном в Ормузском проливе", "ru", "IRN"),
        ("Иран захватил британский танкер", "ru", "IRN"),
        ("英国油轮在霍尔木兹海峡被伊朗扣押", "zh", "IRN"),
        ("伊朗扣押英國油輪", "zh", "IRN"),
        ("احتجزت إيران ناقلة نفط بريطانية", "ar", "IRN"),  # the verb first, in the text
        ("إيران تحتجز ناقلة نفط بريطانية", "ar", "IRN"),  # the doer first, in headlines
        ("توقیف نفتکش انگلیسی توسط ایران", "fa", "IRN"),
        ("이란이 호르무즈 해협에서 한국 유조선을 나포했다", "ko", "IRN"),
        ("İran, Hürmüz Boğazı'nda İngiliz tankerine el koydu", "tr", "IRN"),
        ("İngiliz tankeri İran tarafından ele geçirildi", "tr", "IRN"),
        ("İran: Tankere el koyduk", "tr", "IRN"),  # who speaks before a colon
        ("Un pétrolier saisi par l'Iran", "fr", "IRN"),
        ("Iran setzt einen britischen Tanker in der Straße von Hormus fest", "de", "IRN"),  # a verb in two parts
    ],
)
def test_who_does_it_follows_from_order_and_markers(title: str, language: str, agent: str) -> None:
    fields = Fields(title, "", "", language)
    tagging = tag(fields, shipped().compiled)
    found = next(t for t in tagging.tags if t.topic == "naval_moves")
    assert [actor.id for actor in found.events[0].agents] == [agent]
    assert found.events[0].act == "seize"
    assert_exact(tagging, fields)


@pytest.mark.parametrize(
    ("title", "agent", "owner"),
    [
        ("中国海警船对菲律宾补给船发射水炮", "CHN", "PHL"),
        ("菲律宾补给船遭中国海警船发射水炮", "CHN", "PHL"),
        ("俄军向乌克兰货船发射导弹", "RUS", "UKR"),
    ],
)
def test_markers_before_the_verb_tell_doer_and_object_apart(title: str, agent: str, owner: str) -> None:
    found = next(t for t in tag(Fields(title, "", "", "zh"), shipped().compiled).tags if t.topic == "naval_moves")
    assert [actor.id for actor in found.events[0].agents] == [agent]
    assert [actor.id for actor in found.events[0].objects] == [owner]


def test_the_verb_in_two_parts_is_no_act_without_the_second() -> None:
    languages = shipped().compiled
    assert not tag(Fields("Iran setzt auf einen Tanker", "", "", "de"), languages).tags
    assert tag(Fields("Iran setzt Tanker im Golf fest", "", "", "de"), languages).tags


def test_what_follows_an_active_verb_is_its_object_in_place_of_what_stands_before() -> None:
    """ "NATO calls on Russia to end the war" ends no alliance."""
    assert not tag(Fields("НАТО закликає Росію припинити цю війну", "", "", "uk"), shipped().compiled).tags


def test_who_speaks_before_a_colon_takes_part_in_what_is_said() -> None:
    assert tag(Fields("هگست: محاصره دریایی پابرجاست", "", "", "fa"), shipped().compiled).tags
    assert not tag(Fields("محاصره دریایی پابرجاست", "", "", "fa"), shipped().compiled).tags


@pytest.mark.parametrize(
    ("title", "language", "mode"),
    [
        ("Армения не подпишет договор о взаимной обороне с Россией", "ru", "denied"),
        ("Швеция планирует вступить в НАТО", "ru", "planned"),
        ("伊朗威胁封锁霍尔木兹海峡", "zh", "threatened"),
        ("السويد ستنضم إلى الناتو", "ar", "planned"),
        ("الصين سيطرت على سفينة فلبينية", "ar", "done"),
        ("ایران تهدید کرد تنگه هرمز را می‌بندد", "fa", "threatened"),
        ("이란, 호르무즈 해협 봉쇄 위협", "ko", "threatened"),
        ("Trump NATO'dan çıkmakla tehdit etti", "tr", "threatened"),
        ("Türkiye, Libya ile savunma anlaşması imzalamaktan vazgeçti", "tr", "denied"),
        ("İsveç NATO'ya katılmayacak", "tr", "denied"),  # inside the verb
        ("Macaristan NATO'dan çıkmıyor", "tr", "denied"),
        ("Iran bestreitet, einen Tanker festgesetzt zu haben", "de", "denied"),
        ("伊朗否认扣押英国油轮", "zh", "denied"),
        ("نفت إيران احتجاز ناقلة نفط", "ar", "denied"),
        ("이란, 영국 유조선 나포 부인", "ko", "denied"),
    ],
)
def test_how_far_it_has_come_follows_from_governors(title: str, language: str, mode: str) -> None:
    (found,) = tag(Fields(title, "", "", language), shipped().compiled).tags
    assert found.events[0].mode == mode


def test_an_article_is_read_in_its_own_language_only() -> None:
    title = "Иран захватил британский танкер"
    assert tag(Fields(title, "", "", "ru"), shipped().compiled).tags
    assert not tag(Fields(title, "", "", "en"), shipped().compiled).tags
    assert tag(Fields(title, "", "", None), shipped().compiled).language == "ru"
    unread = tag(Fields("Neznámá řeč", "", "", "cs"), shipped().compiled)
    assert (unread.tags, unread.language) == ((), None)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Iran seizes a tanker", "en"),
        ("Иран захватил танкер", "ru"),
        ("Іран захопив танкер", "uk"),
        ("伊朗扣押油轮", "zh"),
        ("イランがタンカーを拿捕", "ja"),
        ("이란, 유조선 나포", "ko"),
        ("إيران تحتجز ناقلة", "ar"),
        ("ایران نفتکش را توقیف کرد چرا", "fa"),
        ("France’s navy — Ελλάδα", "en"),
    ],
)
def test_a_script_says_the_language(text: str, language: str) -> None:
    assert guess(text) == language


def test_accents_are_folded_or_kept_by_language() -> None:
    folded, kept = Alphabet(Grammar(language="fr")), Alphabet(Grammar(language="tr", accents="kept"))
    assert folded.fold("Maçon Élysée").data == " macon elysee "
    assert kept.fold("maç").data == " maç "
    assert Alphabet(Grammar(language="ru", accents="kept")).fold("ёй ٣").data == " ей 3 "
    assert Alphabet(Grammar(language="fa")).fold("کرهٔ جنوبی").data == " کره جنوبی "


def test_an_article_is_written_once_and_onto_verbs_only_and() -> None:
    prefixes = ("و", "ال", "وال")
    grammar = Grammar(language="ar", first_prefixes=prefixes, next_prefixes=("ال",), conjunction=frozenset(("و", "مع")))
    wording = ListedWording(grammar, Alphabet(grammar), {})
    assert {needle.folded for needle in wording.needles("الناتو")} == {" الناتو ", " والناتو "}
    assert {needle.folded for needle, _ in wording.verbs("وقعت")} == {" وقعت ", " ووقعت "}
    assert len(wording.needles("سفينة حربية")) == 8
    assert {(n.folded, n.capitals) for n in wording.needles("AUKUS")} >= {(" وaukus ", (1,)), (" aukus ", (0,))}


def test_a_german_ordinal_ends_no_sentence() -> None:
    (found,) = tag(Fields("Schweden ist offiziell 32. Mitglied der Nato", "", "", "de"), shipped().compiled).tags
    assert found.topic == "alliances"


@pytest.mark.parametrize(
    "phrase",
    ["الناتو", "=الناتو", "", "=", "ا**", "ا* ب", "ا=ب", "(ا|ب", "-", "سفينة~", " ".join("اب" * 12), "(ا|ب)" * 12],
)
def test_a_phrase_is_refused_with_the_same_words_before_its_strings_are_made(phrase: str) -> None:
    grammar = Grammar(language="ar", first_prefixes=("و",), next_prefixes=("ال",))
    wording = ListedWording(grammar, Alphabet(grammar), {})

    def said(read: Callable[[str], object]) -> str:
        try:
            read(phrase)
        except ValueError as error:
            return str(error)
        return ""

    assert said(wording.check) == said(wording.needles)


def test_two_who_do_it_are_named_before_the_thing_in_a_language_whose_possessors_follow() -> None:
    (found,) = tag(Fields("عربستان و پاکستان پیمان دفاعی امضا کردند", "", "", "fa"), shipped().compiled).tags
    assert [actor.id for actor in found.events[0].agents] == ["SAU", "PAK"]


@pytest.mark.parametrize(
    ("act", "examples", "says"),
    [
        ("verbs: [扣押]", ["a"], "line 6: 1 examples: a language needs 10 that match"),
        ("verbs: ['(扣']", SEVERAL, "line 5: '(扣': a parenthesis is not closed"),
        ("verbs: [扣押~]", SEVERAL, "line 5: '扣押~': forms.txt of zh lacks it: run `make language-forms`"),
    ],
)
def test_wrong_words_are_refused_with_their_line(tmp_path: Path, act: str, examples: list[str], says: str) -> None:
    folder = written(tmp_path, "zh", ship="军舰", act=act, examples=examples)
    with pytest.raises(PackError, match=re.escape(says)):
        library.load(folder)


def test_a_name_that_the_pack_does_not_have_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, "zh", ship="军舰", act="verbs: [扣押]")
    path = folder / "ships" / "zh.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("ship:", "shop:"), encoding="utf-8")
    with pytest.raises(PackError, match=r"has no thing called 'shop'; did you mean 'ship'\?"):
        library.load(folder)


def test_a_language_without_grammar_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, "xx", ship="a", act="verbs: [b]")
    with pytest.raises(PackError, match=r"language 'xx' has no grammar\.yaml: known are ar, de, en"):
        library.load(folder)


@pytest.mark.parametrize("language", ["ar", "fa"])
def test_sentences_labelled_for_a_language_are_told_apart(language: str) -> None:
    rows = items(LABELLED / f"{language}.jsonl")
    judged, inexact = eval_languages.judge(rows, shipped().compiled)
    assert inexact == 0
    for topic in TOPICS:
        tagged = [one.label for one in judged[topic] if one.found]
        assert tagged.count("yes") / len(tagged) >= 0.95
        assert tagged.count("yes") / sum(one.label == "yes" for one in judged[topic]) >= 0.85


@pytest.mark.skipif(not eval_languages.DATA.is_file(), reason="the labelled news is not beside the repository")
def test_every_quote_of_real_news_is_exact() -> None:
    rows = [row for row in items(eval_languages.DATA) if row["language"] in shipped().compiled]
    _, inexact = eval_languages.judge(rows, shipped().compiled)
    assert rows
    assert inexact == 0


@pytest.mark.parametrize(
    "title",
    ["Deux pétroliers touchés par l'Ukraine en mer Noire", "Un navire de guerre bombardé par Israël en mer Rouge"],
)
def test_forms_that_the_dictionary_gives_to_another_entry_are_read(title: str) -> None:
    found = tag(Fields(title, "", "", "fr"), shipped().compiled).tags

    assert [one.topic for one in found] == ["naval_moves"]


def test_a_grammar_says_what_an_adverb_is() -> None:
    english = Grammar(language="en", adverb=frozenset({"now"}), adverb_endings=("ly",))
    assert [word for word in ("now", "reportedly", "treaty") if english.is_adverb(word)] == ["now", "reportedly"]
    assert not Grammar(language="fr").is_adverb("reportedly")
