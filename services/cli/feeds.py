"""``wirewatch feeds``: the feed list and the health of its feeds."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.console import err, json_line, out
from services.runtime.errors import UsageError

if TYPE_CHECKING:
    from services.poller.core.model import FeedConfig, FeedState

OWN_LIST = Path(".wirewatch/feeds.opml")

ListOption = Annotated[
    Path | None,
    typer.Option("--list", help=f"The OPML file; {OWN_LIST} if it is there, else the shipped list."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    feeds = typer.Typer(help="Show, change and check the feed list.", no_args_is_help=True)
    feeds.command("list")(list_)
    feeds.command("add")(add)
    feeds.command("remove")(remove)
    feeds.command("import")(import_)
    feeds.command("export")(export)
    feeds.command("check")(check)
    app.add_typer(feeds, name="feeds")


def list_(list_file: ListOption = None, json: JsonOption = False) -> None:
    """Show every feed, with its health where the store can be reached."""
    paths = [list_file] if list_file else _paths()
    feeds = _read_all(paths)
    states = asyncio.run(_states(feeds))
    if json:
        for feed in feeds:
            json_line(_facts(feed, states.get(feed.id) if states is not None else None))
        return
    out.print(_table(feeds, states))
    if states is None:
        err.print("[dim]The store is not reachable: the list alone is shown, without health.[/]")


def add(
    url: Annotated[str, typer.Argument(help="The feed's address.")],
    title: Annotated[str | None, typer.Option(help="Its name.")] = None,
    folder: Annotated[str | None, typer.Option(help="The folder it goes into.")] = None,
    outlet: Annotated[str | None, typer.Option(help="The outlet's host, where the links do not tell it.")] = None,
    country: Annotated[str | None, typer.Option(help="Country of the outlet, ISO 3166-1 alpha-3.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of the feed, as in en or pt-BR.")] = None,
    interval_seconds: Annotated[
        float | None, typer.Option(help="Poll this often, whatever the publisher says.")
    ] = None,
    full_text: Annotated[
        str, typer.Option(help="auto, always or never: whether article pages are asked for.")
    ] = "auto",
    list_file: ListOption = None,
) -> None:
    """Add a feed to the list."""
    from xml.sax.saxutils import quoteattr

    from services.contracts.ids import feed_id
    from services.poller.core import opml

    path, feeds = _own(list_file)
    if any(feed.id == feed_id(url) for feed in feeds):
        raise UsageError(f"{url} is in {path} already.")
    values = {
        "xmlUrl": url,
        "text": title or url,
        "wirewatchOutlet": outlet,
        "wirewatchCountry": country,
        "language": language,
        "wirewatchIntervalSeconds": f"{interval_seconds:.12g}" if interval_seconds is not None else None,
        "wirewatchFullText": full_text,
    }
    outline = f"<outline {' '.join(f'{name}={quoteattr(value)}' for name, value in values.items() if value)}/>"
    inner = f"<outline text={quoteattr(folder)}>{outline}</outline>" if folder else outline
    made = opml.parse(f"<opml><body>{inner}</body></opml>".encode(), name=url)
    _write(path, [*feeds, *made])
    out.print(f"Added to {path} ({len(feeds) + 1} feeds).")


def remove(url: Annotated[str, typer.Argument(help="The feed's address.")], list_file: ListOption = None) -> None:
    """Take a feed out of the list."""
    path, feeds = _own(list_file)
    left = [feed for feed in feeds if feed.url != url]
    if len(left) == len(feeds):
        raise UsageError(f"{url} is not in {path}; `wirewatch feeds list` shows what is.")
    _write(path, left)
    out.print(f"Removed from {path} ({len(left)} feeds).")


def import_(
    source: Annotated[Path, typer.Argument(help="An OPML file.")],
    list_file: ListOption = None,
) -> None:
    """Add all feeds of an OPML file to the list."""
    from services.poller.edges.feedlist import read

    path, feeds = _own(list_file)
    known = {feed.id for feed in feeds}
    new = [feed for feed in read(source) if feed.id not in known]
    _write(path, [*feeds, *new])
    out.print(f"Added {len(new)} feeds to {path} ({len(feeds) + len(new)} feeds).")


def export(list_file: ListOption = None) -> None:
    """Write the list as OPML to standard output."""
    from services.poller.core import opml

    sys.stdout.write(opml.write(_read_all([list_file] if list_file else _paths()), title="Wirewatch feeds"))


def check(
    urls: Annotated[
        list[str] | None, typer.Argument(metavar="[URL]...", help="Addresses; the whole list if none.")
    ] = None,
    list_file: ListOption = None,
    json: JsonOption = False,
) -> None:
    """Ask each feed once and say in words what is wrong. Exit code 1 where anything is."""
    chosen = urls or [feed.url for feed in _read_all([list_file] if list_file else _paths())]
    if asyncio.run(_check_all(chosen, json)):
        raise typer.Exit(1)


async def _check_all(urls: list[str], json: bool) -> int:
    from services.cli.checking import check_one
    from services.cli.parsing import Reader

    bad = 0
    together = asyncio.Semaphore(8)
    async with Reader.opened() as reader:

        async def one(url: str) -> dict[str, Any]:
            async with together:
                return await check_one(reader, url)

        for task in asyncio.as_completed([one(url) for url in urls]):
            found = await task
            bad += not found["ok"]
            if json:
                json_line(found)
            else:
                mark = "[green]ok[/]  " if found["ok"] else "[red]bad[/] "
                out.print(f"{mark} {found['url']}: {found['says']}", soft_wrap=True)
    return bad


def _paths() -> list[Path]:
    """The lists the poller would read here: the setting, else the own list, else the shipped one."""
    from services.poller.settings import PollerSettings
    from services.runtime.files import shipped as files
    from services.runtime.process import settings

    named = settings.load(PollerSettings, "poller", os.environ).feeds
    if named:
        return [Path(name) for name in named]
    return [OWN_LIST if OWN_LIST.is_file() else files.seeds() / "feeds.opml"]


def _read_all(paths: list[Path]) -> list[FeedConfig]:
    from services.poller.edges.feedlist import FeedList

    feeds = FeedList(paths)
    feeds.load()
    return list(feeds.feeds.values())


def _own(list_file: Path | None) -> tuple[Path, list[FeedConfig]]:
    """The list to edit; on the first edit it is made as a copy of the shipped one."""
    from services.poller.edges.feedlist import read
    from services.runtime.files import shipped as files

    path = list_file or OWN_LIST
    if path.is_file():
        return path, read(path)
    return path, [] if list_file else read(files.seeds() / "feeds.opml")


def _write(path: Path, feeds: list[FeedConfig]) -> None:
    from services.poller.core import opml

    text = opml.write(feeds, title="Wirewatch feeds")
    temporary = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)  # in one step: a poller that reads the list never sees half of it
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name another file with --list.") from None


async def _states(feeds: list[FeedConfig]) -> dict[str, FeedState] | None:
    """The stored states; None where the store cannot be reached."""
    from services.cli import addresses
    from services.poller.edges.store import read_states
    from services.poller.settings import PollerSettings
    from services.runtime.kafka.connection import RedisAccess, redis_of
    from services.runtime.process import settings
    from services.runtime.redis.connection import FAILURES, connect

    named = redis_of(settings.load(PollerSettings, "poller", os.environ))
    noted = None if os.environ.get("WIREWATCH_REDIS") else addresses.redis_noted()
    client = connect(RedisAccess(noted) if noted else named)
    try:
        found = await read_states(client, [feed.id for feed in feeds])
    except FAILURES:
        return None
    finally:
        await client.aclose()
    return {feed.id: state for feed, state in zip(feeds, found, strict=True) if state is not None}


def _facts(feed: FeedConfig, state: FeedState | None) -> dict[str, Any]:
    import msgspec

    from services.poller.core.health import health
    from services.poller.core.rhythm import items_a_day

    now = datetime.now(UTC)
    return {
        **msgspec.to_builtins(feed),
        "health": health(state, now),
        "items_a_day": items_a_day(state, now) if state is not None else None,
        "state": msgspec.to_builtins(state) if state is not None else None,
    }


def _table(feeds: list[FeedConfig], states: dict[str, FeedState] | None) -> Any:
    from rich.markup import escape
    from rich.table import Table

    from services.poller.core.rhythm import items_a_day

    now = datetime.now(UTC)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("Feed", "Health", "Last success", "Next poll", "Why then", "New a day", "304"):
        table.add_column(name, overflow="fold")
    for feed in feeds:
        state = (states or {}).get(feed.id)
        name = escape(feed.title or feed.url)
        if state is None:
            table.add_row(name, "[dim]not polled[/]", "", "", "", "", "")
            continue
        rate = items_a_day(state, now)
        share = f"{100 * state.not_modified // state.polls} %" if state.polls else ""
        table.add_row(
            name,
            _health(state),
            _when(state.last_success_at),
            _when(state.next_poll_at),
            state.why,
            f"{rate:.1f}" if rate is not None else "",
            share,
        )
    return table


def _health(state: FeedState) -> str:
    from rich.markup import escape

    from services.poller.core.health import health

    found = health(state, datetime.now(UTC))
    if found == "failing":
        return f"[red]{state.last_outcome}[/] {escape(state.last_detail or '')}".rstrip()
    return f"[green]{found}[/]" if found == "ok" else f"[yellow]{found}[/]"


def _when(moment: Any) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment is not None else ""
