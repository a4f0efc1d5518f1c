"""Settings of the notifier."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from services.runtime.files import shipped
from services.runtime.process.settings import CommonSettings


def default_path() -> Path:
    """The shipped watches."""
    return shipped.seeds() / "watches.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierSettings(CommonSettings):
    """``WIREWATCH_NOTIFIER_*``.

    ``watches`` is the watch file, looked at for changes every ``reload_seconds``. ``allow_private``: addresses that
    are not public and may be sent webhooks all the same (``127.0.0.1/32``, ``siem.intranet:8443``); ``allow_ports``:
    ports of public addresses. ``timeout_seconds`` is for one attempt. ``dead_after_hours`` is how long a delivery is
    tried. An alert last updated more than ``stale_after_hours`` ago is delivered to nobody, and what was delivered is
    remembered for ``remember_days``, which must be longer: so reading ``alerts`` from its beginning tells nobody twice.
    """

    watches: Path = field(default_factory=default_path)
    reload_seconds: float = 2.0
    allow_private: tuple[str, ...] = ()
    allow_ports: tuple[str, ...] = ("80", "443")
    timeout_seconds: float = 20.0
    dead_after_hours: float = 24.0
    stale_after_hours: float = 168.0
    remember_days: float = 8.0
