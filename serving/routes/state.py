"""Whether the gateway lives and the models are loaded, and the page."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse

from serving import errors
from serving.service import AgentService

PAGE = Path(__file__).parents[1] / "page" / "index.html"
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"
)


def routes(service: AgentService) -> APIRouter:
    """The routes."""
    router, page = APIRouter(), PAGE.read_text(encoding="utf-8")

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready")
    async def ready() -> JSONResponse:
        parts = await service.ready()
        if all(parts.values()):
            return JSONResponse({"status": "ready", "parts": parts})
        missing = ", ".join(name for name, there in parts.items() if not there)
        raise errors.unavailable(f"not ready: {missing}; try again in a moment")

    @router.get("/", include_in_schema=False)
    async def index() -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-cache"})

    return router
