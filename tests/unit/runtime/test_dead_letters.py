"""Dead letters keep the original, fit the broker, and count attempts over replays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import codec, topics
from services.contracts.messages import DeadLetter
from services.runtime.kafka.publisher import MAX_MESSAGE_BYTES
from services.runtime.messages.dead_letters import (
    ATTEMPTS_HEADER,
    FIRST_FAILED_HEADER,
    MAX_VALUE_BYTES,
    dead_letter,
    noted_as_replayed,
    outgoing,
    replayed,
)
from services.runtime.messages.delivery import Delivery
from tests.support.clock import START


def a_letter(
    value: bytes | None = b"{", *, headers: Mapping[str, str] | None = None, error: str = "why", offset: int = 7
) -> DeadLetter:
    delivery = Delivery(topic="articles", partition=2, offset=offset, key=b"k", value=value, headers=headers or {})
    return dead_letter(delivery, service="deduper", reason="undecodable", error=ValueError(error), now=START)


@given(st.one_of(st.none(), st.binary()), st.text(st.characters(codec=None)), st.dictionaries(st.text(), st.text()))
def test_any_failure_makes_a_letter_that_can_be_read(value: bytes | None, why: str, headers: dict[str, str]) -> None:
    sent = outgoing(a_letter(value, error=why, headers=headers))
    letter = codec.decode(sent.value, DeadLetter)
    assert (letter.value, letter.headers, letter.error_class) == (value, headers, "ValueError")
    assert (sent.topic, sent.key) == (topics.DEAD, letter.id.encode())


def test_same_failure_twice_is_one_letter() -> None:
    assert a_letter().id == a_letter(b"other", error="other").id
    assert a_letter().id != a_letter(offset=8).id


def test_letter_of_a_large_message_fits_the_broker() -> None:
    largest = a_letter(b"\xff" * MAX_VALUE_BYTES, error="x" * 10_000)
    assert largest.value is not None
    assert len(outgoing(largest).value) < MAX_MESSAGE_BYTES
    larger = a_letter(b"\xff" * (MAX_VALUE_BYTES + 1))
    assert larger.value is None
    assert larger.detail == "why (value of 600001 bytes left out)"


def test_letter_of_a_message_with_large_headers_and_key_fits_the_broker() -> None:
    headers = {"a": "\x00" * 300_000}
    delivery = Delivery(
        topic="articles", partition=2, offset=7, key=b"k" * 300_000, value=b"\xff" * MAX_VALUE_BYTES, headers=headers
    )
    letter = dead_letter(delivery, service="deduper", reason="undecodable", error=ValueError("why"), now=START)
    assert len(outgoing(letter).value) < MAX_MESSAGE_BYTES
    assert letter.detail == "why (headers left out: 1) (key of 300000 bytes left out)"
    assert letter.value is not None


def test_replay_counts_on() -> None:
    letter = a_letter(b"\xff{", headers={"trace": "1"})
    back = replayed(letter, b"\xff{")
    assert (back.topic, back.key, back.value) == ("articles", b"k", b"\xff{")
    delivery = Delivery(topic=back.topic, partition=2, offset=99, key=back.key, value=back.value, headers=back.headers)
    later = START + timedelta(days=1)
    again = dead_letter(delivery, service="deduper", reason="undecodable", error=ValueError("why"), now=later)
    assert (again.attempts, again.first_failed_at, again.last_failed_at) == (2, START, later)
    assert again.headers["trace"] == "1"
    assert noted_as_replayed(letter).key == letter.id.encode()
    assert noted_as_replayed(letter).value == b""


@pytest.mark.parametrize("attempts", ["", "many", "-1", "1.5", "٣", "9" * 5000])
@pytest.mark.parametrize("first", ["", "yesterday", "2024-06-20T09:00:00", "\x00"])
def test_headers_that_make_no_sense_do_not_stop_a_letter(attempts: str, first: str) -> None:
    letter = a_letter(headers={ATTEMPTS_HEADER: attempts, FIRST_FAILED_HEADER: first})
    assert (letter.attempts, letter.first_failed_at) == (1, START)
