"""Settings of the archive."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings(CommonSettings):
    """``WIREWATCH_ARCHIVE_<FIELD>``."""

    file: Annotated[Path, "The archive's SQLite file; the folder has to be one that it may write."] = Path(
        ".wirewatch/archive.db"
    )
    copy: Annotated[
        str, "The name of a further copy, which has its own file and reads in the group `wirewatch-archive-<copy>`."
    ] = ""
    keep_days: Annotated[int, "How long articles and alerts are kept."] = 365
    max_gigabytes: Annotated[float, "How large the file may grow; then the oldest go first."] = 50.0
    retention_seconds: Annotated[float, "How often it is looked for what is too old or too much."] = 60.0

    @property
    def reader(self) -> str:
        """Whose consumer group it reads in, without the prefix that all have."""
        return f"archive-{self.copy}" if self.copy else "archive"
