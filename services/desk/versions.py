"""A text file that is replaced in one step, and keeps what it was before, so that a change can be taken back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

from services.runtime.errors import UnusableFilesError, UsageError

T = TypeVar("T")

KEPT: Final = 20  # versions


class Versions:
    """The versions of one file, in ``.versions`` beside it: ``<name>.<number>``, the highest the last but one.

    An empty one stands for a file that was not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = path.parent / ".versions"

    def save(self, text: str) -> None:
        """Replace the file in one step. Raises :class:`UsageError` where it cannot be written."""
        with self._writing():
            self._folder.mkdir(parents=True, exist_ok=True)
            held = self._numbers()
            before = self._path.read_bytes() if self._path.is_file() else b""
            (self._folder / self._name(held[-1] + 1 if held else 1)).write_bytes(before)
            for number in held[: max(0, len(held) + 1 - KEPT)]:
                (self._folder / self._name(number)).unlink(missing_ok=True)
            new = self._path.with_name(f".{self._path.name}.new")
            new.write_text(text, encoding="utf-8")
            new.replace(self._path)

    def undo(self) -> bool:
        """Bring back the version before this one; false where there is none. Raises :class:`UsageError`."""
        held = self._numbers()
        if not held:
            return False
        before = self._folder / self._name(held[-1])
        with self._writing():
            if before.stat().st_size:
                before.replace(self._path)
            else:
                self._path.unlink(missing_ok=True)
                before.unlink()
        return True

    def count(self) -> int:
        """How many versions can be brought back."""
        return len(self._numbers())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UsageError(f"{self._path} cannot be written: {error.strerror}.") from None

    def _name(self, number: int) -> str:
        return f"{self._path.name}.{number}"

    def _numbers(self) -> list[int]:
        found = (path.name.removeprefix(f"{self._path.name}.") for path in self._folder.glob(f"{self._path.name}.*"))
        return sorted(int(text) for text in found if text.isdecimal())


def read_as_file(text: str, name: str, read: Callable[[Path], T]) -> T:
    """What ``read`` makes of ``text`` in a file called ``name``.

    Raises :class:`UnusableFilesError` whose problems begin with the line: the file is gone by then.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        try:
            return read(path)
        except UnusableFilesError as refused:
            raise UnusableFilesError(tuple(one.replace(f"{path}, ", "") for one in refused.problems)) from None
