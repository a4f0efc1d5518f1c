"""A row of ``make faults`` that has no articles left breaks: without them it would show nothing, and pass."""

from __future__ import annotations

import pytest

from tests.faults.pool import EmptyPoolError, Pool


def test_an_empty_pool_is_an_error_that_says_what_to_do() -> None:
    pool = Pool(3)
    singles = {pool.take_single().group for _ in range(3)}
    assert len(singles) == 3
    with pytest.raises(EmptyPoolError, match="all 3 articles of the pool were taken: give more with --groups"):
        pool.take()
