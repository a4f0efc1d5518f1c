"""Failpoints are off unless named, and a wrong name is said at the start."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.runtime.errors import UsageError
from services.runtime.process import failpoints

SERVICES = Path(failpoints.__file__).parents[2]


def test_without_a_name_nothing_happens() -> None:
    failpoints.arm("")
    for point in failpoints.POINTS:
        failpoints.reach(point)


def test_the_named_point_ends_the_process_and_no_other_does() -> None:
    program = (
        "from services.runtime.process.failpoints import *; arm('alerter.sent'); reach('alerter.written'); print(1); "
    )
    ended = subprocess.run(
        [sys.executable, "-c", program + "import sys; sys.stdout.flush(); reach('alerter.sent'); print(2)"],
        cwd=SERVICES.parent,
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, b"1\n")


def test_an_unknown_point_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"WIREWATCH_FAILPOINT is 'alerter.snt': did you mean alerter.sent\?"):
        failpoints.arm("alerter.snt")


def test_every_point_is_reached_by_exactly_one_line() -> None:
    reached = [
        name
        for path in SERVICES.rglob("*.py")
        for name in re.findall(r'failpoints\.reach\("([^"]+)"\)', path.read_text())
    ]
    assert sorted(reached) == sorted(failpoints.POINTS)
