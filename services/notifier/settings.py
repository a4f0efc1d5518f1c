"""Settings of the notifier."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from services.runtime.files import shipped
from services.runtime.process.settings import CommonSettings


def default_path() -> Path:
    """The shipped watches."""
    return shipped.seeds() / "watches.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierSettings(CommonSettings):
    """``WIREWATCH_NOTIFIER_<FIELD>``.

    ``remember_days`` must be longer than ``stale_after_hours``: then reading ``alerts`` from its beginning notifies
    nobody twice.
    """

    watches: Annotated[Path, "The watch file: who is notified of which alerts, and how."] = field(
        default_factory=default_path
    )
    reload_seconds: Annotated[float, "How often that file is checked for changes."] = 2.0
    allow_private: Annotated[
        tuple[str, ...], "Private addresses that may be sent webhooks all the same: `host:port` or a network."
    ] = ()
    allow_ports: Annotated[tuple[str, ...], "The ports of public addresses that may be sent webhooks."] = ("80", "443")
    timeout_seconds: Annotated[float, "The time limit of one attempt."] = 20.0
    dead_after_hours: Annotated[float, "How long a delivery is retried."] = 24.0
    stale_after_hours: Annotated[float, "An alert last updated longer ago than this is not delivered."] = 168.0
    remember_days: Annotated[float, "How long deliveries are remembered."] = 8.0
