"""The services as ``schemas/services.yaml`` declares them; the file's own comments explain the fields."""

from functools import cache

import msgspec
from msgspec import Struct

from services.runtime.files import shipped, yaml


class DeclaredService(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service of the file."""

    name: str
    does: str
    kafka: bool
    redis: bool
    stream: bool
    egress: bool
    demo: bool

    @property
    def group(self) -> str:
        """The consumer group of a stream processor."""
        return f"wirewatch-{self.name}"


@cache
def declared() -> dict[str, DeclaredService]:
    """The services by name, in the order in which an article passes them."""
    path = shipped.schemas() / "services.yaml"
    document = yaml.parse(yaml.read_bytes(path), str(path)).value
    return {
        name: msgspec.convert({**facts, "name": name}, DeclaredService) for name, facts in document["services"].items()
    }


def names(*, demo: bool = False, stream: bool | None = None) -> tuple[str, ...]:
    """The services, without those of the demo unless asked; ``stream`` chooses stream processors, or the others."""
    return tuple(one.name for one in declared().values() if (demo or not one.demo) and stream in (None, one.stream))
