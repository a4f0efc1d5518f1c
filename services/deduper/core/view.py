"""What is stored of one language and what has been written since, as one. Pure."""

from __future__ import annotations

from typing import Any, Protocol, cast

from services.contracts.stories import StoryMember
from services.deduper.core.records import (
    FIRST_COPY,
    LIVE_SLICES,
    Head,
    Key,
    Kind,
    Owner,
    Record,
    StoredVector,
    Version,
    slice_of,
)

Postings = tuple[Owner, ...]
_UNCHANGED: Any = object()


class Pages(Protocol):
    """What has been loaded of one language."""

    def get(self, key: Key) -> Any:
        """The value of ``key``, None where there is none. Raises :class:`NotLoadedError`."""


class View:
    """Reads through to ``pages`` as of ``now_s`` (Unix seconds). What is put is held in ``changes``, and read there."""

    def __init__(self, pages: Pages, head: Head, window_s: int, now_s: int) -> None:
        self.head = head
        self.window_s = window_s
        self.now_s = now_s
        self.slice = slice_of(now_s, window_s)
        self.changes: dict[Key, Any] = {}
        self.changed: set[Key] = set()  # what was merged, whether it is among the changes still or has been taken
        self._pages = pages
        self._oldest = self.slice - LIVE_SLICES + 1  # that is read

    def get(self, key: Key) -> Any:
        """See :class:`Pages`."""
        found = self.changes.get(key, _UNCHANGED)
        return self._pages.get(key) if found is _UNCHANGED else found

    def put(self, kind: Kind, of: Any, value: Any) -> None:
        """Write a value."""
        self.changes[kind, of] = value

    def merge(self, draft: View) -> None:
        """Take over what was written to a view of this one."""
        self.changes |= draft.changes
        self.changed.update(draft.changes)
        self.head = draft.head

    def take_changes(self) -> dict[Key, Any]:
        """The changes, which go to the pages."""
        taken, self.changes = self.changes, {}
        return taken

    def number(self, *, copy: bool) -> int:
        """The next number, of a copy or of an owner of a text."""
        owners, copies, commit = self.head
        if copy:
            self.head = Head(owners, copies + 1, commit)
            return FIRST_COPY + copies + 1
        self.head = Head(owners + 1, copies, commit)
        return owners + 1

    def owners(self, posting: Key) -> Postings:
        """Who is entered under a hash in the slices that are read, in order of arrival."""
        found = cast("Postings | None", self.get(posting))
        if not found:
            return ()
        oldest = self._oldest
        if found[0].window_slice >= oldest and found[-1].window_slice >= oldest:
            return found
        return tuple(owner for owner in found if owner.window_slice >= oldest)

    def record(self, number: int) -> Record | None:
        return cast("Record | None", self.get(("record", number)))

    def live_record(self, number: int) -> Record | None:
        """The record of a number where it is inside the window; that of number 0 never is."""
        record = self.record(number) if number else None
        return record if record and self.now_s - record.seen_s <= self.window_s else None

    def vector(self, number: int) -> StoredVector:
        return cast("StoredVector | None", self.get(("vector", number))) or StoredVector()

    def sketch(self, number: int) -> tuple[int, ...]:
        return cast("tuple[int, ...] | None", self.get(("sketch", number))) or ()

    def representatives(self, root: int) -> tuple[int, ...]:
        """The numbers of a story's representatives, its first member before the others."""
        return root, *(cast("tuple[int, ...] | None", self.get(("representatives", root))) or ())

    def facts(self, number: int) -> str:
        return cast("str | None", self.get(("facts", number))) or ""

    def history(self, number: int) -> tuple[Version, ...]:
        return cast("tuple[Version, ...] | None", self.get(("history", number))) or ()

    def replaced(self, number: int, version: int) -> str:
        return cast("str | None", self.get(("replaced", (number, version)))) or ""

    def member(self, story_id: str, article_id: str) -> StoryMember | None:
        return cast("StoryMember | None", self.get(("member", (story_id, article_id))))

    def story_id(self, record: Record) -> str:
        """The id of a story is that of its first member, whose record stays for as long as the story does."""
        root = self.record(record.root)
        return root.article_id if root else record.article_id
