"""Who really says it: the outlet that prints, the family that owns it, the wire it carries, the transport between.

An aggregator's name (news.google.com) is a transport and never a source. A host that is in no table is a family of
its own, by its registrable domain. Data: ``seeds/publishers.yaml``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.contracts.publishers import Wire

_HEAD_CHARACTERS: Final = 400  # a dateline stands in the first line or two
_TAIL_CHARACTERS: Final = 300  # "(Reporting by ...; Editing by ...)" ends the text
_SHORT_CREDIT: Final = 4
_FRONT: Final = ("www.", "m.", "amp.", "mobile.")


@dataclass(frozen=True, slots=True)
class Publishers:
    """The tables of ``publishers.yaml``, ready to look up. ``registrable`` gives a host's registrable domain."""

    families: Mapping[str, str]  # host or domain -> family
    wires: Mapping[str, Wire]
    aggregators: frozenset[str]
    registrable: Callable[[str], str | None]
    _by_name: dict[str, str] = field(default_factory=dict, repr=False)
    _by_host: dict[str, str] = field(default_factory=dict, repr=False)
    _passing_on: dict[str, str] = field(default_factory=dict, repr=False)
    _dateline: list[re.Pattern[str]] = field(default_factory=list, repr=False)
    _ending: list[re.Pattern[str]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        by_credit = {}
        if endings := [ending for wire in self.wires.values() for ending in wire.endings]:
            self._ending.append(re.compile(_any_of(endings)))
        self._passing_on.update((host, host) for host in self.aggregators)
        self._by_host.update((host, name) for name, wire in self.wires.items() for host in wire.hosts)
        for own, wire in self.wires.items():
            for name in (own, *wire.names):
                self._by_name[name.casefold()] = own
            for credit in wire.credits:
                by_credit[credit] = own
                self._by_name.setdefault(credit.casefold(), own)
        long = [credit for credit in by_credit if len(credit) > _SHORT_CREDIT or not credit.isupper()]
        before, after = r"(?:[^()]{0,20}[/, ])?", r"(?:[/, ][^()]{0,20})?"
        # "MANILA, June 20 (Reuters)", "Reuters - ", "WASHINGTON (AP) — ": short capitals need the dash of a dateline,
        # because "(AP)" or "(MENA)" in a sentence may stand for anything, and so does "(Jane Doe/Reuters)", a caption
        if long:
            self._dateline.append(re.compile(rf"\(({_any_of(long)})\)"))
        if by_credit:
            words, dash = _any_of(list(by_credit)), r"\s*(?:-{1,2}|–|—|―)\s"
            self._dateline.append(re.compile(rf"\({before}({words}){after}\){dash}"))
            self._dateline.append(re.compile(rf"^(?:[A-Z][\w .,'’/-]{{0,60}}[,:] ?)?({words}){dash}"))

    def wire_named(self, name: str) -> str | None:
        """The wire an author or source name stands for, exactly or as "Name Surname, Reuters"."""
        folded = name.casefold().strip()
        if folded in self._by_name:
            return self._by_name[folded]
        for part in re.split(r"[,/|;·]| for | via | with ", folded):
            hit = self._by_name.get(part.strip(" .()").removeprefix("by ").removeprefix("the ").strip())
            if hit:
                return hit
        return None

    def wire_of(self, text: str, credited: Sequence[str], host: str | None) -> str | None:
        """The wire whose report this is: named by author or source, in the dateline, at the end, or its own site."""
        for name in credited:
            named = self.wire_named(name)
            if named:
                return named
        owner = self._of_domain(host, self._by_host) if host else None
        return owner or self._in_text(text)

    def is_aggregator(self, host: str | None) -> bool:
        """Whether a host passes on what others wrote."""
        return host is not None and self._of_domain(host, self._passing_on) is not None

    def family_of(self, host: str) -> str:
        """The publisher family of a host."""
        family = self._of_domain(host, self.families)
        if family:
            return family
        domain = self.registrable(host) or host
        return self.families.get(domain, domain)

    def _of_domain(self, host: str, table: Mapping[str, str]) -> str | None:
        """What ``table`` says of the host or of a domain it lies in."""
        labels = host.split(".")
        for start in range(len(labels) - 1):
            found = table.get(".".join(labels[start:]))
            if found:
                return found
        return None

    def _in_text(self, text: str) -> str | None:
        head = text[:_HEAD_CHARACTERS]
        for pattern in self._dateline:
            match = pattern.search(head)
            if match:
                return self._by_name[match.group(1).casefold()]
        tail = text[-_TAIL_CHARACTERS:]
        if self._ending and not self._ending[0].search(tail):
            return None
        return next((name for name, wire in self.wires.items() if any(end in tail for end in wire.endings)), None)


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Attribution:
    """The answer: ``outlet`` is a host without its "www.", ``transport`` the aggregator that passed it on."""

    outlet: str
    family: str
    wire: str | None
    transport: str | None


def attribute(
    publishers: Publishers,
    *,
    link_host: str | None,
    feed_host: str,
    source_host: str | None,
    configured: str | None,
    credited: Sequence[str],
    text: str,
) -> Attribution:
    """Who says it. ``source_host`` is of RSS ``<source url>``, ``configured`` the outlet the feed list names."""
    transport: str | None = None
    host = link_host or configured or feed_host
    if publishers.is_aggregator(host):
        transport = bare(host)
        host = source_host if source_host and not publishers.is_aggregator(source_host) else configured or host
    elif link_host is None and publishers.is_aggregator(feed_host):
        transport = bare(feed_host)
    outlet = bare(host)
    return Attribution(
        outlet=outlet,
        family=publishers.family_of(outlet),
        wire=publishers.wire_of(text, credited, outlet),
        transport=transport if transport != outlet else None,
    )


def bare(host: str) -> str:
    """A host without the labels that only say how it is shown."""
    for front in _FRONT:
        if host.startswith(front) and host.count(".") >= 2:
            return host[len(front) :]
    return host
