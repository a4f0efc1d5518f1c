"""The api's settings: ``WIREWATCH_API_<FIELD>``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings(CommonSettings):
    """Where the api listens; port 0 takes a free one. ``url`` is for clients (see ``services.cli.addresses``).

    ``max_streams`` bounds the followers: each holds a connection to Redis. ``token_file`` names who may change the
    state of alerts (``services.api.tokens``); without it nobody may. Reading needs no token while the api listens on
    loopback; elsewhere it does, unless ``open_reads`` says that something in front of it keeps strangers out.
    ``services`` are the services before the api, each ``name=http://host:port`` of its operations endpoint: the page
    says where one of them cannot do its work.
    The retention settings are those of the alerter, for alerts whose state changes here.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    url: str | None = None
    max_streams: int = 100
    token_file: Path | None = None
    open_reads: bool = False
    services: tuple[str, ...] = ()
    retention_days: float = 30.0
    closed_retention_days: float = 7.0
    stream_revisions: int = 10_000
