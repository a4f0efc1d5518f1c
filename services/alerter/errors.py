"""The alerter's errors.

    WirewatchError
    ├── UsageError
    │   └── SeverityFileError   the severity rules cannot be used; names file and line. The process stops, exit code 2
    └── PoisonError
        └── codec.UndecodableError is raised by the contracts and dead-lettered with reason "undecodable"

A store or a broker that is away is a TransientError and is waited for in place (``runtime.retry``).
"""

from __future__ import annotations

from pathlib import Path

from services.runtime.errors import UsageError


class SeverityFileError(UsageError):
    """The severity rules cannot be used. The process must not start with half of them."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: {problem}")
        self.path = path
        self.line = line
