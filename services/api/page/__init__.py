"""The page: files as they are, no build step, nothing from elsewhere. Read once, when the api starts."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Response

_HERE = Path(__file__).parent
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def add(app: FastAPI) -> None:
    """Serve ``index.html`` as ``/``, other pages by their name, and every other file beside them under ``/page/``."""
    for file in sorted(_HERE.iterdir()):
        if file.suffix in _TYPES:
            address = f"/page/{file.name}"
            if file.suffix == ".html":
                address = "/" if file.stem == "index" else f"/{file.stem}"
            app.add_api_route(address, _answer(file), methods=["GET"], include_in_schema=False, response_class=Response)


def _answer(file: Path) -> Callable[[], Awaitable[Response]]:
    body = file.read_bytes()

    async def answer() -> Response:
        return Response(body, media_type=_TYPES[file.suffix], headers={"Cache-Control": "no-cache"})

    return answer
