"""Whether the gateway lives and the models are loaded."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from serving import errors
from serving.service import AgentService


def routes(service: AgentService) -> APIRouter:
    """The routes."""
    router = APIRouter()

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

    return router
