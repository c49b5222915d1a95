"""What can be looked at: the tools, the desk, the models' names, traces of the last answers."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from serving import protocol
from serving.routes.checks import check_model, names_of
from serving.service import AgentService
from serving.settings import GatewaySettings
from serving.traces import Traces


def routes(service: AgentService, traces: Traces, settings: GatewaySettings) -> APIRouter:
    """The routes."""
    router, created = APIRouter(prefix="/v1"), int(time.time())

    @router.get("/tools")
    async def tools() -> JSONResponse:
        return JSONResponse({"object": "list", "data": await service.tools()})

    @router.get("/desk")
    async def desk() -> JSONResponse:
        return JSONResponse(await service.desk())

    @router.get("/traces/{id}")
    async def trace(id: str) -> JSONResponse:
        return JSONResponse(traces.of(id))

    @router.get("/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [protocol.model_card(name, created) for name in names_of(settings)]}

    @router.get("/models/{name}")
    async def model(name: str) -> dict[str, Any]:
        check_model(name, settings)
        return protocol.model_card(name, created)

    return router
