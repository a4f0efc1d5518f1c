"""The alerter's settings: ``WIREWATCH_ALERTER_<FIELD>``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.alert_store.records import Retention
from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AlerterSettings(CommonSettings):
    """``WIREWATCH_ALERTER_<FIELD>``."""

    severity_file: Annotated[Path | None, "The severity rules; empty is `seeds/severity.yaml`."] = None
    stale_after_hours: Annotated[float, "An article older than this when it is fetched opens no alert."] = 48.0
    retention_days: Annotated[float, "How long Redis keeps an alert after its last change."] = 30.0
    closed_retention_days: Annotated[float, "How long Redis keeps a closed alert after its last change."] = 7.0
    stream_revisions: Annotated[int, "How many revisions are kept for followers of the API."] = 10_000
    sweep_seconds: Annotated[float, "How often the outbox is checked for alerts that were not sent."] = 2.0

    def retention(self) -> Retention:
        """For the store."""
        return Retention(
            days=self.retention_days, closed_days=self.closed_retention_days, stream_revisions=self.stream_revisions
        )
