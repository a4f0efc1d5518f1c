"""Settings of the samples service: ``WIREWATCH_SAMPLES_<FIELD>``."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from services.runtime.errors import UsageError
from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesSettings(CommonSettings):
    """``WIREWATCH_SAMPLES_<FIELD>``."""

    host: Annotated[str, "The address on which the sample feeds are served."] = "127.0.0.1"
    port: Annotated[int, "The port of that address; 0 takes a free one and logs it."] = 0
    folder: Annotated[Path | None, "The folder of the sample feeds; empty is `seeds/samples`."] = None
    week_seconds: Annotated[
        float, "How long the invented week takes to play, from a feed's first fetch on; 604800 is true speed."
    ] = 60.0


def week_of(settings: SamplesSettings) -> timedelta:
    """How long the week takes. Raises :class:`UsageError` naming the setting."""
    if not 1 <= settings.week_seconds <= 10_000_000:
        raise UsageError(f"WIREWATCH_SAMPLES_WEEK_SECONDS is {settings.week_seconds:g}: give 1 to 10000000.")
    return timedelta(seconds=settings.week_seconds)
