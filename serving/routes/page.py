"""The page to watch the agent work: `/`, and its own scripts and styles under `/page/`. It loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

INDEX = "/"
_FOLDER = Path(__file__).parents[1] / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript"}
PARTS = {f"/page/{path.name}": path for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def routes() -> APIRouter:
    """The routes; files are read once."""
    router, index = APIRouter(), (_FOLDER / "index.html").read_text(encoding="utf-8")

    @router.get(INDEX, include_in_schema=False)
    async def page() -> HTMLResponse:
        return HTMLResponse(index, headers={"Content-Security-Policy": _POLICY, **_HEADERS})

    for route, path in PARTS.items():
        router.add_api_route(route, _sender(path), include_in_schema=False)
    return router


def _sender(path: Path) -> Callable[[], Awaitable[Response]]:
    text, kind = path.read_text(encoding="utf-8"), _TYPES[path.suffix]

    async def send() -> Response:
        return Response(text, media_type=kind, headers=_HEADERS)

    return send
