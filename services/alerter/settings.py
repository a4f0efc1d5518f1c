"""The alerter's settings: ``WIREWATCH_ALERTER_<FIELD>``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AlerterSettings(CommonSettings):
    """``severity_file`` is the rule file, by default ``seeds/severity.yaml``.

    An article older than ``stale_after_hours`` when it was fetched opens no alert. An alert is kept
    ``retention_days`` after its last change, ``closed_retention_days`` once an analyst has closed it. The stream for
    followers keeps about ``stream_revisions``. The outbox is looked through every ``sweep_seconds``.
    """

    severity_file: Path | None = None
    stale_after_hours: float = 48.0
    retention_days: float = 30.0
    closed_retention_days: float = 7.0
    stream_revisions: int = 10_000
    sweep_seconds: float = 2.0
