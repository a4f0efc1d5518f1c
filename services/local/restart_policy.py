"""When a process that ended by itself is started again. Pure: what happened goes in, what to do comes out."""

import signal
from dataclasses import dataclass

from services.runtime.errors import EXIT_USAGE

_FIRST_SECONDS = 0.2
_LONGEST_SECONDS = 10.0
_HEALTHY_SECONDS = 30.0  # one that lived this long starts with a clean record


@dataclass(frozen=True, slots=True)
class Again:
    """Start it again after ``delay_seconds``. ``ends`` counts its quick ends in a row."""

    delay_seconds: float
    ends: int


@dataclass(frozen=True, slots=True)
class Leave:
    """Do not start it again: a person has to change something first."""


def decide(*, code: int, lived_seconds: float, ends: int) -> Again | Leave:
    """What to do about a process that ended with ``code`` after ``ends`` quick ends before.

    Exit code 2 says that its settings or files cannot be used, and trying again would only fill the log.
    """
    if code == EXIT_USAGE:
        return Leave()
    ends = 1 if lived_seconds >= _HEALTHY_SECONDS else ends + 1
    return Again(min(_FIRST_SECONDS * 2.0 ** min(ends - 1, 16), _LONGEST_SECONDS), ends)


def in_words(code: int) -> str:
    """An exit code as a person says it: ``exit code 70``, ``killed by SIGKILL``."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
