"""The topic packs: shown, tried on texts, saved where the tagger reads them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from services.desk.versions import Versions
from services.runtime.errors import UnusableFilesError, UsageError
from services.tagger import library
from services.tagger.core.examples import run_examples
from services.tagger.core.explain import explain
from services.tagger.core.tag import Fields
from services.tagger.errors import PackError
from services.tagger.template import pack_template

_READ_ONLY = "This api has no topic packs to edit: set WIREWATCH_API_PACKS to the folder that the tagger reads."


class Topics:
    """See :class:`services.api.ports.Topics`. Without ``folder`` the shipped packs are shown, and stay."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._writing = asyncio.Lock()
        self._shown: tuple[library.Stamp, dict[str, Any]] | None = None  # running all examples takes seconds

    async def listed(self) -> Mapping[str, Any]:
        """Every pack, with its text."""
        return await asyncio.to_thread(self._listed)

    async def template(self, topic: str) -> str:
        """A small pack to start from. Raises :class:`UsageError` for a name that no topic may have."""
        try:
            return pack_template(topic)
        except ValueError as refused:
            raise UsageError(str(refused)) from None

    async def tried(self, text: str, articles: Sequence[Mapping[str, str]]) -> Mapping[str, Any]:
        """What a pack's text finds in ``articles`` (id, title, text), and what is wrong with it."""
        return await asyncio.to_thread(_tried, text, articles)

    async def save(self, topic: str, text: str) -> Sequence[str]:
        """Save a pack that can be used; what is wrong with it otherwise."""
        async with self._writing:
            return await asyncio.to_thread(self._save, topic, text)

    async def undo(self, topic: str) -> bool:
        """Bring back the version before; false where there is none."""
        async with self._writing:
            return await asyncio.to_thread(Versions(self._editable() / f"{topic}.yaml").undo)

    def _read(self) -> Path:
        own = self._folder
        return own if own is not None and any(own.glob("*.yaml")) else library.default_folder()

    def _editable(self) -> Path:
        if self._folder is None:
            raise UsageError(_READ_ONLY)
        return self._folder

    def _listed(self) -> dict[str, Any]:
        folder = self._read()
        stamp = library.stamp(folder)
        if self._shown is None or self._shown[0] != stamp:
            self._shown = stamp, self._described(folder)
        return self._shown[1]

    def _described(self, folder: Path) -> dict[str, Any]:
        try:
            loaded = library.load(folder)
        except PackError as refused:
            return {"editable": self._folder is not None, "problems": refused.problems, "topics": []}
        topics = [
            {
                "topic": pack.topic,
                "title": pack.title,
                "id": pack.id,
                "acts": len(pack.acts),
                "examples": len(pack.examples),
                "failing": len(list(run_examples(pack, loaded.compiled))),
                "text": Path(pack.file).read_text(encoding="utf-8"),
                "versions": Versions(folder / Path(pack.file).name).count(),
            }
            for pack in loaded.packs
        ]
        return {"editable": self._folder is not None, "problems": (), "topics": topics}

    def _save(self, topic: str, text: str) -> Sequence[str]:
        folder = self._editable()
        found = _tried(text, ())
        if found["problems"]:
            problems: Sequence[str] = found["problems"]
            return problems
        if found["topic"] != topic:
            return (f"The topic of the text is {found['topic']}, not {topic}.",)
        if found["failures"]:
            return tuple(found["failures"])
        if self._read() != folder:  # the first change: from now on the tagger reads this folder, with all packs in it
            shutil.copytree(library.default_folder(), folder, dirs_exist_ok=True)
        Versions(folder / f"{topic}.yaml").save(text)
        return ()


def _tried(text: str, articles: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "topic.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            loaded = library.load(path)
        except (PackError, UnusableFilesError) as refused:
            problems = tuple(
                problem.replace(str(path), "topic").replace("topic, line", "line") for problem in refused.problems
            )
            return {"problems": problems, "failures": (), "topic": None, "reports": ()}
    (pack,) = loaded.packs
    failures = [
        failure.sentence().replace(str(path), "topic").replace("topic, line", "line")
        for failure in run_examples(pack, loaded.compiled)
    ]
    found = []
    for article in articles:
        fields = Fields(article.get("title", ""), "", article.get("text", ""), None)
        (report,) = explain(fields, loaded.compiled)
        found.append((report.score, {"id": article.get("id"), "title": fields.title, "report": report}))
    reports = [one for _, one in sorted(found, key=lambda pair: -pair[0])]
    return {"problems": (), "failures": failures, "topic": pack.topic, "reports": reports}
