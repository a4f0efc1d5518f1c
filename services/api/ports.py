"""What the api needs of the world."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from services.api.core.action_request import ActionRequest
from services.api.core.pipeline import ServiceState
from services.api.core.query import Query
from services.archive_store.recent import RecentArticle
from services.contracts.feed_health import FeedHealth
from services.contracts.messages import Alert
from services.contracts.stories import StoryMember

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


class AlertReader(Protocol):
    """Alerts as the alerter stores them. Raises ``TransientError`` while the store is away."""

    async def page(self, query: Query) -> Page:
        """The alerts a query asks for."""

    async def alert(self, alert_id: str) -> bytes | None:
        """One alert (JSON), None where there is none."""

    async def members(self, story_id: str, language: str | None) -> Sequence[StoryMember]:
        """The members of a story, in order of first sight."""

    async def last_event(self) -> str:
        """Where the followers' stream ends now."""

    def follow(self, after: str) -> AsyncIterator[Event | None]:
        """Revisions from behind ``after``, for ever; None now and then while it is quiet."""

    async def ping(self) -> None:
        """Raises while the store is away."""


class Services(Protocol):
    """The services before the api."""

    def states(self) -> Sequence[ServiceState]:
        """How they stood when last asked."""

    def feeds(self) -> FeedHealth | None:
        """How the feeds answered then; None where nothing is known."""


class Archive(Protocol):
    """The archive's file, and the one with the articles of the last days beside it."""

    async def recent(self) -> Sequence[RecentArticle]:
        """The unique articles of the last days, the newest first. Raises ``TransientError``."""

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """The answer of ``question``, which is given a read-only connection, in a thread.

        Raises ``QueryError`` where the question cannot be answered as it stands, ``TransientError`` while the file
        cannot be read.
        """


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


class AlertActions(Protocol):
    """Writes what analysts do with alerts."""

    async def act(self, alert_id: str, request: ActionRequest, by: str) -> Alert | None:
        """The alert as it stands then, None where there is no such alert.

        Raises ``QueryError``, ``ActionError`` or ``TransientError``.
        """
