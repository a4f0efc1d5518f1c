"""What a person types: ``wirewatch feeds``."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli.family import family
from services.cli.feeds import lists
from services.cli.options import JsonOption
from services.cli.output import say, warn
from services.poller.core import opml
from services.poller.edges import feedlist
from services.runtime.errors import UsageError

ListOption = Annotated[
    Path | None,
    typer.Option("--list", metavar="FILE", help="The OPML file; else feeds.opml of the home, else the shipped list."),
]
UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="The address of the feed.")]

app = family("Show, change and check the feed list.")


@app.command("list")
def list_(
    list_file: ListOption = None,
    failing: Annotated[bool, typer.Option("--failing", help="Only the feeds whose last poll failed.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also the error, the reason for the next poll, and unchanged polls.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List every feed, with its health where the store can be reached."""
    from services.cli.feeds import status

    asyncio.run(status.show(lists.read(list_file, os.environ), failing=failing, verbose=verbose, as_json=json))


@app.command()
def add(
    url: UrlArgument,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Its name.")] = None,
    folder: Annotated[str | None, typer.Option(metavar="TEXT", help="The folder to put it into.")] = None,
    outlet: Annotated[
        str | None, typer.Option(metavar="HOST", help="The outlet's host, where the links do not show it.")
    ] = None,
    country: Annotated[
        str | None, typer.Option(metavar="CODE", help="Country of the outlet, ISO 3166-1 alpha-3.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Language of the feed, such as en or pt-BR.")
    ] = None,
    interval_seconds: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Poll this often, whatever the publisher asks for.")
    ] = None,
    tier: Annotated[
        str | None, typer.Option(metavar="TIER", help="How soon its news matters: breaking, daily or slow.")
    ] = None,
    page: Annotated[
        bool, typer.Option("--page", help="The address is no feed but a page that lists releases.")
    ] = False,
    items: Annotated[
        str | None, typer.Option(metavar="XPATH", help="The items of the page; without it they are found by dates.")
    ] = None,
    full_text: Annotated[
        str, typer.Option(metavar="WHEN", help="auto, always or never: whether article pages are fetched.")
    ] = "auto",
    list_file: ListOption = None,
) -> None:
    """Add a feed to the list."""
    values = {
        "type": "page" if page else "rss",
        "xmlUrl": url,
        "text": title or url,
        "wirewatchOutlet": outlet,
        "wirewatchCountry": country,
        "language": language,
        "wirewatchIntervalSeconds": f"{interval_seconds:.12g}" if interval_seconds is not None else None,
        "wirewatchTier": tier,
        "wirewatchItems": items,
        "wirewatchFullText": full_text,
    }
    edited = lists.Edited.opened(list_file, os.environ)
    if not edited.add(lists.outline(values, folder)):
        raise UsageError(f"{url} is in {edited.source} already.")
    edited.write()
    say(f"Added to {edited.path} ({len(edited.feeds)} feeds).")


@app.command()
def remove(url: UrlArgument, list_file: ListOption = None) -> None:
    """Remove a feed from the list."""
    edited = lists.Edited.opened(list_file, os.environ)
    if not edited.remove(url):
        raise UsageError(f"{url} is not in {edited.source}; `wirewatch feeds list` shows what is.")
    edited.write()
    say(f"Removed from {edited.path} ({len(edited.feeds)} feeds).")


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="An OPML file.")],
    list_file: ListOption = None,
) -> None:
    """Add all feeds of an OPML file to the list."""
    edited = lists.Edited.opened(list_file, os.environ)
    repeated: list[str] = []
    feeds = feedlist.read(source, repeated=repeated)
    if not feeds:
        raise UsageError(f"{source} lists no feed: nothing is imported.")
    added = edited.add(feeds)
    edited.write()
    for sentence in repeated:
        warn(sentence)
    known = f"; {len(feeds) - added} were there already" if added < len(feeds) else ""
    say(f"Added {added} feeds to {edited.path} ({len(edited.feeds)} feeds){known}.")


@app.command()
def export(list_file: ListOption = None) -> None:
    """Write the list as OPML to standard output."""
    sys.stdout.write(opml.write(lists.read(list_file, os.environ), title=lists.TITLE))


@app.command()
def check(
    urls: Annotated[list[str] | None, typer.Argument(metavar="URL", help="Addresses; the whole list if none.")] = None,
    list_file: ListOption = None,
    failing: Annotated[bool, typer.Option("--failing", help="Only the feeds with which something is wrong.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="All that is known of each, in a sentence.")] = False,
    json: JsonOption = False,
) -> None:
    """Poll each feed once and say what is wrong with it. Exit code 1 where anything is."""
    from services.cli.feeds import check as checking

    listed = {feed.url: feed for feed in lists.read(list_file, os.environ)}
    chosen = [listed.get(url) or lists.outline({"xmlUrl": url}, None)[0] for url in dict.fromkeys(urls or listed)]
    checked = asyncio.run(checking.check_all(chosen, as_json=json))
    if not json:
        checking.show(chosen, checked, failing=failing, verbose=verbose)
    if checked.bad:
        raise typer.Exit(1)


@app.command()
def audit(list_file: ListOption = None) -> None:
    """Poll every feed of the list once, and write today's date into it for each that works."""
    from services.cli.feeds import check as checking

    edited = lists.Edited.opened(list_file, os.environ)
    asked = [feed for feed in edited.feeds if not feed.paused]
    checked = asyncio.run(checking.check_all(asked, as_json=False))
    if checked.offline:
        raise typer.Exit(1)
    proved = {id_ for id_, found in checked.found.items() if found["ok"]}
    edited.prove(proved, on=datetime.now(UTC).date())
    edited.write()
    checking.show(asked, checked, failing=True, verbose=False)
    say(f"wirewatchProof is now today's date for {len(proved)} feeds of {edited.path}; the others keep theirs.")


@app.command()
def poll(
    urls: Annotated[list[str] | None, typer.Argument(metavar="URL", help="Addresses; the whole list if none.")] = None,
    list_file: ListOption = None,
) -> None:
    """Have the running poller ask feeds now, whatever their schedule says."""
    from services.cli.feeds import status

    feeds = {feed.url: feed for feed in lists.read(list_file, os.environ)}
    if unknown := [url for url in urls or () if url not in feeds]:
        raise UsageError(f"{unknown[0]} is not in the list: add it with `wirewatch feeds add`.")
    chosen = [feeds[url] for url in urls or feeds]
    asyncio.run(status.poll(chosen))
    say(f"The poller asks {len(chosen)} feeds within seconds; what a publisher's Retry-After says still holds.")
