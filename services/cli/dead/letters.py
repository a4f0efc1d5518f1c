"""Dead letters read, chosen and sent again.

What was replayed is noted on the dead-letter topic itself, as a record with the dead letter's key and an empty value:
whoever lists or replays next sees it, whatever was chosen before, and it is gone when the dead letter is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rich.table import Table
from rich.text import Text

from services.cli import broker
from services.cli.output import out, table, warn
from services.contracts import codec, topics
from services.contracts.messages import DeadLetter
from services.runtime.errors import UsageError
from services.runtime.kafka import log_reader
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.messages.dead_letters import noted_as_replayed, replayed
from services.runtime.ports import Publisher

# What a replay sends at all; whether a topic takes it (1,048,588 bytes once compressed) is for the broker to say.
LARGEST_BYTES = 2 * 1024 * 1024


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
    letters: dict[str, DeadLetter] = {}
    again: set[str] = set()
    unreadable = 0
    for key, value in records:
        if not value:
            again.add((key or b"").decode("utf-8", "replace"))
            continue
        try:
            letter = codec.decode(value, DeadLetter)
        except codec.UndecodableError:
            unreadable += 1
            continue
        letters.pop(letter.id, None)
        letters[letter.id] = letter
        again.discard(letter.id)
    ordered = sorted(letters.values(), key=lambda letter: letter.last_failed_at)
    return Found(letters=ordered, replayed=again & letters.keys(), unreadable=unreadable)


def chosen(found: Found, *, only: list[str], reason: str | None) -> list[DeadLetter]:
    """The letters to replay. Raises :class:`UsageError` for an id that is not there."""
    known = {letter.id: letter for letter in found.letters}
    for letter_id in only:
        if letter_id not in known:
            raise UsageError(f"There is no dead letter {letter_id}: `wirewatch dead list` shows their ids.")
        if letter_id in found.replayed:
            warn(f"{letter_id} was replayed before and is skipped.")
    wanted = [known[letter_id] for letter_id in dict.fromkeys(only)] if only else found.letters
    return [
        letter for letter in wanted if letter.id not in found.replayed and (reason is None or letter.reason == reason)
    ]


async def read(kafka: KafkaAccess) -> Found:
    """What the dead-letter topic holds now."""
    broker.quiet()
    await broker.require_topic(kafka, topics.DEAD)
    return gather([(record.key, record.value) async for record in log_reader.read_all(kafka, topics.DEAD)])


async def replay(kafka: KafkaAccess, *, only: list[str], reason: str | None) -> int:
    """Replay and report how it went. Returns how many could not be sent."""
    letters = chosen(await read(kafka), only=only, reason=reason)
    present = await broker.require_topic(kafka, topics.DEAD)
    sent = 0
    async with broker.publisher(kafka, max_message_bytes=LARGEST_BYTES) as publisher:
        for letter in letters:
            if letter.topic in present:
                sent += await _replay_one(kafka, publisher, letter)
            else:
                warn(f"{letter.id} came from {letter.topic}, which does not exist.")
    out.print(f"{sent} replayed, {len(letters) - sent} failed")
    return len(letters) - sent


async def _replay_one(kafka: KafkaAccess, publisher: Publisher, letter: DeadLetter) -> bool:
    """Send one letter's original, then note it. A crash between the two means it is sent once more, which is safe."""
    original = letter.value
    if original is None:  # too large to be repeated in the letter: the original may still lie where it was
        record = await log_reader.read_one(kafka, letter.topic, letter.partition, letter.offset)
        original = record.value if record else None
    if original is None:
        warn(f"{letter.id} has no bytes to send: {letter.detail}")
        return False
    again = replayed(letter, original)
    # An original near the limit may fit without what a second failure would have to know of the first.
    if await publisher.publish([again]) and await publisher.publish([replace(again, headers=letter.headers)]):
        warn(f"{letter.id} is too large for the broker: {len(original)} bytes.")
        return False
    await publisher.publish([noted_as_replayed(letter)])
    return True


def as_table(letters: Sequence[DeadLetter], replayed: set[str]) -> Table:
    """Each letter with where it came from and what failed; what was replayed is dim."""
    made = table("id, last failed (UTC)", "service, reason, where", "tries", "error", right=("tries",))
    for column in made.columns[:2]:
        column.no_wrap = True
    for letter in letters:
        where = f"{letter.topic}/{letter.partition}/{letter.offset}"
        cells = (
            f"{letter.id}\n{letter.last_failed_at:%Y-%m-%d %H:%M:%S}",
            f"{letter.service}, {letter.reason}\n{where}",
            str(letter.attempts),
            f"{'(replayed) ' * (letter.id in replayed)}{letter.error_class}: {letter.detail}",
        )
        made.add_row(*(Text(cell, style="dim" if letter.id in replayed else "") for cell in cells))
    return made
