"""Tools over HTTP: search them, and, where `tool_admin` allows it, add and remove them while the server runs.

| route | what |
|---|---|
| `POST /v1/tools/search` | `{"query", "most"?}` to the likeliest tools with their probabilities |
| `POST /v1/tools` | a source as in a recipe, `{"openapi": ADDRESS, "headers": {...}}` or `{"mcp": ADDRESS}`: its tools join, 201 |
| `DELETE /v1/tools/{name}` | a tool leaves |

A request names addresses, never files, modules or programs of this machine: it must not decide what code runs here. Nor does it decide
which secrets leave: the variables that its headers and queries may name are listed in `tool_admin.variables`.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from serving import protocol
from serving.errors import ApiError
from serving.running import Runner, unless_gone
from serving.service import AgentService
from serving.settings import GatewaySettings, ToolAdmin
from toolschool.tools.toolsets.config import VARIABLE, ToolSource


class SearchBody(BaseModel):
    """Body of `POST /v1/tools/search`."""

    model_config = ConfigDict(extra="forbid")
    query: protocol.Text
    most: StrictInt = Field(default=10, ge=1, le=100)


def routes(service: AgentService, runner: Runner, settings: GatewaySettings) -> APIRouter:
    """The routes over a service."""
    router, limits = APIRouter(prefix="/v1"), settings.limits

    @router.post("/tools/search")
    async def search(body: SearchBody, request: Request) -> dict[str, Any]:
        query = protocol.checked_query(body.query, limits.max_query_chars, "query")
        found = await runner.within(lambda: unless_gone(request, service.search(query, body.most)))
        return {"object": "list", "data": found}

    @router.post("/tools")
    async def add(source: ToolSource, request: Request) -> JSONResponse:
        check_source(source, _admin(settings, request))
        return JSONResponse({"object": "list", "data": await runner.within(lambda: service.add_tools(source))}, 201)

    @router.delete("/tools/{name}")
    async def remove(name: str, request: Request) -> dict[str, Any]:
        _admin(settings, request)
        await service.remove_tool(name)
        return {"id": name, "object": "tool", "deleted": True}

    return router


def check_source(source: ToolSource, admin: ToolAdmin) -> None:
    """ApiError 400 for a source that would read or run something of this machine, 403 for a secret that may not leave."""
    address = source.openapi or (source.mcp and source.mcp.url)
    if source.kind not in ("openapi", "mcp") or not str(address).startswith(("http://", "https://")):
        message = "a request may add an OpenAPI document or an MCP server by its http address; the configuration adds the rest"
        raise ApiError(400, message, "invalid_source")
    values = (*source.headers.values(), *source.query.values())
    for name in (name for value in values for name in VARIABLE.findall(value)):
        if name not in admin.variables:
            raise ApiError(403, f"the variable {name} is not in tool_admin.variables", "variable_not_allowed")


def _admin(settings: GatewaySettings, request: Request) -> ToolAdmin:
    """The settings under which this request may change tools. ApiError 403 where it may not."""
    admin = settings.tool_admin
    if admin is None:
        raise ApiError(403, "tools do not change while this server runs; set app.tool_admin", "tools_fixed")
    if admin.keys and request.scope["state"].get("key") not in admin.keys:
        raise ApiError(403, "this API key may not change tools", "not_a_tool_admin")
    return admin
