"""Who does an act, to whom, and where: the parties and the place of a reading whose needs are met."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from services.tagger.core.clauses import Clauses
from services.tagger.core.compiled import Compiled
from services.tagger.core.frame import Fillers, Frame, thing_of
from services.tagger.core.units import Unit
from services.tagger.core.voices import word_before


class Parties:
    """Finds the parties of the acts of one sentence."""

    def __init__(self, units: Sequence[Unit], compiled: Compiled, clauses: Clauses) -> None:
        self._units = units
        self._compiled = compiled
        self._clauses = clauses
        self._by_list = compiled.grammar.voices == "list"

    def whole(self, frame: Frame) -> Frame:
        """The frame with its parties and place."""
        at = frame.at
        if frame.act.source.lent and not self._by_list:
            return self._lent(frame)
        agents, objects = self._parties_of(frame)
        if frame.voice == "active" and all(self._same(index, agents) for index in objects):
            objects = []  # "UK lets US use British bases"
        if not objects and frame.voice != "passive":
            after = list(self._clauses.parties_after(at))
            if frame.voice == "phrase":  # "shares intelligence on China with Japan"
                after.sort(key=lambda index: self._units[index - 1].word not in self._compiled.grammar.partner)
            first = next((i for i in after if not self._same(i, agents) and self._is_reached(frame, i)), None)
            objects = self._clauses.coordinated(first, agents) if first is not None else []
        beside = frame.fillers.get("with")
        if not objects and beside is not None and self._units[beside].actors and not self._same(beside, agents):
            objects = [beside]  # "withdraws troops from Germany"
        if not agents and (not objects or (self._clauses.has_pronoun(at) and not self._by_list)):
            agents = self.named_before(at)
            if (
                frame.voice == "passive"
                and "agent" not in frame.fillers
                and next(self._clauses.by(at), None) is not None
            ):
                agents = []  # "EU force nears ship seized by pirates"
        if frame.act.source.mutual and len(objects) > 1 and (not agents or self._hyphenated(frame, objects)):
            agents, objects = objects, []
        agents, objects = self._asked(frame, agents, objects)
        return Frame(
            *(frame.act, frame.need, at, frame.form, frame.voice, frame.fillers, ()),
            agents=tuple(index for index in agents if not self._same(index, objects)),
            objects=tuple(objects),
            place=self._place(frame.fillers, at),
        )

    def _is_reached(self, frame: Frame, party: int) -> bool:
        """Whether a thing of the doer's own goes to a party, with or against it: not "arrives in latest Iran row"."""
        grammar, index = self._compiled.grammar, party - 1
        if not frame.act.source.own or self._by_list:
            return True
        while index > frame.at and self._units[index].plain and self._units[index].word not in grammar.function:
            index -= 1
        word = self._units[index].word
        return index == frame.at or word == grammar.to or word in grammar.partner or word in grammar.directed

    def _lent(self, frame: Frame) -> Frame:
        """Who lends, as the agent, and who uses it: "Spain lets US use its bases", "US may use Spanish bases"."""
        at, letting, thing = frame.at, self._compiled.grammar.letting, thing_of(frame.fillers)
        owners = self._owners_of_lent(thing) if thing else []
        lets = (
            at
            if self._first_word(at) in letting
            else next((i for i in self._clauses.left(at) if self._first_word(i) in letting), None)
        )
        if lets is None:
            users = self._agents(frame, owners)
        else:
            between = range(at + 1, len(self._units)) if lets == at else range(lets + 1, at)
            user = next((i for i in between if self._clauses.is_party(i) and i not in owners), None)
            users = self._clauses.coordinated(user, owners) if user is not None else []
        if not users and lets == at:
            users, owners = owners, []  # "grants US four more bases"
        lenders = [index for index in owners if not self._same(index, users)]
        if not lenders and lets is not None:
            lender = next((i for i in self._clauses.left(lets) if self._clauses.is_party(i)), None)
            lenders = self._clauses.coordinated(lender, users) if lender is not None else []
        if not lenders:
            named = next((i for i in range(at - 1, -1, -1) if self._is_state(i) and not self._same(i, users)), None)
            lenders = [named] if named is not None and thing and self._is_theirs(thing) else []
        return replace(frame, agents=tuple(lenders), objects=tuple(users), place=self._place(frame.fillers, at))

    def _owners_of_lent(self, thing: int) -> list[int]:
        if self._units[thing].actors:
            return [thing]
        near = self._clauses.holders(thing)
        return [one for one in near if not any(self._units[index].acts for index in range(one + 1, thing))]

    def _first_word(self, index: int) -> str:
        return self._units[index].word.split()[0]

    def _is_theirs(self, thing: int) -> bool:
        """Whether a pronoun says whose it is."""
        return any(
            self._units[index].word in self._compiled.grammar.possessive for index in range(max(0, thing - 3), thing)
        )

    def _hyphenated(self, frame: Frame, parties: Sequence[int]) -> bool:
        """ "India-Brazil alliance": both are parties, whoever else is named."""
        return frame.voice != "active" and any(self._units[index].glued and index - 1 in parties for index in parties)

    def _asked(self, frame: Frame, agents: list[int], objects: list[int]) -> tuple[list[int], list[int]]:
        """Who asks, and who is asked: "Trump urges Germany to send ships"."""
        grammar = self._compiled.grammar
        if frame.voice != "active" or self._by_list or word_before(self._units, frame.at, grammar) != grammar.to:
            return agents, objects
        asked, asks = None, False
        for index in self._clauses.left(frame.at):
            word = self._first_word(index)
            if word in grammar.terms:
                asks = True  # "gives Iran 48 hours to open"
            elif grammar.mode_words.get(word) == "demanded":
                asks = asks or asked is not None
            elif self._clauses.is_party(index) and asked is None:
                asked = index
            elif self._clauses.is_party(index) and asks and asked in agents:
                parties = self._clauses.coordinated(asked, ())
                return self._clauses.coordinated(index, parties), parties
        return ([], [asked]) if asks and asked is not None and asked in agents else (agents, objects)

    def named_before(self, at: int) -> list[int]:
        """Who is named last before, or says it: "Russia agreed that it will ...", "IRGC says tanker seized"."""
        grammar, pronoun = self._compiled.grammar, self._clauses.has_pronoun(at)
        for index in range(at - 1, -1, -1):
            if self._clauses.is_warned(index):
                continue
            if self._clauses.is_party(index):
                return self._clauses.coordinated(index, ())
            unit = self._units[index]
            if unit.word in grammar.others:
                return []  # "says ships from many countries are going"
            if self._by_list or pronoun:
                continue
            if unit.hard or unit.word in grammar.reacting:
                return []
            if unit.word in grammar.says and index and not self._clauses.is_party(index - 1):
                return []
        return []

    def _parties_of(self, frame: Frame) -> tuple[list[int], list[int]]:
        """Who does it, and whose the thing is that it is done to; an own thing's owner does it."""
        thing = frame.fillers.get("object", frame.fillers.get("about"))
        owners = self._clauses.owners(thing, frame.at) if thing is not None else []
        if "agent" in frame.fillers and self._by_list:
            owners = [index for index in owners if index != frame.fillers["agent"]]
        subject = thing is not None and frame.voice == "active" and thing < frame.at and not self._by_list
        own = frame.act.source.own or subject
        agents = self._agents(frame, owners)
        return (agents or owners, []) if own else (agents, owners)

    def _agents(self, frame: Frame, besides: Sequence[int]) -> list[int]:
        if frame.form == "passive" and self._units[frame.at].actors:
            return [frame.at]  # "after US attack"
        agent = frame.fillers.get("agent")
        if agent is not None and not self._units[agent].actors:  # "a US carrier": whose it is
            owners = [index for index in self._clauses.owners(agent, frame.at) if index < frame.at]
            if owners:
                return owners
            agent = None
        if agent is None:
            sides = self._clauses.candidates("agent", frame.at, frame.voice)
            told = tuple(self._clauses.in_noun(frame.at)) if frame.voice == "passive" else ()
            agent = next((i for i in sides if (i in told or self._clauses.is_party(i)) and i not in besides), None)
        if agent is None:
            return []
        agent = self._subject(self._possessor(agent))
        if self._units[agent - 1].word in self._compiled.grammar.partner:  # "Iraq works with Iran to reopen"
            before = takewhile(lambda i: not self._units[i].things, self._clauses.left(agent))
            subject = next((i for i in before if self._clauses.is_party(i)), agent)
            besides, agent = [*besides, *range(subject + 1, agent)], subject
        return self._clauses.coordinated(agent, besides)

    def _subject(self, index: int) -> int:
        """Who is the subject where a state only says which deal, or is visited: "Pakistan secures Iran deal to"."""
        grammar, after = self._compiled.grammar, self._units[index + 1].word if index + 1 < len(self._units) else ""
        if after not in grammar.deals and self._units[index - 1].word not in grammar.visiting:
            return index
        sooner = (i for i in self._clauses.left(index) if self._clauses.is_party(i))
        return next(sooner, index)

    def _possessor(self, index: int) -> int:
        """Whose it is where two states are named: the United States in "Trump's Iranian blockade"."""
        owner = index - 2
        both = owner >= 0 and self._units[index - 1].word == "s" and self._is_state(owner) and self._is_state(index)
        return owner if both else index

    def _is_state(self, index: int) -> bool:
        return any(self._compiled.actors[one].kind == "state" for one in self._units[index].actors)

    def _same(self, index: int, others: Sequence[int]) -> bool:
        """Whether an actor is among others by another of its names."""
        return any(set(self._units[index].actors) & set(self._units[other].actors) for other in others)

    def _place(self, fillers: Fillers, at: int) -> int | None:
        given = fillers.get("place")
        if given is not None and self._is_place(given):
            return given
        sides = self._clauses.candidates("place", at, "active")
        return next((index for index in sides if self._is_place(index)), None)

    def _is_place(self, index: int) -> bool:
        """Whether it is a place and no actor's name: not "Havana's ambassador"."""
        reached = self._units[index - 1].word == self._compiled.grammar.to  # "heads to Havana"
        return self._units[index].place is not None and (reached or not self._units[index].named)
