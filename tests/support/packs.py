"""Small topic packs for tests, and the shipped library compiled once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from services.tagger import library
from services.tagger.library import Library

SMALL_PACK = """\
format: 2
topic: storms
version: "2.1"
title: Storms
threshold: 0.5
things:
  storm: [storm, hurricane]
  drill: [drill]
masks: [brainstorm~, perfect storm]
acts:
  strike:
    verb: strikes
    verbs: [strike, batter]
    nouns: [landfall]
    needs: [{agent: storm, object: state}]
    weight: 0.8
discounts:
  - {id: exercise, words: drill, factor: 0.25}
examples:
  should_match: [Two storms battered Japan.]
  should_not_match: [A perfect storm struck Japan.]
"""


@cache
def shipped() -> Library:
    """The packs in ``seeds/topics``."""
    return library.load(library.default_folder())


def small(folder: Path, text: str = SMALL_PACK, name: str = "storms.yaml") -> Library:
    """One pack, written to ``folder`` and loaded."""
    (folder / name).write_text(text, encoding="utf-8")
    return library.load(folder)
