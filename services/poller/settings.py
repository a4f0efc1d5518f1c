"""Settings of the poller."""

from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Annotated

from services.poller.core.policy import DAILY_BYTES
from services.runtime.errors import UsageError
from services.runtime.http.ssrf_guard import Allowed, allowed_by
from services.runtime.process.settings import CommonSettings

LEAST_DAILY_BYTES = 10_000.0
MOST_RECHECK_HOURS = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class PollerSettings(CommonSettings):
    """``WIREWATCH_POLLER_<FIELD>``."""

    feeds: Annotated[
        tuple[str, ...], "The OPML files with the feeds, separated by commas; empty is `seeds/feeds.opml`."
    ] = ()
    allow_private: Annotated[
        tuple[str, ...],
        "Private addresses that may be polled all the same: `host:port` or a network, such as `127.0.0.1/32`.",
    ] = ()
    allow_ports: Annotated[tuple[str, ...], "The ports of public addresses that may be polled."] = ("80", "443")
    contact: Annotated[str, "The address in the User-Agent, so that publishers can contact you: set it."] = (
        "https://example.org/wirewatch"
    )
    fetchers: Annotated[int, "How many feeds are polled at once."] = 64
    workers: Annotated[int, "How many processes parse feeds."] = 2
    full_text: Annotated[bool, "Whether an article's page is fetched where its feed has only a teaser."] = True
    host_gap_seconds: Annotated[float, "The pause between two requests to one host."] = 5.0
    spread_seconds: Annotated[float, "The time over which the first polls of new feeds are spread."] = 60.0
    max_lag: Annotated[
        int,
        "Polling pauses while more articles than this wait for the deduper, until half of them are done; 0 never "
        "pauses.",
    ] = 100_000
    unvalidated_daily_bytes: Annotated[
        float,
        "What a feed that gives neither a validator nor an interval may weigh on the wire in a day; at least 10000.",
    ] = DAILY_BYTES
    rechecks: Annotated[bool, "Whether pages behind high and critical alerts are looked at again."] = True
    recheck_after_hours: Annotated[
        tuple[str, ...], "When they are looked at again, in hours after the first look, in rising order."
    ] = ("24", "168")
    rechecks_per_day: Annotated[int, "How many looks there are in a day, the first ones included."] = 500
    websub_url: Annotated[
        str, "The public address under which WebSub hubs reach the poller; empty subscribes to no hub."
    ] = ""
    websub_host: Annotated[str, "The address on which the poller listens for hubs."] = "127.0.0.1"
    websub_port: Annotated[int, "The port of that address; 0 takes a free one."] = 8090


def user_agent(contact: str) -> str:
    """Who asks: name, version and where a publisher finds us."""
    return f"wirewatch/{version('wirewatch')} (+{contact})"


def allowed_of(settings: PollerSettings) -> Allowed:
    """What may be asked. Raises :class:`UsageError` naming the setting."""
    return allowed_by("poller", settings.allow_private, settings.allow_ports)


def recheck_after_of(settings: PollerSettings) -> tuple[timedelta, ...]:
    """When pages are looked at again. Raises :class:`UsageError` naming the setting."""
    try:
        hours = [float(part) for part in settings.recheck_after_hours]
    except ValueError:
        hours = []
    if not hours or hours != sorted(hours) or not 0 < hours[0] <= hours[-1] <= MOST_RECHECK_HOURS:
        raise UsageError(
            "WIREWATCH_POLLER_RECHECK_AFTER_HOURS takes hours in rising order, separated by commas, "
            f"at most {MOST_RECHECK_HOURS}: for instance 24,168."
        )
    return tuple(timedelta(hours=each) for each in hours)


def daily_bytes_of(settings: PollerSettings) -> float:
    """The budget of feeds without validators. Raises :class:`UsageError` naming the setting."""
    if settings.unvalidated_daily_bytes < LEAST_DAILY_BYTES:
        raise UsageError(
            f"WIREWATCH_POLLER_UNVALIDATED_DAILY_BYTES is {settings.unvalidated_daily_bytes:g}: "
            f"give {LEAST_DAILY_BYTES:.0f} or more."
        )
    return settings.unvalidated_daily_bytes
