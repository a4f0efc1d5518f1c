"""``wirewatch dead``: what could not be processed, and sending it again.

What was replayed is noted on the dead-letter topic itself, as a record with the dead letter's key and an empty value:
whoever lists or replays next sees it, whatever was chosen before, and it is gone when the dead letter is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli import addresses
from services.cli.console import err, json_line, out
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess

if TYPE_CHECKING:
    from services.contracts.messages import DeadLetter
    from services.runtime.ports import Publisher


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    dead = typer.Typer(help="What could not be processed: see why, and send it again.", no_args_is_help=True)
    dead.command("list")(list_letters)
    dead.command("replay")(replay)
    app.add_typer(dead, name="dead")


def list_letters(
    kafka: addresses.KafkaOption = None,
    json: Annotated[bool, typer.Option("--json", help="One dead letter a line, with its original bytes.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
) -> None:
    """The newest dead letters, oldest first."""
    found = asyncio.run(_read(addresses.kafka(kafka)))
    shown = found.letters[-limit:]
    if json:
        for letter in shown:
            json_line({**_builtins(letter), "replayed": letter.id in found.replayed})
    else:
        _table(shown, found.replayed)
        waiting = len(found.letters) - len(found.replayed)
        out.print(f"{len(found.letters)} dead letters, {waiting} not replayed; {len(shown)} shown")
    if found.unreadable:
        err.print(f"{found.unreadable} records of the dead-letter topic are no dead letters and were passed over.")


def replay(
    kafka: addresses.KafkaOption = None,
    only: Annotated[list[str] | None, typer.Option("--id", help="This one; may be given several times.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that were not replayed yet.")] = False,
    reason: Annotated[str | None, typer.Option(help="Of these, only those with this reason.")] = None,
) -> None:
    """Send dead letters back to the topic they came from, each once.

    What fails again becomes a new dead letter with one more attempt.
    """
    if bool(only) == everything and not (reason and not only):
        raise UsageError("Say what to replay: --id ID, or --all, or --reason REASON.")
    failed = asyncio.run(_replay(addresses.kafka(kafka), only=only or [], reason=reason))
    if failed:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Found:
    """The dead letters, each once, oldest first, and the ids of those that were replayed since."""

    letters: list[DeadLetter]
    replayed: set[str]
    unreadable: int


def gather(records: Iterable[tuple[bytes | None, bytes | None]]) -> Found:
    """What the records (key and value, in order) of the dead-letter topic say.

    A letter that was reported again after its replay counts as not replayed: the original was read again and failed.
    """
    from services.contracts import codec
    from services.contracts.messages import DeadLetter

    letters: dict[str, DeadLetter] = {}
    replayed: set[str] = set()
    unreadable = 0
    for key, value in records:
        if not value:
            replayed.add((key or b"").decode("utf-8", "replace"))
            continue
        try:
            letter = codec.decode(value, DeadLetter)
        except codec.UndecodableError:
            unreadable += 1
            continue
        letters.pop(letter.id, None)
        letters[letter.id] = letter
        replayed.discard(letter.id)
    ordered = sorted(letters.values(), key=lambda letter: letter.last_failed_at)
    return Found(letters=ordered, replayed=replayed & letters.keys(), unreadable=unreadable)


def chosen(found: Found, *, only: list[str], reason: str | None) -> list[DeadLetter]:
    """The letters to replay. Raises :class:`UsageError` for an id that is not there."""
    known = {letter.id: letter for letter in found.letters}
    for letter_id in only:
        if letter_id not in known:
            raise UsageError(f"There is no dead letter {letter_id}: `wirewatch dead list` shows their ids.")
        if letter_id in found.replayed:
            err.print(f"{letter_id} was replayed before and is passed over.")
    wanted = [known[letter_id] for letter_id in dict.fromkeys(only)] if only else found.letters
    return [
        letter for letter in wanted if letter.id not in found.replayed and (reason is None or letter.reason == reason)
    ]


async def _read(kafka: KafkaAccess) -> Found:
    from services.cli import broker
    from services.contracts import topics
    from services.runtime.kafka import log_reader

    broker.quiet()
    await broker.require_topic(kafka, topics.DEAD)
    return gather([(record.key, record.value) async for record in log_reader.read_all(kafka, topics.DEAD)])


async def _replay(kafka: KafkaAccess, *, only: list[str], reason: str | None) -> int:
    """Replay and say how it went. Returns how many could not be sent."""
    from services.cli import broker
    from services.contracts import topics

    letters = chosen(await _read(kafka), only=only, reason=reason)
    present = await broker.require_topic(kafka, topics.DEAD)
    sent = 0
    async with broker.publisher(kafka) as publisher:
        for letter in letters:
            if letter.topic in present:
                sent += await _replay_one(kafka, publisher, letter)
            else:
                err.print(f"{letter.id} came from {letter.topic}, which is not there.", markup=False, soft_wrap=True)
    out.print(f"{sent} replayed, {len(letters) - sent} failed")
    return len(letters) - sent


async def _replay_one(kafka: KafkaAccess, publisher: Publisher, letter: DeadLetter) -> bool:
    """Send one letter's original, then note it. A crash between the two means it is sent once more, which is safe."""
    from services.runtime.kafka import log_reader
    from services.runtime.messages.dead_letters import noted_as_replayed, replayed

    original = letter.value
    if original is None:  # too large to be repeated in the letter: the original may still lie where it was
        record = await log_reader.read_one(kafka, letter.topic, letter.partition, letter.offset)
        original = record.value if record else None
    if original is None:
        err.print(f"{letter.id} has no bytes to send: {letter.detail}", markup=False, soft_wrap=True)
        return False
    if await publisher.publish([replayed(letter, original)]):
        err.print(f"{letter.id} is too large for the broker: {len(original)} bytes.")
        return False
    await publisher.publish([noted_as_replayed(letter)])
    return True


def _builtins(letter: DeadLetter) -> dict[str, object]:
    import msgspec

    made: dict[str, object] = msgspec.to_builtins(letter)
    return made


def _table(letters: list[DeadLetter], replayed: set[str]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=True)
    table.add_column("id, last failed (UTC)", no_wrap=True)
    table.add_column("service, reason, where", no_wrap=True)
    table.add_column("tries", justify="right")
    table.add_column("error", overflow="fold")
    for letter in letters:
        where = f"{letter.topic}/{letter.partition}/{letter.offset}"
        cells = (
            f"{letter.id}\n{letter.last_failed_at:%Y-%m-%d %H:%M:%S}",
            f"{letter.service}, {letter.reason}\n{where}",
            str(letter.attempts),
            f"{'(replayed) ' * (letter.id in replayed)}{letter.error_class}: {letter.detail}",
        )
        table.add_row(*(Text(cell, style="dim" if letter.id in replayed else "") for cell in cells))
    out.print(table)
