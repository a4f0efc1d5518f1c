"""Packs and data files from disk: read together, compiled together, or refused together."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from services.runtime.errors import UnusableFilesError
from services.runtime.files import shipped as files
from services.runtime.files import yaml
from services.runtime.files.yaml import Document
from services.tagger.core.actors import ActorList, read_actors, read_names
from services.tagger.core.compiler import compile_packs
from services.tagger.core.grammar import ENGLISH, read_grammar
from services.tagger.core.languages import Language, Languages, language
from services.tagger.core.model import Pack, Vocabulary
from services.tagger.core.packs import is_old, read_pack, read_vocabulary
from services.tagger.core.places import PlaceList, read_places
from services.tagger.core.wording import read_forms
from services.tagger.core.words import read_vocabulary_words, read_words
from services.tagger.errors import PackError

SCHEMA = "topic_pack.v2"
WORDS_SCHEMA = "topic_words.v2"
DATA_FILES = ("actors.yaml", "places.yaml", "vocabulary.yaml")
OFF = "off: true\n"  # what a file says that leaves the topic of its name out
_NO_PACK = "no topic pack (*.yaml) is there; `wirewatch packs new` writes one."
LANGUAGE_FILES = ("grammar.yaml", "names.yaml", "states.yaml", "vocabulary.yaml", "forms.txt")

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Library:
    """What is in force: the packs, each again in every language that it has words of, and all of it compiled."""

    packs: tuple[Pack, ...]
    in_languages: tuple[Pack, ...]
    compiled: Languages


def default_folder() -> Path:
    """The shipped packs."""
    return files.seeds() / "topics"


def in_force(own: Path | None) -> tuple[Path, ...]:
    """The folders that :func:`load` is given: the shipped packs, and a folder of packs beside them."""
    return (default_folder(),) if own is None else (default_folder(), own)


def load(*folders: Path) -> Library:
    """Every ``*.yaml`` in ``folders``, or the one file that is named, with the words of other languages beside it.

    A file takes the place of one of the same name in the folders before. One that says ``off: true`` leaves the topic
    out. Raises :class:`PackError` with all that is wrong.
    """
    data = _Data(files.seeds())
    packs = _packs(folders, data)
    everywhere = [pack for base, words in packs for pack in (base, *words)]
    spoken = sorted({pack.language for pack in everywhere})
    compilers = {code: partial(data.compile, code, [p for p in everywhere if p.language == code]) for code in spoken}
    for code in spoken:
        data.named(code)  # what is wrong in them is said now
    bases = tuple(base for base, _ in packs)
    return Library(bases, tuple(everywhere), Languages(compilers, {pack.topic: pack.id for pack in bases}))


def stamp(*folders: Path) -> Stamp:
    """What changes when a pack file is written, added or removed: names, times and sizes."""
    found = []
    for path in (file for pack in pack_files(*folders) for file in (pack, *_word_files(pack, folders))):
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(found)


def pack_files(*folders: Path) -> list[Path]:
    """The files of packs in these folders, one of each name."""
    found: dict[str, Path] = {}
    for folder in folders:
        paths = [folder] if folder.is_file() else folder.glob("*.yaml")
        found.update({path.name: path for path in paths})
    return [found[name] for name in sorted(found)]


class _Data:
    """Everything that packs share, read when it is asked for, once."""

    def __init__(self, seeds: Path) -> None:
        self._folder = seeds / "languages"
        contents = {name: _bytes(seeds / name) for name in DATA_FILES}
        shared = {name: _parsed(content, name) for name, content in contents.items()}
        self._languages: dict[str, Language] = {}
        self._named: dict[str, tuple[Vocabulary, ActorList, PlaceList]] = {}
        self.vocabulary = read_vocabulary(shared["vocabulary.yaml"], self.language(ENGLISH).wording)
        self._actors = read_actors(shared["actors.yaml"])
        self._places = read_places(shared["places.yaml"])
        self._digest = hashlib.sha256(b"\0".join(contents[name] for name in DATA_FILES)).hexdigest()

    def digest(self, codes: list[str]) -> str:
        """Of the shared files and those of languages."""
        paths = [self._folder / code / name for code in sorted({ENGLISH, *codes}) for name in LANGUAGE_FILES]
        parts = [_bytes(path) for path in paths if path.is_file()]
        return hashlib.sha256(b"\0".join((self._digest.encode(), *parts))).hexdigest()

    def language(self, code: str) -> Language:
        """The grammar and the forms of a language."""
        if code not in self._languages:
            folder = self._folder / code
            if not (folder / "grammar.yaml").is_file():
                known = ", ".join(sorted(path.parent.name for path in self._folder.glob("*/grammar.yaml")))
                raise PackError((f"language {code!r} has no grammar.yaml: known are {known} (docs/languages.md).",))
            grammar = read_grammar(_valid(folder / "grammar.yaml", "grammar.v1"))
            forms = folder / "forms.txt"
            text = _bytes(forms).decode() if forms.is_file() else ""
            self._languages[code] = language(grammar, read_forms(text))
        return self._languages[code]

    def named(self, code: str) -> tuple[Vocabulary, ActorList, PlaceList]:
        """The shared things, actors and places by their names in a language."""
        if code == ENGLISH:
            return self.vocabulary, self._actors, self._places
        if code not in self._named:
            self._named[code] = self._read_names(code)
        return self._named[code]

    def _read_names(self, code: str) -> tuple[Vocabulary, ActorList, PlaceList]:
        folder, spoken = self._folder / code, self.language(code)
        latin = spoken.grammar.latin_names
        actors, places = self._actors, self._places
        found: list[tuple[ActorList, PlaceList]] = []
        for path in (folder / "names.yaml", folder / "states.yaml"):
            if path.is_file():
                names = read_names(_valid(path, "names.v1"), actors, places, spoken.wording, latin=latin and not found)
                found.append(names)
        words = folder / "vocabulary.yaml"
        vocabulary = Vocabulary({}, ())
        if words.is_file():
            document = _parsed(_bytes(words), str(words))
            vocabulary = read_vocabulary(document, spoken.wording)
            vocabulary = read_vocabulary_words(vocabulary, self.vocabulary, document)
        else:
            vocabulary = Vocabulary(dict.fromkeys(self.vocabulary.things, ()), ())
        return (
            vocabulary,
            ActorList(actors.by_id, tuple(name for one, _ in found for name in one.names)),
            PlaceList(places.by_id, tuple(name for _, one in found for name in one.names)),
        )

    def compile(self, code: str, packs: list[Pack]) -> Any:
        """Packs of one language."""
        return compile_packs(packs, self.language(code), *self.named(code))


def _packs(folders: Sequence[Path], data: _Data) -> list[tuple[Pack, list[Pack]]]:
    found: dict[str, tuple[Pack, list[Pack]]] = {}
    problems = [f"{folder}: {_NO_PACK}" for folder in folders if not folder.exists()]
    for path in pack_files(*folders):
        try:
            read = _pack(path, _word_files(path, folders), data)
        except PackError as error:
            problems += error.problems
            continue
        if read is None:
            continue
        pack, words = read
        if pack.topic in found:
            problems.append(f"{path}: topic {pack.topic!r} is already that of {found[pack.topic][0].file}.")
        found[pack.topic] = (pack, words)
    if problems or not found:
        raise PackError(tuple(problems) or (f"{folders[-1]}: {_NO_PACK}",))
    return list(found.values())


def _pack(path: Path, word_files: list[Path], data: _Data) -> tuple[Pack, list[Pack]] | None:
    """A pack, and the same in every language that ``word_files`` have; None where the file switches the topic off."""
    content = _bytes(path)
    if is_off(content):
        return None
    document = _allowed(content, str(path), SCHEMA)
    code = document.value.get("language", ENGLISH)
    texts = {file: _bytes(file) for file in word_files}
    others = {file: _allowed(text, str(file), WORDS_SCHEMA) for file, text in texts.items()}
    codes = [code, *(other.value["language"] for other in others.values())]
    everything = b"\0".join((content, *texts.values()))
    pack = read_pack(document, everything, data.vocabulary, data.digest(codes), data.language(code).wording)
    words: list[Pack] = []
    problems: list[str] = []
    for file, other in others.items():
        spoken = other.value["language"]
        try:
            if file.stem != spoken or spoken == code:
                raise PackError((f"{file}: its language is {spoken!r}, so name it {spoken}.yaml.",))
            words.append(read_words(other, pack, data.language(spoken).wording))
        except PackError as error:
            problems += error.problems
    if problems:
        raise PackError(tuple(problems))
    return pack, words


def is_off(content: bytes) -> bool:
    """Whether a pack file says that its topic is left out."""
    return content.split() == OFF.encode().split()


def _word_files(pack: Path, folders: Sequence[Path]) -> list[Path]:
    """The words of other languages: ``naval_moves/ru.yaml`` beside ``naval_moves.yaml``, else in a folder before."""
    beside = [pack.with_suffix(""), *(folder / pack.stem for folder in reversed(folders))]
    return sorted(next((words for words in beside if words.is_dir()), beside[0]).glob("*.yaml"))


def _bytes(path: Path) -> bytes:
    """What is in a file that is no pipe and not endless."""
    try:
        return yaml.read_bytes(path, max_bytes=4 * yaml.MAX_BYTES if path.suffix == ".txt" else yaml.MAX_BYTES)
    except UnusableFilesError as error:
        raise PackError(error.problems) from None


def _parsed(content: bytes, name: str) -> Document[Any]:
    try:
        document = yaml.parse(content, name)
        document.refuse(())
    except UnusableFilesError as error:
        raise PackError(error.problems) from None
    return document


def _valid(path: Path, schema: str) -> Document[dict[str, Any]]:
    return _allowed(_bytes(path), str(path), schema)


def _allowed(content: bytes, name: str, schema: str) -> Document[dict[str, Any]]:
    """A file that its schema allows."""
    try:
        document = yaml.parse(content, name)
        old = is_old(document)
        if old is not None:
            raise PackError((old,))
        return document.converted(schema, dict[str, Any])
    except UnusableFilesError as error:
        raise PackError(error.problems) from None
