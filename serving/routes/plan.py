"""`POST /v1/plan`: plan without running."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from serving import errors, protocol
from serving.running import Runner, unless_gone
from serving.service import AgentService
from serving.settings import GatewaySettings


def routes(service: AgentService, runner: Runner, settings: GatewaySettings) -> APIRouter:
    """The route."""
    router, limits = APIRouter(prefix="/v1"), settings.limits

    @router.post("/plan")
    async def plan(body: protocol.PlanRequestBody, request: Request) -> JSONResponse:
        query = protocol.checked_query(body.query, limits.max_query_chars, "query")
        with runner.places.take():
            try:
                async with asyncio.timeout(limits.deadline_s):
                    return JSONResponse(await unless_gone(request, service.plan(query, body.now)))
            except TimeoutError:
                raise errors.deadline(limits.deadline_s) from None

    return router
