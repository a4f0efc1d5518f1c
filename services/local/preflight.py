"""Everything a person may have got wrong, looked at before a process is started: settings, and the files they name.

The services check the same things with the same functions when they start; here a mistake is said within a second, and
not by one service after broker and store are up. What only a server can tell is left to the services.
"""

from collections.abc import Callable, Mapping
from functools import partial
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
from services.runtime.process import settings, telemetry
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
    """Raise :class:`UsageError` for the first setting or file that a service would refuse, given ``environ``.

    Topic packs take three seconds, so they are read only where somebody wrote some: those that ship are tested.
    """
    for name, look in looks(environ).items():
        if name != "topic packs" or _names_packs(settings.load(TaggerSettings, "tagger", environ).packs):
            look()


def _names_packs(own: Path | None) -> bool:
    return own is not None and (not own.is_dir() or any(own.rglob("*.yaml")))


def looks(environ: Mapping[str, str]) -> dict[str, Callable[[], str]]:
    """What can be looked at, by name. Each look says what it found, or raises :class:`UsageError`."""
    from services.alerter import severity_file
    from services.api.edges import token_file
    from services.notifier.edges import watch_file
    from services.poller.edges.feedlist import FeedList
    from services.samples.edges import files as sample_files
    from services.tagger import library

    def of(kind: type[S], service: str) -> S:
        return settings.load(kind, service, environ)

    def every_setting() -> str:
        for service, kind in SETTINGS.items():
            of(kind, service)
        allowed_of(of(PollerSettings, "poller"))
        return f"those of {len(SETTINGS)} services"

    def feed_list() -> str:
        named = [Path(name) for name in of(PollerSettings, "poller").feeds] or [files.seeds() / "feeds.opml"]
        loaded = FeedList(named)
        loaded.load()
        return f"{len(loaded.feeds)} in {', '.join(map(str, named))}"

    def packs() -> str:
        folders = library.in_force(of(TaggerSettings, "tagger").packs)
        return f"{', '.join(pack.id for pack in library.load(*folders).packs)} in {', '.join(map(str, folders))}"

    def severity() -> str:
        file = of(AlerterSettings, "alerter").severity_file or files.seeds() / "severity.yaml"
        severity_file.load(file)
        return str(file)

    def watches() -> str:
        file = of(NotifierSettings, "notifier").watches
        loaded = watch_file.load(file, environ)
        return f"{len(loaded.watches)} watches, {len(loaded.routes)} channels in {file}"

    def tokens() -> str:
        file = of(ApiSettings, "api").token_file
        token_file.load(file)
        return str(file) if file else "no setting names a file"

    def samples() -> str:
        folder = of(SamplesSettings, "samples").folder or files.seeds() / "samples"
        return (
            f"{len(sample_files.read(folder))} feeds in {folder}"
            if of(LocalSettings, "local").samples
            else "switched off"
        )

    return {
        "settings": every_setting,
        "traces": partial(_traces, environ),
        "feeds": feed_list,
        "topic packs": packs,
        "severity": severity,
        "watches": watches,
        "tokens": tokens,
        "samples": samples,
    }


def _traces(environ: Mapping[str, str]) -> str:
    return f"sent to {environ[telemetry.ENDPOINT]}" if telemetry.can_start(environ) else "switched off"
