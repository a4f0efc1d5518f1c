"""What the dead-letter topic says, and which letters a replay takes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.cli.dead.letters import chosen, gather
from services.contracts import codec
from services.contracts.messages import DeadLetter
from services.runtime.errors import UsageError
from services.runtime.messages.dead_letters import dead_letter
from services.runtime.messages.delivery import Delivery
from tests.support.clock import START


def a_letter(offset: int, *, reason: str = "undecodable", after: float = 0) -> DeadLetter:
    delivery = Delivery(topic="articles", partition=0, offset=offset, key=b"k", value=b"{")
    return dead_letter(
        delivery, service="deduper", reason=reason, error=ValueError("x"), now=START + timedelta(seconds=after)
    )


def written(*letters: DeadLetter) -> list[tuple[bytes | None, bytes | None]]:
    return [(letter.id.encode(), codec.encode(letter)) for letter in letters]


def test_letter_reported_twice_is_one() -> None:
    first, again, other = a_letter(1), a_letter(1, after=9), a_letter(2, after=5)
    found = gather(written(first, other, again))
    assert found.letters == [other, again]
    assert found.replayed == set()


@pytest.mark.parametrize("nothing", [b"", None])
def test_record_with_nothing_in_it_says_replayed(nothing: bytes | None) -> None:
    letter = a_letter(1)
    note = (letter.id.encode(), nothing)
    assert gather([*written(letter), note]).replayed == {letter.id}
    assert gather([*written(letter), note, *written(letter)]).replayed == set()
    assert gather([note]).replayed == set()  # the letter's own retention has ended


def test_what_is_no_letter_is_counted() -> None:
    found = gather([(None, b"{"), (b"k", b"[]"), *written(a_letter(1))])
    assert found.unreadable == 2
    assert len(found.letters) == 1


def test_replay_takes_what_was_not_replayed_and_has_the_reason() -> None:
    done, defect, other = a_letter(1), a_letter(2, reason="defect", after=1), a_letter(3, after=2)
    found = gather([*written(done, defect, other), (done.id.encode(), b"")])
    assert chosen(found, only=[], reason=None) == [defect, other]
    assert chosen(found, only=[], reason="defect") == [defect]
    assert chosen(found, only=[other.id, other.id], reason=None) == [other]
    assert chosen(found, only=[done.id], reason=None) == []


def test_unknown_id_is_named() -> None:
    with pytest.raises(UsageError, match="There is no dead letter nope"):
        chosen(gather([]), only=["nope"], reason=None)
