"""`POST /v1/plan`: plan without running."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from serving import protocol
from serving.running import Runner, unless_gone
from serving.service import AgentService
from serving.settings import GatewaySettings


def routes(service: AgentService, runner: Runner, settings: GatewaySettings) -> APIRouter:
    """The route."""
    router, limits = APIRouter(prefix="/v1"), settings.limits

    @router.post("/plan")
    async def plan(body: protocol.PlanRequestBody, request: Request) -> JSONResponse:
        query = protocol.checked_query(body.query, limits.max_query_chars, "query")
        return JSONResponse(await runner.within(lambda: unless_gone(request, service.plan(query, body.now))))

    return router
