"""Packs and data files from disk: read together, compiled together, or refused together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.runtime.errors import UnusableFilesError
from services.runtime.files import shipped as files
from services.runtime.files import yaml
from services.runtime.files.yaml import Document
from services.tagger.core.actors import read_actors
from services.tagger.core.compiled import Compiled
from services.tagger.core.compiler import compile_packs
from services.tagger.core.model import Pack, Vocabulary
from services.tagger.core.packs import is_old, read_pack, read_vocabulary
from services.tagger.core.places import read_places
from services.tagger.errors import PackError

SCHEMA = "topic_pack.v2"
DATA_FILES = ("actors.yaml", "places.yaml", "vocabulary.yaml")

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Library:
    """What is in force: the packs as written, and compiled."""

    packs: tuple[Pack, ...]
    compiled: Compiled


def default_folder() -> Path:
    """The shipped packs."""
    return files.seeds() / "topics"


def load(folder: Path) -> Library:
    """Every ``*.yaml`` in ``folder``, or the one file it names. Raises :class:`PackError` with all that is wrong."""
    seeds = files.seeds()
    contents = {name: _bytes(seeds / name) for name in DATA_FILES}
    shared = {name: _parsed(content, name) for name, content in contents.items()}
    vocabulary = read_vocabulary(shared["vocabulary.yaml"])
    actors = read_actors(shared["actors.yaml"])
    places = read_places(shared["places.yaml"])
    digest = hashlib.sha256(b"\0".join(contents[name] for name in DATA_FILES)).hexdigest()
    packs = _packs(folder, vocabulary, digest)
    return Library(packs, compile_packs(packs, vocabulary, actors, places))


def stamp(folder: Path) -> Stamp:
    """What changes when a pack file is written, added or removed: names, times and sizes."""
    found = []
    for path in _pack_files(folder):
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        found.append((path.name, state.st_mtime_ns, state.st_size))
    return tuple(found)


def _packs(folder: Path, vocabulary: Vocabulary, digest: str) -> tuple[Pack, ...]:
    paths = _pack_files(folder)
    if not paths:
        raise PackError((f"{folder}: no topic pack (*.yaml) is there; `wirewatch packs new` writes one.",))
    packs: dict[str, Pack] = {}
    problems: list[str] = []
    for path in paths:
        try:
            content = _bytes(path)
            pack = read_pack(_allowed(content, str(path)), content, vocabulary, digest)
        except PackError as error:
            problems += error.problems
            continue
        if pack.topic in packs:
            problems.append(f"{path}: topic {pack.topic!r} is already that of {packs[pack.topic].file}.")
        packs[pack.topic] = pack
    if problems:
        raise PackError(tuple(problems))
    return tuple(packs.values())


def _pack_files(folder: Path) -> list[Path]:
    return [folder] if folder.is_file() else sorted(folder.glob("*.yaml"))


def _bytes(path: Path) -> bytes:
    """What is in a file that is no pipe and not endless."""
    try:
        return yaml.read_bytes(path)
    except UnusableFilesError as error:
        raise PackError(error.problems) from None


def _parsed(content: bytes, name: str) -> Document[Any]:
    try:
        document = yaml.parse(content, name)
        document.refuse(())
    except UnusableFilesError as error:
        raise PackError(error.problems) from None
    return document


def _allowed(content: bytes, name: str) -> Document[dict[str, Any]]:
    """A pack that its schema allows."""
    try:
        document = yaml.parse(content, name)
        old = is_old(document)
        if old is not None:
            raise PackError((old,))
        return document.converted(SCHEMA, dict[str, Any])
    except UnusableFilesError as error:
        raise PackError(error.problems) from None
