"""Reads ``publishers.yaml``: families, wires, aggregators, and what is known of each publisher."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct

from services.contracts.publishers import Publisher, Wire
from services.runtime.files import shipped, yaml
from services.runtime.files.paths import KeyPath


class PublishersFile(Struct, frozen=True, kw_only=True):
    """The whole file."""

    families: Mapping[str, tuple[str, ...]]
    wires: Mapping[str, Wire]
    aggregators: tuple[str, ...]
    publishers: Mapping[str, Publisher] = {}

    def by_family(self) -> dict[str, Publisher]:
        """What is known, by family; of an agency also under its sites, which are families of their own."""
        own = {host: self.publishers.get(name) for name, wire in self.wires.items() for host in wire.hosts}
        return {**{host: known for host, known in own.items() if known}, **self.publishers}


def read(path: Path) -> PublishersFile:
    """The file at ``path``. Raises :class:`~services.runtime.errors.UnusableFilesError` with all that is wrong."""
    document = yaml.read(path, "publishers.v1", PublishersFile)
    document.refuse(_problems(document.value))
    return document.value


@cache
def read_shipped() -> PublishersFile:
    """The file that ships."""
    return read(shipped.seeds() / "publishers.yaml")


def _problems(file: PublishersFile) -> Iterator[tuple[KeyPath, str]]:
    """What no schema can see: a host of two families, and a wire or family that is not there."""
    owners: dict[str, str] = {}
    for family, hosts in file.families.items():
        for index, host in enumerate(hosts):
            owner = owners.setdefault(host.lower(), family)
            if owner != family:
                yield ("families", family, index), f"{host} stands under {owner} and under {family}: keep one."
    for name in file.publishers:
        if "." not in name and name not in file.families and name not in file.wires:
            yield ("publishers", name), f"{name} is neither a family, nor a wire, nor a domain."
