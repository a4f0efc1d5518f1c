"""When a process that ended is started again."""

from __future__ import annotations

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.local.restart_policy import Again, Leave, decide, in_words


def test_a_usage_error_is_left_for_a_person() -> None:
    assert decide(code=2, lived_seconds=100.0, ends=0) == Leave()


def test_delays_double_while_a_process_ends_quickly() -> None:
    delays = []
    ends = 0
    for _ in range(8):
        decision = decide(code=70, lived_seconds=0.5, ends=ends)
        assert isinstance(decision, Again)
        delays.append(decision.delay_seconds)
        ends = decision.ends
    assert delays == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_one_that_lived_starts_with_a_clean_record() -> None:
    assert decide(code=-signal.SIGKILL, lived_seconds=31.0, ends=9) == Again(0.2, 1)


@given(code=st.integers(-64, 255).filter(lambda code: code != 2), lived=st.floats(0, 1e6), ends=st.integers(0, 10_000))
def test_everything_else_is_started_again_within_ten_seconds(code: int, lived: float, ends: int) -> None:
    decision = decide(code=code, lived_seconds=lived, ends=ends)
    assert isinstance(decision, Again)
    assert 0 < decision.delay_seconds <= 10


@pytest.mark.parametrize(
    ("code", "words"), [(70, "exit code 70"), (-9, "killed by SIGKILL"), (-250, "killed by signal 250")]
)
def test_an_end_in_words(code: int, words: str) -> None:
    assert in_words(code) == words
