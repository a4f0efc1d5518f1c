"""Watch files: checked as the notifier reads them, and described in words."""

from collections.abc import Mapping
from pathlib import Path

from services.local.home import home_in
from services.notifier.core.watches import EventWanted, Watch, WatchFile
from services.notifier.edges import apprise, watch_file
from services.notifier.settings import default_path


def in_force(environ: Mapping[str, str]) -> Path:
    """The file that the notifier here reads: that of the setting, of ``wirewatch up``, or the shipped one."""
    if given := environ.get("WIREWATCH_NOTIFIER_WATCHES"):
        return Path(given)
    own = home_in(environ).path / "watches.yaml"
    return own if own.is_file() else default_path()


def checked(path: Path, environ: Mapping[str, str]) -> tuple[int, int]:
    """How many watches and channels the file has. Raises :class:`UnusableFilesError` with all that is wrong."""
    active = watch_file.load(path, environ, apprise_problem=apprise.problem_of)
    return len(active.watches), len(active.routes)


def described(path: Path) -> list[dict[str, object]]:
    """Each watch of a file in words."""
    file = watch_file.parse(path)
    return [_described(watch, file) for watch in file.watches]


def _described(watch: Watch, file: WatchFile) -> dict[str, object]:
    kinds = {channel.id: channel.kind for channel in file.channels}
    timing = []
    if watch.quiet is not None:
        quiet = watch.quiet
        timing.append(f"quiet {quiet.start:%H:%M} to {quiet.end:%H:%M} {quiet.zone.key}")
    if watch.per_hour is not None:
        timing.append(f"at most {watch.per_hour} an hour")
    if watch.digest is not None:
        timing.append(f"digest every {watch.digest.every_minutes} min")
    if watch.critical_at_once:
        timing.append("critical at once")
    return {
        "id": watch.id,
        "name": watch.name,
        "when": _matches(watch),
        "channels": ", ".join(f"{id_} ({kinds[id_]})" for id_ in watch.channels),
        "timing": ", ".join(timing) or "at once",
    }


def _matches(watch: Watch) -> str:
    when, parts = watch.when, []
    named = {
        "topics": when.topics,
        "all topics": when.all_topics,
        "actors": when.actors,
        "all actors": when.all_actors,
        "outlets": when.outlets,
        "languages": when.languages,
        "changes": when.changes,
    }
    parts += [f"{name}: {', '.join(sorted(values))}" for name, values in named.items() if values]
    parts += _of_event(when.event) if when.event is not None else []
    if when.min_severity != "low":
        parts.append(f"at least {when.min_severity}")
    if when.confidence is not None:
        parts.append(when.confidence.replace("_", " "))
    if when.places is not None:
        near = [f"within {c.km:g} km of {c.lat:g}, {c.lon:g}" for c in when.places.near]
        parts.append(f"places: {', '.join([*sorted(when.places.countries), *sorted(when.places.ids), *near])}")
    for name, phrases in (
        (("any of", when.words.any), ("all of", when.words.all), ("none of", when.words.none)) if when.words else ()
    ):
        if phrases:
            parts.append(f"{name}: {', '.join(phrase.strip() for phrase in phrases)}")
    return "; ".join(parts) or "every alert"


def _of_event(event: EventWanted) -> list[str]:
    lists = {"agent": event.agent, "object": event.object, "act": event.act, "mode": event.mode}
    lists["dyad"] = frozenset("-".join(sorted(pair)) for pair in event.dyad)
    return [f"event {name}: {', '.join(sorted(values))}" for name, values in lists.items() if values]
