"""How well differences that matter between two looks at a page are told from those that do not.

Run as ``make eval-edits``. 300 edits of our own making: 150 that change what a text says, 150 that do not, each one of
its kinds, on the invented samples and, where they lie beside the checkout, on real texts. Half of the kinds were not
looked at while the comparer was written (``HELD_OUT``), and their texts are others. An edit that matters counts as
found only if a difference shows the place. The same seed gives the same edits.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from services.poller.core.edits import compare
from services.runtime.files import shipped as files

TEXTS = Path(__file__).resolve().parents[3] / "shared" / "eval" / "dedupe" / "texts.jsonl"
EDITS: Final = 300
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"“A-Z])")
_NUMBER = re.compile(r"(?<![\w.,:/$-])[1-9]\d{0,3}(?![\w,:/-]|\.\d)")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?= [a-z])")
_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve")
_NAMES = ("Halvorsen", "Zambrano", "Kesteven", "Orlovia", "Tarrant", "Velden", "Marizal", "Quintero")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Edited:
    """Two looks at a page. ``shows`` are words of which a difference must show one; empty where nothing matters."""

    before: str
    after: str
    shows: tuple[str, ...] = ()


Edit = Callable[[str, random.Random], Edited | None]  # None where the text has nothing to edit so


def _swap(text: str, found: re.Match[str], new: str) -> Edited:
    after = text[: found.start()] + new + text[found.end() :]
    return Edited(text, after, (found.group(), new))


def _one(pattern: re.Pattern[str], text: str, draw: random.Random) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return draw.choice(found) if found else None


def number(text: str, draw: random.Random) -> Edited | None:
    found = _one(_NUMBER, text, draw)
    return _swap(text, found, str(int(found.group()) + draw.choice((1, 2, 7, 10)))) if found else None


def number_word(text: str, draw: random.Random) -> Edited | None:
    found = _one(re.compile(rf"\b(?:{'|'.join(_WORDS)})\b"), text, draw)
    return _swap(text, found, draw.choice([word for word in _WORDS if word != found.group()])) if found else None


def scale(text: str, draw: random.Random) -> Edited | None:
    found = _one(re.compile(r"\b(?:million|billion|thousand)\b"), text, draw)
    others = {"million": "billion", "billion": "million", "thousand": "million"}
    return _swap(text, found, others[found.group()]) if found else None


def name(text: str, draw: random.Random) -> Edited | None:
    found = _one(_NAME, text, draw)
    return _swap(text, found, draw.choice(_NAMES)) if found and found.group() not in _DAYS else None


def day(text: str, draw: random.Random) -> Edited | None:
    found = _one(re.compile(rf"\b(?:{'|'.join(_DAYS)})\b"), text, draw)
    return _swap(text, found, draw.choice([word for word in _DAYS if word != found.group()])) if found else None


def negated(text: str, draw: random.Random) -> Edited | None:
    found = _one(re.compile(r"\b(?:will|would|has|have|had|is|was|were|are|could)\b(?! not\b)"), text, draw)
    if found is None:
        return None
    return Edited(text, text[: found.end()] + " not" + text[found.end() :], (f"{found.group()} not",))


def negation_gone(text: str, draw: random.Random) -> Edited | None:
    found = _one(re.compile(r"\b(will|would|has|have|had|is|was|were|are|could|did|does|do) not\b"), text, draw)
    if found is None:
        return None
    return Edited(text, text[: found.start()] + found[1] + text[found.end() :], (found.group(),))


def act_reversed(text: str, draw: random.Random) -> Edited | None:
    acts = {"signed": "rejected", "seized": "released", "approved": "blocked", "arrived": "departed", "won": "lost"}
    acts |= {"killed": "injured", "rejected": "signed", "increased": "fell", "supported": "opposed", "joined": "left"}
    found = _one(re.compile(rf"\b(?:{'|'.join(acts)})\b"), text, draw)
    return _swap(text, found, acts[found.group()]) if found else None


def retracted(text: str, draw: random.Random) -> Edited | None:
    notice = draw.choice(
        (
            "This article has been retracted after its sources withdrew their account.",
            "Editor's note: this story did not meet our standards and has been withdrawn.",
            "We have removed parts of this report, which could not be verified.",
        )
    )
    return Edited(text, f"{notice}\n\n{text}", (notice[:20],))


def corrected(text: str, draw: random.Random) -> Edited | None:
    notice = draw.choice(
        (
            "Correction: An earlier version of this article misstated the date of the meeting.",
            "This story has been corrected to say that the ship was empty.",
            "Clarification: the ministry did not confirm the figure.",
        )
    )
    return Edited(text, f"{text}\n\n{notice}", (notice[:20],))


def statement_gone(text: str, draw: random.Random) -> Edited | None:
    sentences = _SENTENCE.split(text)
    long = [
        one for one in sentences[1:] if 60 < len(one) < 250 and one.rstrip("”\"'").endswith(".") and "\n" not in one
    ]
    if not long or len(sentences) < 6:
        return None
    gone = draw.choice(long)
    at = text.index(gone)
    return Edited(text, (text[:at] + text[at + len(gone) :].lstrip(" ")), (gone[:30],))


def statement_added(text: str, draw: random.Random) -> Edited | None:
    added = draw.choice(
        (
            "A spokesman said that the two governments had agreed to meet again in March.",
            "Two of the sailors were later found alive on the northern shore.",
            "The company denied that any of its vessels had been near the port that night.",
            "Officials now say that the order had come from the ministry itself.",
        )
    )
    ends = [found.end() for found in re.finditer(r"[.]\n+", text)] or [len(text)]
    at = draw.choice(ends)
    return Edited(text, f"{text[:at]}\n\n{added}\n\n{text[at:]}", (added[:30],))


def among_noise(text: str, draw: random.Random) -> Edited | None:
    edited = number(text, draw)
    if edited is None:
        return None
    noisy = quotes(edited.after, draw) or edited
    return Edited(text, f"{noisy.after}\n\nUpdated 14 minutes ago\n\n37 comments", edited.shows)


def quotes(text: str, draw: random.Random) -> Edited | None:
    curly = re.sub(r'"([^"\n]*)"', r"“\1”", text).replace("'", "’")
    straight = text.translate(str.maketrans("“”‘’", "\"\"''"))
    after = curly if curly != text else straight
    return Edited(text, after) if after != text else None


def white_space(text: str, draw: random.Random) -> Edited | None:
    return Edited(text, re.sub(r"\n+", "\n \n\n", text).replace(". ", ".\u00a0 "))


def reflowed(text: str, draw: random.Random) -> Edited | None:
    after = re.sub(r"(?<=[.!?])\s*\n+\s*", " ", text)
    return Edited(text, after) if after != text else None


def dashes(text: str, draw: random.Random) -> Edited | None:
    after = re.sub(r"\s+[-–—]+\s+", "—", text).replace("...", "…")
    after = after if after != text else text.replace("—", " - ").replace("–", "-")
    return Edited(text, after) if after != text else None


def time_stamp(text: str, draw: random.Random) -> Edited | None:
    forms = ("Updated {n} hours ago", "Last updated: {n} Dec 2026 10:1{n} GMT", "Published {n} December 2026, 08:0{n}")
    form = draw.choice(forms)
    return Edited(f"{form.format(n=2)}\n\n{text}", f"{form.format(n=5)}\n\n{text}")


def comments(text: str, draw: random.Random) -> Edited | None:
    form = draw.choice(("{n} comments", "Comments ({n})", "{n} shares", "Join the conversation ({n})"))
    return Edited(f"{text}\n\n{form.format(n=12)}", f"{text}\n\n{form.format(n=draw.randrange(13, 999))}")


def related(text: str, draw: random.Random) -> Edited | None:
    links = (
        "Read more: Navy opens inquiry into lost anchor",
        "Related: Why the treaty took nine years",
        "Also read\nPort strike enters third week\nMinister to visit Lisbon",
        "More on this story\nHow the fleet was rebuilt",
    )
    chosen = draw.sample(links, 2)
    return Edited(f"{text}\n\n{chosen[0]}", f"{text}\n\n{chosen[1]}")


def reordered(text: str, draw: random.Random) -> Edited | None:
    parts = [part for part in text.split("\n") if part.strip()]
    if len(parts) < 4:
        return None
    at = draw.randrange(1, len(parts) - 2)
    return Edited("\n\n".join(parts), "\n\n".join([*parts[:at], parts[at + 1], parts[at], *parts[at + 2 :]]))


def newsletter(text: str, draw: random.Random) -> Edited | None:
    line = draw.choice(
        (
            "Sign up for our morning newsletter and never miss a story.",
            "Subscribe now for unlimited access to all our journalism.",
            "Follow us on Facebook, X and Instagram.",
            "Get the latest news delivered straight to your inbox every morning.",
            "Download our app for breaking news alerts.",
        )
    )
    return Edited(text, _in_the_middle(text, line, draw))


def photo_credit(text: str, draw: random.Random) -> Edited | None:
    line = draw.choice(
        (
            "Photo: Reuters/Ana Torvald",
            "Image credit: Getty Images",
            "File photo: the port of Aster. (AP Photo/Jan Duun)",
            "Image: EPA",
        )
    )
    return Edited(text, _in_the_middle(text, line, draw))


def spelling(text: str, draw: random.Random) -> Edited | None:
    pairs = {"defense": "defence", "center": "centre", "program": "programme", "labor": "labour", "favor": "favour"}
    pairs |= {"organization": "organisation", "percent": "per cent", "toward": "towards", "canceled": "cancelled"}
    pairs |= {"their": "thier", "government": "goverment", "which": "wich", "because": "becuase", "people": "poeple"}
    found = _one(re.compile(rf"\b(?:{'|'.join(pairs)})\b"), text, draw)
    if found is None:
        return None
    other = text[: found.start()] + pairs[found.group()] + text[found.end() :]
    return Edited(text, other) if draw.random() < 0.5 else Edited(other, text)


def number_format(text: str, draw: random.Random) -> Edited | None:
    after = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    after = re.sub(r"(?<=\d) ?(?:percent|per cent)\b", "%", after)
    return Edited(text, after) if after != text else None


def consent(text: str, draw: random.Random) -> Edited | None:
    line = draw.choice(
        (
            "We use cookies to improve your experience. By continuing you accept our cookie policy.",
            "This site is protected by reCAPTCHA and the Google Privacy Policy and Terms of Service apply.",
            "© 2026 The Daily Example. All rights reserved.",
        )
    )
    return Edited(text, f"{text}\n\n{line}")


def advertised(text: str, draw: random.Random) -> Edited | None:
    line = draw.choice(
        ("Advertisement", "ADVERTISEMENT - CONTINUE READING BELOW", "Sponsored content", "Story continues")
    )
    return Edited(text, _in_the_middle(text, line, draw))


def byline(text: str, draw: random.Random) -> Edited | None:
    line = draw.choice(
        (
            "Reporting by Ana Torvald and Jan Duun; Editing by Mira Ostrow",
            "By Ana Torvald, Defence Correspondent",
            "Jan Duun contributed to this report.",
            "Additional reporting by our staff in Lisbon.",
        )
    )
    return Edited(text, f"{text}\n\n{line}")


def _in_the_middle(text: str, line: str, draw: random.Random) -> str:
    ends = [found.end() for found in re.finditer(r"[.!?]\s*\n+", text)] or [len(text)]
    at = draw.choice(ends)
    return f"{text[:at]}\n{line}\n\n{text[at:]}"


MATTERS: Final[Sequence[Edit]] = (
    number, number_word, name, negated, act_reversed, retracted, statement_gone,
    scale, day, negation_gone, corrected, statement_added, among_noise,
)  # fmt: skip
DOES_NOT: Final[Sequence[Edit]] = (
    quotes, white_space, time_stamp, comments, related, reordered,
    reflowed, dashes, newsletter, photo_credit, spelling, number_format, consent, advertised, byline,
)  # fmt: skip
HELD_OUT: Final = frozenset(
    {
        scale, day, negation_gone, corrected, statement_added, among_noise,
        reflowed, dashes, newsletter, photo_credit, spelling, number_format, consent, advertised, byline,
    }
)  # fmt: skip


def texts() -> list[str]:
    """The invented samples that are long enough and in English, and the real texts beside the checkout."""
    found: list[str] = []
    for path in sorted((files.seeds() / "samples").glob("*.yaml")):
        feed = yaml.safe_load(path.read_text())
        if isinstance(feed, dict) and feed.get("language", "en").startswith("en"):
            # a line of the file is no line of a page: there a paragraph is one
            whole = [re.sub(r"(?<!\n)\n(?!\n)", " ", item.get("text") or "").strip() for item in feed["items"]]
            found += [text for text in whole if len(text) > 500]
    if TEXTS.exists():
        with TEXTS.open() as lines:
            found += [text for line in lines if 800 < len(text := json.loads(line)["text"].strip()) < 8000]
    return found


def made(edits: int, seed: int) -> list[tuple[Edit, Edited]]:
    """``edits`` edits, half of which matter, their kinds in turn; held-out kinds have texts of their own."""
    draw = random.Random(seed)
    pools: dict[bool, list[str]] = {False: [], True: []}
    for place, text in enumerate(texts()):
        pools[bool(place % 2)].append(text)
    found: list[tuple[Edit, Edited]] = []
    for kinds in (MATTERS, DOES_NOT):
        for at in range(edits // 2):
            kind = kinds[at % len(kinds)]
            while not (edited := kind(draw.choice(pools[kind in HELD_OUT]), draw)) or edited.before == edited.after:
                pass
            found.append((kind, edited))
    return found


def found_by(edited: Edited) -> bool:
    """Whether the comparer reports the edit: a difference that shows the place, or any where nothing matters."""
    differences = compare(edited.before, edited.after) or ()
    if not edited.shows:
        return bool(differences)
    said = " ".join(f"{one.before or ''} {one.after or ''}" for one in differences)
    return any(words in said for words in edited.shows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=EDITS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--errors", action="store_true", help="print the errors of kinds that are not held out")
    asked = parser.parse_args()
    began = time.perf_counter()
    totals: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    by_kind: dict[str, list[int]] = {}
    for kind, edited in made(asked.edits, asked.seed):
        said = found_by(edited)
        totals[kind in HELD_OUT][f"{'matters' if edited.shows else 'does not'}, {'said' if said else 'not said'}"] += 1
        row = by_kind.setdefault(kind.__name__, [0, 0])
        row[0] += said == bool(edited.shows)
        row[1] += 1
        if asked.errors and said != bool(edited.shows) and kind not in HELD_OUT:
            print(kind.__name__, edited.shows, (compare(edited.before, edited.after) or ())[:2])
    held = {kind.__name__ for kind in HELD_OUT}
    for name_, (right, of) in by_kind.items():
        print(f"{name_:16} {'held out' if name_ in held else '':9} {right} of {of}")
    for label, count in (("seen", totals[False]), ("held out", totals[True]), ("all", totals[False] + totals[True])):
        hit, said_wrongly = count["matters, said"], count["does not, said"]
        recall = hit / max(1, hit + count["matters, not said"])
        precision = hit / max(1, hit + said_wrongly)
        print(f"{label:9} recall {recall:.3f}, precision {precision:.3f} ({sum(count.values())} edits)")
    print(f"{len(texts())} texts, {1000 * (time.perf_counter() - began) / asked.edits:.1f} ms an edit")


if __name__ == "__main__":
    main()
