"""The alerter's errors.

    WirewatchError
    ├── UsageError
    │   └── RuleFileError   a file of rules cannot be used; names file and line. Exit code 2
    └── PoisonError
        └── codec.UndecodableError is raised by the contracts and dead-lettered with reason "undecodable"

A store or a broker that is away is a TransientError and is waited for in place (``runtime.retry``).
"""

from __future__ import annotations

from pathlib import Path

from services.runtime.errors import UsageError


class RuleFileError(UsageError):
    """A rule file cannot be used. The process must not start with half of it."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: {problem}")
        self.path = path
        self.line = line
