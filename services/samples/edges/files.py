"""Sample feeds from disk."""

from pathlib import Path

import msgspec

from services.runtime.errors import UnusableFilesError
from services.runtime.files import yaml
from services.samples.core.feeds import Feed
from services.samples.errors import SampleFileError


def read(folder: Path) -> dict[str, Feed]:
    """Every ``*.yaml`` of ``folder`` by its name without the ending. Raises :class:`SampleFileError`."""
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != "expected.yaml")
    if not paths:
        raise SampleFileError(folder, "the folder holds no .yaml file")
    found: dict[str, Feed] = {}
    for path in paths:
        try:
            found[path.stem] = msgspec.convert(yaml.parse(yaml.read_bytes(path), path.name).value, Feed)
        except (UnusableFilesError, msgspec.ValidationError) as error:
            raise SampleFileError(path, str(error)) from None
    return found
