"""What an update changed, in the words of the contract's :class:`~services.contracts.messages.Change`."""

from services.contracts.messages import Change
from services.deduper.core.facts import Facts
from services.deduper.core.text import tokens


def changes(before: Facts, after: Facts) -> tuple[Change, ...]:
    """The differences, what matters most first. Never empty: an update whose facts are the same changed its text."""
    found: list[Change] = []
    if after.retraction and after.retraction != before.retraction:
        found.append(Change(kind="retraction", before=before.retraction, after=after.retraction))
    if tokens(before.title) != tokens(after.title):
        found.append(Change(kind="title", before=before.title, after=after.title))
    found += _list_change("numbers", before.numbers, after.numbers)
    found += _list_change("actors", before.names, after.names)
    return tuple(found) or (Change(kind="text"),)


def _list_change(kind: str, before: tuple[str, ...], after: tuple[str, ...]) -> list[Change]:
    gone = [item for item in before if item not in after]
    come = [item for item in after if item not in before]
    if not (gone or come):
        return []
    return [Change(kind=kind, before=", ".join(gone) or None, after=", ".join(come) or None)]
