"""The api's settings: ``WIREWATCH_API_<FIELD>``."""

from __future__ import annotations

from dataclasses import dataclass

from services.runtime.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings(CommonSettings):
    """Where the api listens; port 0 takes a free one. ``url`` is for clients (see ``services.cli.addresses``).

    ``max_streams`` bounds the followers: each holds a connection to Redis.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    url: str | None = None
    max_streams: int = 100
