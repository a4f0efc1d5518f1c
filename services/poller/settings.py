"""Settings of the poller."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from services.poller.core.policy import CAP_SECONDS, HINTED_FLOOR_SECONDS
from services.runtime.errors import UsageError
from services.runtime.http.ssrf_guard import Allowed, parse_allowed
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


def user_agent(contact: str) -> str:
    """Who asks: name, version and where a publisher finds us."""
    return f"wirewatch/{version('wirewatch')} (+{contact})"


def allowed_of(settings: PollerSettings) -> Allowed:
    """What may be asked. Raises :class:`UsageError` naming the setting."""
    try:
        ports = [int(port) for port in settings.allow_ports]
    except ValueError:
        raise UsageError("WIREWATCH_POLLER_ALLOW_PORTS takes port numbers separated by commas.") from None
    try:
        return parse_allowed(settings.allow_private, ports)
    except ValueError as error:
        raise UsageError(f"WIREWATCH_POLLER_ALLOW_PRIVATE: {error}.") from None


def unvalidated_of(settings: PollerSettings) -> float:
    """The interval of feeds without validators. Raises :class:`UsageError` naming the setting."""
    if not HINTED_FLOOR_SECONDS <= settings.unvalidated_seconds <= CAP_SECONDS:
        raise UsageError(
            f"WIREWATCH_POLLER_UNVALIDATED_SECONDS is {settings.unvalidated_seconds:g}: "
            f"give {HINTED_FLOOR_SECONDS:.0f} to {CAP_SECONDS:.0f}."
        )
    return settings.unvalidated_seconds
