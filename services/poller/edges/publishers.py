"""``publishers.yaml`` as the poller asks it, and the public suffixes, as they ship with publicsuffixlist."""

from functools import lru_cache
from pathlib import Path

from publicsuffixlist import PublicSuffixList

from services.poller.core.outlet import Publishers
from services.runtime.files import publishers

_suffixes = PublicSuffixList(accept_unknown=False, only_icann=True)


def load(path: Path | None = None) -> Publishers:
    """The tables of ``path`` (the shipped file if None). Raises :class:`UsageError` naming file and line."""
    file = publishers.read(path) if path else publishers.read_shipped()
    return Publishers(
        families={host.lower(): family for family, hosts in file.families.items() for host in hosts},
        wires=file.wires,
        aggregators=frozenset(host.lower() for host in file.aggregators),
        registrable=registrable,
    )


@lru_cache(maxsize=10_000)
def registrable(host: str) -> str | None:
    """The registrable domain of a host (``bbc.co.uk``); None where it has none."""
    found: str | None = _suffixes.privatesuffix(host)
    return found
