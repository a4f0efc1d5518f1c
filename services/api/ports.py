"""What the api needs of the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from services.api.core.pipeline import ServiceState
from services.contracts.feed_health import FeedHealth

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Alerts as JSON, newest first. ``next_cursor`` is null at the end.

    A page may be short, even empty, and still have a next one: the work of a request is bounded.
    """

    alerts: Sequence[bytes]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """One revision in the followers' stream: its place there and the alert as it stands now (JSON)."""

    id: str
    alert: bytes


class Services(Protocol):
    """The services before the api."""

    def states(self) -> Sequence[ServiceState]:
        """How they stood when last asked."""

    def feeds(self) -> FeedHealth | None:
        """How the feeds answered then; None where nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to sign in: the provider's address to go to, and what has to fit when it leads back."""

    address: str
    state: str
    nonce: str
    verifier: str


class Provider(Protocol):
    """A provider of OpenID Connect. Raises ``SignInError``, and ``TransientError`` where it does not answer."""

    async def begin(self) -> Attempt:
        """Begin to sign in."""

    async def claims(self, code: str, *, nonce: str, verifier: str) -> dict[str, Any]:
        """What the provider says of who came back with ``code``, verified."""
