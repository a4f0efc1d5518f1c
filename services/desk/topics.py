"""The topic packs: shown, tried on articles, saved where the tagger reads them."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from services.api.core.topic_form import TopicForm
from services.archive_store.recent import RecentArticle
from services.desk import topic_form
from services.desk.versions import Versions, read_as_file
from services.runtime.errors import UnusableFilesError, UsageError
from services.runtime.files import yaml
from services.tagger import library
from services.tagger.core.examples import Failure, run_examples
from services.tagger.core.explain import TopicReport, explain
from services.tagger.core.tag import Fields
from services.tagger.library import Library

MOST_REPORTS = 60  # explained in an answer, the best first

_READ_ONLY = "This api has no topic packs to edit: set WIREWATCH_API_PACKS to the folder that the tagger reads."


class Topics:
    """The topic packs in ``folder``. Without one the shipped packs are shown, and stay."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._writing = asyncio.Lock()
        self._listing = asyncio.Lock()
        self._shown: tuple[library.Stamp, dict[str, Any]] | None = None
        self._classes = _classes()

    async def listed(self) -> Mapping[str, Any]:
        """``editable``, ``problems`` of the files, ``topics``: each with its text, and ``classes`` of acts."""
        async with self._listing:  # who asks meanwhile is given what is made for the first
            return await asyncio.to_thread(self._listed)

    async def tried(
        self, text: str | None, form: Mapping[str, Any] | None, articles: Sequence[RecentArticle]
    ) -> Mapping[str, Any]:
        """A pack as ``text`` and as ``form`` (null where no form shows it), whichever of them is given; its
        ``problems``, ``failures`` and what is ``missing``; and ``reports`` on the articles.
        """
        try:
            filled = None if form is None else msgspec.convert(form, TopicForm)
        except msgspec.ValidationError as refused:
            return {**_NOTHING, "form": None, "problems": (f"form: {refused}.",)}
        return await asyncio.to_thread(self._tried, text, filled, articles)

    async def save(self, topic: str, text: str) -> Sequence[str]:
        """Save a pack that can be used; what is wrong with it otherwise."""
        async with self._writing:
            return await asyncio.to_thread(self._save, topic, text)

    async def switch(self, topic: str, *, on: bool) -> None:
        """Leave a topic out, or take it up again."""
        async with self._writing:
            await asyncio.to_thread(self._switch, topic, on)

    async def undo(self, topic: str) -> bool:
        """Bring back the version before, or the shipped pack; false where there is none."""
        async with self._writing:
            return await asyncio.to_thread(self._versions(topic).undo)

    def _versions(self, topic: str) -> Versions:
        if self._folder is None:
            raise UsageError(_READ_ONLY)
        return Versions(self._folder / f"{topic}.yaml")

    def _listed(self) -> dict[str, Any]:
        folders = library.in_force(self._folder)
        stamp = library.stamp(*folders)
        if self._shown is None or self._shown[0] != stamp:
            rows = [self._row(path) for path in library.pack_files(*folders)]
            problems = [problem for row in rows for problem in row.pop("problems", ())]
            classes = [{"name": name, **facts} for name, facts in self._classes.items()]
            self._shown = (
                stamp,
                {"editable": self._folder is not None, "problems": problems, "topics": rows, "classes": classes},
            )
        return self._shown[1]

    def _row(self, path: Path) -> dict[str, Any]:
        """One pack. Words of other languages are left out: reading them takes ten times as long. So is the digest, in
        which they count.
        """
        content = path.read_bytes()
        text = content.decode("utf-8", "replace")
        row: dict[str, Any] = {"topic": path.stem, "title": path.stem, "text": text, "off": library.is_off(content)}
        row |= {"own": path.parent == self._folder}
        row |= {"versions": self._versions(path.stem).count() if self._folder is not None else 0}
        if row["off"]:
            return row
        try:
            (pack,) = _loaded(text).packs
        except UnusableFilesError as refused:
            return row | {"problems": [f"{path.name}, {problem}" for problem in refused.problems]}
        return row | {
            "title": pack.title,
            "id": pack.id.rpartition("-")[0],
            "acts": len(pack.acts),
            "examples": len(pack.examples),
        }

    def _tried(self, text: str | None, form: TopicForm | None, articles: Sequence[RecentArticle]) -> dict[str, Any]:
        found = dict(_NOTHING)
        if form is not None:
            missing = tuple(topic_form.problems_of(form))
            text = topic_form.text_of(form, self._classes)
            found |= {"text": text, "form": form, "missing": (*missing, *topic_form.missing_examples(form))}
            text = topic_form.text_of(topic_form.with_examples(form), self._classes)
            if missing:
                return found
        try:
            loaded = _loaded(text or "")
        except UnusableFilesError as refused:
            return found | {"problems": refused.problems}
        if form is None:
            pack = yaml.parse((text or "").encode(), "topic").value
            found["form"] = topic_form.form_of(pack, self._classes)
        return found | _found(loaded, articles, form)

    def _save(self, topic: str, text: str) -> Sequence[str]:
        versions = self._versions(topic)
        try:
            loaded = _loaded(text)
        except UnusableFilesError as refused:
            return refused.problems
        (pack,) = loaded.packs
        if pack.topic != topic:
            return (f"The topic of the text is {pack.topic}, not {topic}.",)
        if failures := [_sentence(failure) for failure in run_examples(pack, loaded.compiled)]:
            return failures
        if problems := self._problems_beside(topic, text):
            return problems
        versions.save(text)
        return ()

    def _problems_beside(self, topic: str, text: str) -> Sequence[str]:
        """What the tagger would refuse of this pack: words of other languages that do not fit it any more."""
        folders = [one for one in library.in_force(self._folder) if one.exists()]
        if not any((one / topic).is_dir() for one in folders):
            return ()
        try:
            read_as_file(text, f"{topic}.yaml", lambda path: library.load(*folders, path.parent))
        except UnusableFilesError as refused:
            return refused.problems
        return ()

    def _switch(self, topic: str, on: bool) -> None:
        versions = self._versions(topic)
        shown = next((row for row in self._listed()["topics"] if row["topic"] == topic), None)
        if shown is None or shown["off"] is not on:
            raise UsageError(f"The topic {topic} is {'on already' if on else 'off already, or not there'}.")
        if on:
            versions.undo()
        else:
            versions.save(library.OFF)


def _classes() -> topic_form.Classes:
    """The acts of the shipped packs, each class once."""
    packs = [
        yaml.parse(yaml.read_bytes(path), str(path)).value for path in library.pack_files(library.default_folder())
    ]
    acts = {name: act for pack in packs for name, act in pack["acts"].items() if "class" not in act}
    return {name: {key: act[key] for key in act if key != "needs"} for name, act in sorted(acts.items())}


_LISTS = ("problems", "failures", "failing", "reports", "missing")  # of the answer to a trial
_NOTHING: Mapping[str, Any] = MappingProxyType({"topic": None, "given": 0, **dict.fromkeys(_LISTS, ())})


def _loaded(text: str) -> Library:
    return read_as_file(text, "topic.yaml", library.load)


def _sentence(failure: Failure) -> str:
    return failure.sentence().removeprefix(f"{failure.file}, ")


def _found(loaded: Library, articles: Sequence[RecentArticle], form: TopicForm | None) -> dict[str, Any]:
    (pack,) = loaded.packs
    written = None if form is None else {*form.should_match, *form.should_not_match}
    failed = [one for one in run_examples(pack, loaded.compiled) if written is None or one.text in written]
    found: list[tuple[RecentArticle, TopicReport]] = []
    for article in articles:
        fields = Fields(article.title, article.summary, article.text, article.language)
        found += [(article, report) for report in explain(fields, loaded.compiled) if report.sentences]
    found.sort(key=_rank)
    return {
        "topic": pack.topic,
        "failures": [_sentence(one) for one in failed],
        "failing": [one.text for one in failed],
        "given": sum(report.given for _, report in found),
        "reports": [
            {
                "id": article.id,
                "title": article.title,
                "url": article.url,
                "at": article.first_seen_at,
                "report": report,
            }
            for article, report in found[:MOST_REPORTS]
        ],
    }


def _rank(pair: tuple[RecentArticle, TopicReport]) -> tuple[bool, float]:
    """What gets the topic, the newest first; then what nearly does, the best first."""
    article, report = pair
    return not report.given, -(article.first_seen_at.timestamp() if report.given else report.score)
