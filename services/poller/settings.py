"""Settings of the poller."""

from __future__ import annotations

from dataclasses import dataclass

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PollerSettings(CommonSettings):
    """``WIREWATCH_POLLER_*``.

    ``feeds``: OPML files; empty means the shipped list. ``allow_private``: addresses that are not public and may be
    asked all the same (``127.0.0.1/32``, ``samples:8080``); none by default. ``allow_ports``: ports of public
    addresses. ``contact``: the address that publishers find in the User-Agent. ``fetchers``: feeds polled at once;
    ``workers``: parsing processes. ``full_text``: whether article pages are asked for where a feed only teases.
    ``spread_seconds``: over how long the first polls of new feeds are spread. ``max_lag``: with more articles than
    this waiting for the deduper, polling waits until half of them are worked off; 0 never waits.
    ``unvalidated_seconds``: how often feeds are asked that give neither a validator nor an interval, so that every
    answer is a full one; at least 300.
    ``websub_url``: where hubs reach us from the internet (``https://hooks.example.org/wirewatch``); empty means that no
    feed's hub is asked to push. ``websub_host`` and ``websub_port``: where to listen for them; port 0 takes a free one.
    """

    feeds: tuple[str, ...] = ()
    allow_private: tuple[str, ...] = ()
    allow_ports: tuple[str, ...] = ("80", "443")
    contact: str = "https://example.org/wirewatch"
    fetchers: int = 64
    workers: int = 2
    full_text: bool = True
    host_gap_seconds: float = 5.0
    spread_seconds: float = 60.0
    max_lag: int = 100_000
    unvalidated_seconds: float = 86_400.0
    websub_url: str = ""
    websub_host: str = "127.0.0.1"
    websub_port: int = 8090
