"""Where the shipped data lives: ``schemas/`` and ``seeds/``, in a checkout or inside the installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]


def _shipped(name: str) -> Path:
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def schemas() -> Path:
    """The folder of topics.yaml and the JSON Schemas."""
    return _shipped("schemas")


def seeds() -> Path:
    """The folder of feeds, topic packs, publisher families and sample articles."""
    return _shipped("seeds")
