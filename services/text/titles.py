"""What the form of a headline says of it, in any language of Latin capitals."""

import re

_NAME = r"[A-Z][A-Z.'\u2019-]{1,24}(?: [A-Z][A-Z.'\u2019-]{0,24}){1,2}"
_COLUMN = re.compile(rf"^(?!JUST IN|BREAKING NEWS|LIVE UPDATES|EXCLUSIVE REPORT){_NAME}: |: {_NAME}$")


def is_column(title: str) -> bool:
    """Whether a writer's name stands in capitals at its head or end: "JANE DOE: We must ...", "...: JANE DOE"."""
    return _COLUMN.search(title) is not None
