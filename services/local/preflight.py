"""Everything a person may have got wrong, looked at before a process is started: settings, and the files they name.

The services check the same things with the same functions when they start; here a mistake is said within a second, and
not by one service after broker and store are up. What only a server can tell is left to the services.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from services.alerter.settings import AlerterSettings
from services.api.settings import ApiSettings
from services.archive.settings import ArchiveSettings
from services.deduper.settings import DeduperSettings
from services.local.settings import LocalSettings
from services.notifier.settings import NotifierSettings
from services.poller.settings import PollerSettings, allowed_of
from services.runtime.files import shipped as files
from services.runtime.process import settings
from services.runtime.process.settings import CommonSettings
from services.samples.settings import SamplesSettings
from services.tagger.settings import TaggerSettings

SETTINGS: dict[str, type[CommonSettings]] = {
    "poller": PollerSettings,
    "deduper": DeduperSettings,
    "tagger": TaggerSettings,
    "alerter": AlerterSettings,
    "notifier": NotifierSettings,
    "archive": ArchiveSettings,
    "api": ApiSettings,
    "samples": SamplesSettings,
    "local": LocalSettings,
}

S = TypeVar("S", bound=CommonSettings)


def variables() -> set[str]:
    """The name of every setting of every service."""
    return {name for service, kind in SETTINGS.items() for name in settings.variables(kind, service)}


def check(environ: Mapping[str, str]) -> None:
    """Raise :class:`UsageError` for the first setting or file that a service would refuse, given ``environ``."""
    from services.alerter import severity_file
    from services.api.edges import token_file
    from services.notifier.edges import watch_file
    from services.poller.edges.feedlist import FeedList
    from services.samples.core import feeds
    from services.tagger import library

    def of(kind: type[S], service: str) -> S:
        return settings.load(kind, service, environ)

    of(DeduperSettings, "deduper")
    of(ArchiveSettings, "archive")
    poller = of(PollerSettings, "poller")
    allowed_of(poller)
    FeedList([Path(name) for name in poller.feeds]).load()
    library.load(of(TaggerSettings, "tagger").packs or library.default_folder())
    severity_file.load(of(AlerterSettings, "alerter").severity_file or files.seeds() / "severity.yaml")
    watch_file.load(of(NotifierSettings, "notifier").watches, environ)
    token_file.load(of(ApiSettings, "api").token_file)
    samples = of(SamplesSettings, "samples")
    if of(LocalSettings, "local").samples:
        feeds.read(samples.folder or files.seeds() / "samples")
