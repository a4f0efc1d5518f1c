"""The root of every service's error tree.

    WirewatchError
    ├── UsageError       a person has to change something: a setting, a file, an address. Exit code 2
    │   └── UnusableFilesError   files of a person's own with one mistake or several, all of them named
    ├── TransientError   trying again can help: a server is away. Retried in place, never dead-lettered
    └── PoisonError      trying again cannot help: this one message goes to the dead-letter topic

Each service's ``errors.py`` draws its own branch and gives every class the identity of what failed.
"""

from typing import Final

# Exit codes of a service.
EXIT_OK: Final = 0  # stopped as asked
EXIT_USAGE: Final = 2  # a person has to change something, said in one sentence
EXIT_DEFECT: Final = 70  # a defect, or it stopped by itself: the supervisor starts it again


class WirewatchError(Exception):
    """Something Wirewatch foresaw. ``str(error)`` is one sentence that a person can act on."""


class UsageError(WirewatchError):
    """What a person gave cannot be used; the sentence names the file, line or setting and what to do."""


class UnusableFilesError(UsageError):
    """``problems`` holds every one found, in order of line: a sentence with file, line and what is allowed."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)
        self.problems = problems


class TransientError(WirewatchError):
    """A server is away or busy; the same call may succeed later."""


class PoisonError(WirewatchError):
    """One message cannot be processed, now or later. ``reason`` is a short fixed word, used as a metric label."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
