"""The languages of an alert's sources in words, for page, terminal, messages and feeds."""

from collections.abc import Iterable

_NAMES = dict(
    pair.split(" ", 1)
    for pair in (
        "ar Arabic,az Azerbaijani,be Belarusian,bg Bulgarian,bn Bengali,ca Catalan,cs Czech,da Danish,de German,"
        "el Greek,en English,es Spanish,et Estonian,fa Persian,fi Finnish,fil Filipino,fr French,ga Irish,he Hebrew,"
        "hi Hindi,hr Croatian,hu Hungarian,hy Armenian,id Indonesian,is Icelandic,it Italian,ja Japanese,ka Georgian,"
        "kk Kazakh,km Khmer,ko Korean,ku Kurdish,lt Lithuanian,lv Latvian,mk Macedonian,mn Mongolian,ms Malay,"
        "my Burmese,nb Norwegian,ne Nepali,nl Dutch,no Norwegian,pl Polish,ps Pashto,pt Portuguese,ro Romanian,"
        "ru Russian,si Sinhala,sk Slovak,sl Slovenian,so Somali,sq Albanian,sr Serbian,sv Swedish,sw Swahili,ta Tamil,"
        "th Thai,tr Turkish,uk Ukrainian,ur Urdu,uz Uzbek,vi Vietnamese,zh Chinese"
    ).split(",")
)


def language_name(code: str) -> str:
    """The English name of a language, its code where it has none here."""
    return _NAMES.get(code.split("-")[0], code)


def also_reported_in(languages: Iterable[str], *, headline: str | None) -> str | None:
    """For instance "also reported in Ukrainian, Turkish"; None where all are in the language of the headline."""
    others = [language_name(code) for code in languages if code != headline]
    return f"also reported in {', '.join(others)}" if others else None
