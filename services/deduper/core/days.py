"""On which days of the week a report says it happened. Reports of one event name the same day; the next event of a
running story falls on another. Pure.
"""

from services.deduper.core.facts import LEAD_CHARACTERS
from services.deduper.core.text import tokens

# Monday first. Names that are common words too ("segunda", "mar") are left out.
_NAMES = (
    "monday montag lundi lunes lunedì maandag",
    "tuesday dienstag mardi martes martedì dinsdag",
    "wednesday mittwoch mercredi miércoles mercoledì woensdag",
    "thursday donnerstag jeudi jueves giovedì donderdag",
    "friday freitag vendredi viernes venerdì vrijdag",
    "saturday samstag samedi sábado zaterdag",
    "sunday sonntag dimanche domingo zondag",
)
_BIT = {name: 1 << day for day, names in enumerate(_NAMES) for name in names.split()}


def days_of(title: str, text: str) -> int:
    """The weekdays named in title and lead, a bit each, Monday the lowest."""
    found = 0
    for name in _BIT.keys() & tokens(f"{title}\n{text[:LEAD_CHARACTERS]}"):
        found |= _BIT[name]
    return found
