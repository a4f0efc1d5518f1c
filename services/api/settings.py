"""The api's settings: ``WIREWATCH_API_<FIELD>``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings(CommonSettings):
    """``WIREWATCH_API_<FIELD>``.

    Each follower holds a connection to Redis, which is why they are limited. Reading needs no token while the API
    listens on loopback.
    """

    host: Annotated[str, "The address on which the API and the page listen."] = "127.0.0.1"
    port: Annotated[int, "The port of that address; 0 takes a free one."] = 8080
    max_streams: Annotated[int, "How many clients can follow the stream at once."] = 100
    token_file: Annotated[
        Path | None,
        "The tokens of those who may sign in, each line `name: token` or `name role: token` (reader, analyst, editor); "
        "without it nobody may change the state of alerts.",
    ] = None
    feeds: Annotated[Path | None, "The feed list that the page edits: the first file that the poller reads."] = None
    packs: Annotated[Path | None, "The folder of topic packs that the page edits: that of the tagger."] = None
    watches: Annotated[Path | None, "The watch file that the page edits: that of the notifier."] = None
    open_reads: Annotated[
        bool,
        "Whether reading needs no token where the API does not listen on loopback: only behind a proxy that "
        "authenticates.",
    ] = False
    services: Annotated[
        tuple[str, ...],
        "`name=http://host:port` of each service's `/readyz`, separated by commas; `wirewatch up` and Compose set it.",
    ] = ()
    archive: Annotated[Path, "The archive's file, for search and history; where there is none, the API says so."] = (
        Path(".wirewatch/archive.db")
    )
    local_feeds: Annotated[
        int, "How many feeds are served on this machine: where only those answer, the page says that it is offline."
    ] = 0
