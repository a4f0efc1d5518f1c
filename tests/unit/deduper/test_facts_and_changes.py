"""What a version claims, and what an update says it changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.messages import Change
from services.deduper.core.changes import changes
from services.deduper.core.facts import Facts, facts_of, pack, unpack


def test_numbers_names_and_retractions_are_found() -> None:
    facts = facts_of(
        "Tanker hit off the cape", "On Monday the Sirius Star was hit by 2 drones, Ann Lee said.\nCorrection: not 3."
    )
    assert facts.numbers == ("2", "3")
    assert facts.names == ("Sirius Star", "Ann Lee")
    assert facts.retraction == "correction"


def test_an_update_says_what_changed() -> None:
    before = facts_of("Ten dead in blast", "The blast killed 10, said Mayor Ann Lee.")
    after = facts_of("Twelve dead in blast", "The blast killed 12, said Governor Bo Kim. This corrects the toll.")
    assert changes(before, after) == (
        Change(kind="retraction", before=None, after="corrects"),
        Change(kind="title", before="Ten dead in blast", after="Twelve dead in blast"),
        Change(kind="numbers", before="10", after="12"),
        Change(kind="actors", before="Mayor Ann Lee", after="Governor Bo Kim"),
    )


def test_a_title_in_other_typography_has_not_changed() -> None:
    before, after = Facts(title="“Ten” dead"), Facts(title='"TEN" Dead!')
    assert pack(before) == pack(after)
    assert changes(before, after) == (Change(kind="text"),)


@given(st.text(), st.text())
def test_any_facts_survive_packing(title: str, text: str) -> None:
    facts = facts_of(title, text)
    assert unpack(f"{pack(facts)}\x1f{title}") == facts
