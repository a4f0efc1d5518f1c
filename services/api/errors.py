"""The api's errors.

WirewatchError
├── QueryError    a request that cannot be answered as it stands; HTTP 400 with the sentence
└── TokenError    a line of the token file that is none
"""

from __future__ import annotations

from services.runtime.errors import WirewatchError


class QueryError(WirewatchError):
    """A parameter of a request is of the wrong form; the sentence names it and says what to give."""


class TokenError(WirewatchError):
    """A line of the token file is of the wrong form; the sentence names the line and says what to give."""
