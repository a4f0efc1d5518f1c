"""YAML with line numbers: plain values, and for each its line, so that an error can name where it is."""

from __future__ import annotations

from typing import Any

import yaml

from services.tagger.errors import PackError

Path = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Document:
    """A parsed file. ``value`` is plain data; ``line(path)`` is where the value at ``path`` begins (from 1)."""

    def __init__(self, content: bytes, file: str) -> None:
        self.file = file
        self._lines: dict[Path, int] = {}
        self._loader = _Loader(_decoded(content, file))
        try:
            node = self._loader.get_single_node()
            if node is None:
                raise PackError((f"{file}: the file is empty; begin with `wirewatch packs new`.",))
            self.value = self._read(node, ())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f", line {mark.line + 1}" if mark else ""
            raise PackError((f"{file}{where}: not valid YAML: {error.problem or error.context}.",)) from None
        except (yaml.YAMLError, RecursionError) as error:
            raise PackError((f"{file}: not valid YAML: {str(error).splitlines()[0]}.",)) from None
        finally:
            self._loader.dispose()

    def line(self, path: Path) -> int:
        """The line of the value at ``path``, or of the nearest that holds it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def at(self, path: Path) -> str:
        """``file, line N`` for a message."""
        return f"{self.file}, line {self.line(path)}"

    def _read(self, node: Any, path: Path) -> Any:
        self._lines[path] = node.start_mark.line + 1
        if len(path) > 20:
            raise PackError((f"{self.at(path)}: nested too deeply.",))
        if isinstance(node, yaml.SequenceNode):
            return [self._read(child, (*path, index)) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return self._loader.construct_object(node, deep=True)

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if not isinstance(key, str):
                raise PackError((f"{self.file}, line {line}: a key has to be a word.",))
            if key in found:
                raise PackError((f"{self.file}, line {line}: {key!r} stands here twice; join the two.",))
            found[key] = self._read(value_node, (*path, key))
            self._lines[(*path, key)] = line
        return found


def _decoded(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PackError((f"{file}, line {line}: not UTF-8 text; save the file as UTF-8.",)) from None
