"""What the tagger refuses.

UsageError
├── PackError     a topic pack or a data file of actors, places or vocabulary cannot be used
"""

from __future__ import annotations

from services.runtime.errors import UsageError


class PackError(UsageError):
    """Names file, line, what is wrong and what is allowed. ``problems`` holds every one found, in order of line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)
        self.problems = problems
