"""``publishers.yaml``: what ships, and one sentence with its line for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cli.feeds import lists
from services.poller.core.canonical import host_of
from services.poller.edges import publishers as edge
from services.runtime.errors import UnusableFilesError
from services.runtime.files import publishers, shipped

GOOD = """\
families:
  one: [one.example]
  two: [two.example]
wires:
  Wire: {hosts: [wire.example], credits: [WIRE]}
aggregators: [passes.example]
publishers:
  one: {country: NOR, kind: paper, owner: One Group, source: own imprint}
  Wire: {country: NOR, kind: agency}
"""


def written(path: Path, text: str) -> Path:
    file = path / "publishers.yaml"
    file.write_text(text)
    return file


def test_an_agency_is_known_by_its_sites_too(tmp_path: Path) -> None:
    known = publishers.read(written(tmp_path, GOOD)).by_family()
    assert set(known) == {"one", "Wire", "wire.example"}


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("owner: One Group, source: own imprint", "owner: One Group", 8, "source"),
        ("kind: paper", "kind: blog", 8, "agency, paper"),
        ("own imprint", "own imprint, source_url: one.example/about", 8, "source_url"),
        ("own imprint", "own imprint, source_url: 'https://one.example/', source_date: spring", 8, "source_date"),
        ("own imprint", "own imprint, source_date: '2025-07'", 8, "source_url"),
        ("country: NOR, kind: paper", "country: Norway, kind: paper", 8, "alpha-3"),
        ("  two: [two.example]", "  two: [one.example]", 3, "one.example stands under one and under two: keep one."),
        ("  one: {country", "  three: {country", 8, "three is neither a family, nor a wire, nor a domain."),
        ("credits: [WIRE]", "credit: [WIRE]", 5, "credit"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, before: str, after: str, line: int, says: str) -> None:
    file = written(tmp_path, GOOD.replace(before, after, 1))
    with pytest.raises(UnusableFilesError) as refused:
        publishers.read(file)
    assert f"{file}, line {line}: " in str(refused.value)
    assert says in str(refused.value)


def test_every_feed_that_ships_has_a_card_of_its_publisher() -> None:
    known, tables = publishers.read_shipped().by_family(), edge.load()
    without = set()
    for feed in lists.load([shipped.seeds() / "feeds.opml"]):
        family = tables.family_of(feed.outlet or host_of(feed.url) or "")
        if family not in known:
            without.add(family)
    assert not without


def test_what_is_called_state_controlled_says_where_that_is_stated() -> None:
    """VnExpress is left: no page that names the state behind it was found."""
    claimed = {name: known for name, known in publishers.read_shipped().publishers.items() if known.controlling_state}
    assert len(claimed) >= 40
    assert {name for name, known in claimed.items() if not known.source_url} == {"vnexpress.net"}
