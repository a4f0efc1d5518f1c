"""An act as it was read, as an event on the wire."""

import re
from collections.abc import Iterable

from services.contracts.messages import Actor, Event, EventPart, EventRole, Place
from services.tagger.core.compiled import Compiled, CompiledAct
from services.tagger.core.mentions import Sentence
from services.tagger.core.reading import SMALL_WORD, Reading
from services.tagger.core.scoring import ReadEvent, SentenceReading
from services.tagger.core.units import Unit

# A ship's own name: words with a capital after its kind ("the tanker Marinera", "frigate 'Admiral Gorshkov'"), in a
# sentence that does not write every word so.
_SHIP = re.compile(r"ship|submarine|carrier|tanker|vessel|boat")
_OWN_NAME = re.compile(
    r"(?:,? (?:named|called))? [\"'\u2018\u201c]?([A-Z][\w.'\u2019-]+(?: (?:de|of|the|[A-Z][\w.'\u2019-]*)){0,3})"
)

_ROLES: tuple[EventRole, ...] = ("act", "agent", "object", "asset", "place")


def event_of(
    found: ReadEvent,
    read: SentenceReading,
    sentence: Sentence,
    field_text: str,
    reading: Reading,
    compiled: Compiled,
) -> Event:
    """The event with exact spans: the quote is the smallest piece of the field that holds its parts."""
    frame = found.frame
    asset = _asset(found, read)
    where = {
        "act": [frame.at],
        "agent": list(frame.agents),
        "object": list(frame.objects),
        "asset": [asset] if asset is not None else [],
        "place": [frame.place] if frame.place is not None else [],
    }

    def place(position: int) -> int:
        return reading.place_in_field(sentence.part, position)

    parts = tuple(
        EventPart(role=role, start=place(read.units[index].start), end=place(read.units[index].end))
        for role in _ROLES
        for index in where[role]
    )
    start, end = min(part.start for part in parts), max(part.end for part in parts)
    lent = frame.act.source.lent and frame.objects  # the verb names it, and who uses it is not whose it is
    kind = _kind(read.units[asset], frame.act, compiled) if asset is not None and not lent else None
    text = field_text[place(sentence.start) : place(sentence.end)]
    name = None
    if asset is not None and kind and _SHIP.search(kind) and SMALL_WORD.search(text) and _unnamed_after(asset, read):
        name = _own_name(field_text, place(read.units[asset].start), place(read.units[asset].end))
    return Event(
        act=frame.act.source.kind,
        verb=frame.act.source.verb,
        mode=found.mode,
        field=sentence.part,
        start=start,
        end=end,
        quote=field_text[start:end],
        rule=frame.act.source.id,
        agents=_actors((read.units[index] for index in frame.agents), compiled),
        objects=_actors((read.units[index] for index in frame.objects), compiled),
        asset=kind,
        asset_name=name,
        own_asset=asset is not None and frame.act.source.own,
        place=_place(read.units[frame.place], compiled) if frame.place is not None else None,
        plover=frame.act.source.plover,
        cameo=frame.act.source.cameo,
        parts=parts,
    )


def _asset(found: ReadEvent, read: SentenceReading) -> int | None:
    """The unit of the thing that it is about."""
    fillers, act = found.frame.fillers, found.frame.act.source
    order = [fillers.get("object"), fillers.get("about")]
    if not found.frame.objects and act.own:
        order.append(fillers.get("agent"))  # "a warship sails"; of "the navy seizes drugs" the navy is only who does it
    if not found.frame.objects and order == [None, None]:
        order.append(fillers.get("with"))
    return next(
        (index for index in order if index is not None and read.units[index].things and not read.units[index].named),
        None,
    )


def _unnamed_after(asset: int, read: SentenceReading) -> bool:
    """Whether no actor, place or act begins right behind: such words are no ship's name."""
    following = read.units[asset + 1] if asset + 1 < len(read.units) else None
    return following is not None and not (following.actors or following.place is not None or following.acts)


def _own_name(text: str, start: int, end: int) -> str | None:
    """The name of one ship; of several there is none."""
    found = None if text[start:end].endswith("s") else _OWN_NAME.match(text, end)
    return found[1] if found else None


def _kind(unit: Unit, act: CompiledAct, compiled: Compiled) -> str | None:
    """What a thing is called: of several kinds the first that the act can need."""
    wanted = [number for number in unit.things if any(number in ids for need in act.needs for _, ids in need.slots)]
    number = next(iter((*wanted, *unit.things)), None)
    return compiled.kind_names[number].replace("_", " ") if number is not None else None


def _actors(units: Iterable[Unit], compiled: Compiled) -> tuple[Actor, ...]:
    """Each once; of a state's force, the state."""
    found: dict[str, Actor] = {}
    for unit in units:
        states = [one for one in unit.actors if compiled.actors[one].kind == "state"]
        for index in states or unit.actors:
            actor = compiled.actors[index].actor
            found.setdefault(actor.id, actor)
    return tuple(found.values())


def _place(unit: Unit, compiled: Compiled) -> Place | None:
    return compiled.places.by_id[compiled.place_ids[unit.place]] if unit.place is not None else None
