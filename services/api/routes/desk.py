"""Sources, topics and watches over HTTP: as they stand, tried out, and changed by an editor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, assert_never

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.core import query as queries
from services.api.edges.archive import ArchiveReader
from services.api.edges.redis import RedisAlertReader
from services.api.errors import ActionError
from services.api.routes import openapi
from services.api.routes.answers import as_json
from services.api.routes.authorization import Authorization
from services.archive_store.recent import RecentArticle
from services.contracts import codec
from services.contracts.messages import Alert
from services.desk.feeds import Feeds
from services.desk.topics import Topics
from services.desk.watches import Watches

MAX_TEXT = 200_000  # characters of a pack or a watch file
MAX_OPML = 2_000_000
RECENT = 200  # stored alerts that a topic or a watch is tried on
Text = Annotated[str, Field(max_length=MAX_TEXT)]
TOPIC = "^[a-z][a-z0-9_]{1,39}$"
TopicName = Annotated[str, Field(pattern=TOPIC)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the pages besides the alerts show and change."""

    sources: Feeds
    topics: Topics
    watches: Watches


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SourceChange(_Body):
    """What to do with feeds: those of ``urls``, the new one of ``urls[0]``, or those of ``opml``."""

    do: Literal["add", "remove", "check", "pause", "resume", "tier", "import"]
    urls: Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=1000)] = []
    title: Annotated[str, Field(max_length=200)] | None = None
    folder: Annotated[str, Field(max_length=200)] | None = None
    tier: Annotated[str, Field(max_length=40)] | None = None
    opml: Annotated[str, Field(max_length=MAX_OPML)] | None = None


class PackTrial(_Body):
    """A pack, as YAML or as the form, and a text to try it on; without one the articles of the last days."""

    text: Text | None = None
    form: dict[str, Any] | None = None
    article: Text = ""


class Switch(_Body):
    """Whether a topic is on."""

    on: bool


class FileText(_Body):
    """The text of a file."""

    text: Text


def add(app: FastAPI, reader: RedisAlertReader, archive: ArchiveReader, desk: Desk, access: Authorization) -> None:
    """Add the routes. Reading needs what reading alerts needs; everything else the role of an editor."""
    _add_sources(app, desk)
    _add_topics(app, archive, desk)
    _add_watches(app, reader, desk, access)


def _add_sources(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/v1/sources", summary="The feeds and how each stands", responses=_ANSWERS)
    async def sources() -> Response:
        return as_json(await desk.sources.listed())

    @app.get("/api/v1/sources.opml", summary="The feeds as OPML")
    async def exported() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="wirewatch.opml"'}
        return Response(await desk.sources.exported(), media_type="text/x-opml", headers=headers)

    @app.post("/api/v1/sources", summary="Add, remove, check now, pause, resume, set the tier, import", **_CHANGES)
    async def change(body: SourceChange) -> Response:
        """Needs the role of an editor. ``changed`` is how many feeds that were."""
        return as_json({"changed": await _changed(desk, body)})


async def _changed(desk: Desk, body: SourceChange) -> int:
    if not body.urls and body.do != "import":
        raise ActionError("urls is missing.")
    match body.do:
        case "add":
            return await desk.sources.add(body.urls[0], title=body.title, folder=body.folder, tier=body.tier)
        case "import":
            return await desk.sources.imported(body.opml or "")
        case "remove":
            return await desk.sources.remove(body.urls)
        case "check":
            return await desk.sources.poll(body.urls)
        case "pause" | "resume":
            return await desk.sources.set(body.urls, paused=body.do == "pause")
        case "tier":
            return await desk.sources.set(body.urls, tier=await _tier(desk, body.tier))
    assert_never(body.do)


async def _tier(desk: Desk, wanted: str | None) -> str | None:
    tiers: Sequence[str] = (await desk.sources.listed())["tiers"]
    if wanted and wanted not in tiers:
        raise ActionError(f"tier is {wanted!r}: give one of {', '.join(tiers)}, or nothing.")
    return wanted or None


def _add_topics(app: FastAPI, archive: ArchiveReader, desk: Desk) -> None:
    @app.get("/api/v1/topics", summary="The topic packs", responses=_ANSWERS)
    async def topics() -> Response:
        """``topics`` with their text, and in ``classes`` the acts that a form can take over."""
        return as_json(await desk.topics.listed())

    @app.post(
        "/api/v1/topics",
        summary="Try a pack on a text or the articles of the last days; nothing is saved",
        **_CHANGES,
    )
    async def tried(body: PackTrial) -> Response:
        """Needs the role of an editor. A pack is given as ``form`` or else as ``text``, and comes back as both;
        ``form`` is null where a pack says more than a form shows. ``reports`` explain what was found: what gets the
        topic, the newest first, then what nearly does. ``read`` articles were looked at, back to ``since``.
        """
        pasted = RecentArticle(id="", title="", text=body.article, first_seen_at=datetime.now(UTC))
        articles = [pasted] if body.article.strip() else await archive.recent()
        found = {"text": body.text, **await desk.topics.tried(body.text, body.form, articles)}
        since = articles[-1].first_seen_at if articles else None
        return as_json(found | {"read": len(articles), "since": since})

    @app.put("/api/v1/topics/{topic}", summary="Save a pack; the tagger takes it within seconds", **_CHANGES)
    async def saved(topic: TopicName, body: FileText) -> Response:
        """Needs the role of an editor. Nothing is saved where there are ``problems``."""
        return as_json({"problems": await desk.topics.save(topic, body.text)})

    @app.post("/api/v1/topics/{topic}/switch", summary="Leave a topic out, or take it up again", **_CHANGES)
    async def switched(topic: TopicName, body: Switch) -> Response:
        """Needs the role of an editor."""
        await desk.topics.switch(topic, on=body.on)
        return as_json({"on": body.on})

    @app.delete(
        "/api/v1/topics/{topic}/version", summary="Bring back the version of a pack before this one", **_CHANGES
    )
    async def undone(topic: TopicName) -> Response:
        return as_json({"undone": await desk.topics.undo(topic)})


def _add_watches(app: FastAPI, reader: RedisAlertReader, desk: Desk, access: Authorization) -> None:
    @app.get("/api/v1/watches", summary="The watches, and what they delivered", responses=_ANSWERS)
    async def watches(request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
        """``text`` is the file, for editors alone: it may hold addresses."""
        found: dict[str, Any] = dict(await desk.watches.listed())
        found["deliveries"] = await desk.watches.deliveries(limit)
        found["text"] = await desk.watches.text() if "edit" in access.may(access.user(request)) else None
        return as_json(found)

    @app.post("/api/v1/watches", summary="Try a watch file on the stored alerts; nothing is sent or saved", **_CHANGES)
    async def tried(body: FileText) -> Response:
        """Needs the role of an editor. ``raised``: what it would deliver, beside the file in force."""
        return as_json(await desk.watches.tried(body.text, await _recent(reader)))

    @app.put("/api/v1/watches", summary="Save the watch file; the notifier takes it within seconds", **_CHANGES)
    async def saved(body: FileText) -> Response:
        """Needs the role of an editor. Nothing is saved where there are ``problems``."""
        return as_json({"problems": await desk.watches.save(body.text)})

    @app.post(
        "/api/v1/watches/{watch_id}/test",
        summary="Send a test, which is no alert, through the channels of a watch",
        **_CHANGES,
    )
    async def tested(request: Request, watch_id: Annotated[str, Path(max_length=200)]) -> Response:
        """Needs the role of an editor. What became of it stands among the deliveries."""
        user = access.user(request)
        return as_json({"channels": await desk.watches.test(watch_id, user.name if user else "nobody")})

    @app.delete("/api/v1/watches/version", summary="Bring back the watch file before this one", **_CHANGES)
    async def undone() -> Response:
        return as_json({"undone": await desk.watches.undo()})


async def _recent(reader: RedisAlertReader) -> list[Alert]:
    page = await reader.page(queries.Query(limit=RECENT))
    return [codec.decode(body, Alert) for body in page.alerts]


_OBJECT = {"type": "object"}
_ANSWERS = openapi.gives(_OBJECT)
_CHANGES: dict[str, Any] = {
    "responses": openapi.gives(_OBJECT, c409="It cannot be done; the sentence says why."),
    "response_class": Response,
    "openapi_extra": openapi.NEEDS_A_TOKEN,
}
