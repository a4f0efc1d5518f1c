"""A file that a person wrote, as the core needs it: plain values, and the line of each for what is wrong with it."""

from typing import Any, Protocol

Path = tuple[str | int, ...]


class Document(Protocol):
    """What :class:`services.runtime.files.yaml.Document` gives."""

    @property
    def name(self) -> str:
        """The file."""

    @property
    def value(self) -> Any:
        """Plain values."""

    def line_of(self, path: Path) -> int:
        """The line of the value at ``path``, or of the nearest around it."""


def at(document: Document, path: Path) -> str:
    """``file, line N`` for a message."""
    return f"{document.name}, line {document.line_of(path)}"
