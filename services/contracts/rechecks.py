"""What looking again at an article's page has found: on the article's new version, and on the sources of its alert."""

from typing import Annotated, Final, Literal, get_args

from msgspec import Meta, Struct

from services.contracts.field_types import Filled, Id, Time, Timed

PageOutcome = Literal["changed", "withdrawn"]
PAGE_OUTCOMES: Final[tuple[PageOutcome, ...]] = get_args(PageOutcome)
MAX_DIFFERENCES: Final = 10
MAX_QUOTE: Final = 300  # characters of either side of a difference
RECHECK_CHANGES: Final[dict[PageOutcome, str]] = {"changed": "source_changed", "withdrawn": "source_withdrawn"}
"""The kinds of change of an alert that say so."""


class Difference(Struct, frozen=True, kw_only=True):
    """A passage that changed. Null where there was or is nothing; else it stands so in the text of that look."""

    before: Annotated[str, Meta(max_length=MAX_QUOTE)] | None = None
    after: Annotated[str, Meta(max_length=MAX_QUOTE)] | None = None


class PageChange(Timed, frozen=True, kw_only=True):
    """A page that reads otherwise than before, or is no longer there.

    ``first_looked_at`` is when the text was taken that ``looked_at`` is compared with. A withdrawn page has no
    differences.
    """

    outcome: PageOutcome
    looked_at: Time
    first_looked_at: Time
    differences: Annotated[tuple[Difference, ...], Meta(max_length=MAX_DIFFERENCES)] = ()


class Recheck(PageChange, frozen=True, kw_only=True):
    """The same on an article, with what leads back to its alert: the story, and the packs of the alert's topics.

    Such an article is no news. Nothing is decided on it but that its alert has to say so.
    """

    story_id: Id
    packs: tuple[Filled, ...] = ()


def in_words(change: PageChange) -> str:
    """The change as a line of text: what it was and is, or that it is gone."""
    day = f"{change.looked_at:%Y-%m-%d}"
    if change.outcome == "withdrawn":
        return f"withdrawn: no longer there on {day}"
    return f"changed on {day}: " + "; ".join(difference_in_words(item) for item in change.differences)


def difference_in_words(item: Difference) -> str:
    """One difference: "before" -> "after"."""
    if item.before is None:
        return f"added “{item.after}”"
    return f"removed “{item.before}”" if item.after is None else f"“{item.before}” → “{item.after}”"
