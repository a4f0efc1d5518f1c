"""The api's errors.

WirewatchError
├── QueryError    a request that cannot be answered as it stands; HTTP 400 with the sentence
├── ActionError   an action that makes no sense for the alert as it stands; HTTP 409, or beside the alert of many
├── SignInError   somebody whom the provider of a team does not let in, or who has no role; HTTP 403
└── TokenError    a line of the token file that is none
"""

from services.runtime.errors import WirewatchError


class QueryError(WirewatchError):
    """A parameter of a request is of the wrong form; the sentence names it and says what to give."""


class ActionError(WirewatchError):
    """An action cannot be taken on an alert as it stands; the sentence says why."""


class SignInError(WirewatchError):
    """Signing in with the provider of a team did not succeed; the sentence says why."""


class TokenError(WirewatchError):
    """A line of the token file is of the wrong form; the sentence names the line and says what to give."""
