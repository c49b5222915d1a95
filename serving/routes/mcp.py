"""The agent's tools for MCP clients: `/mcp`, streamable HTTP without sessions.

    mcp_server(service, runner)         # the SDK's server; `mcp.client.Client(mcp_server(service, runner))` talks to it in memory
    routes(service, runner, settings)   # /mcp over it, or a 501 that says what to install

What is listed and run are the tools of the moment, with the checks that the agent's own calls get: arguments against the schema, the
tool's time limit, `allow_side_effects`. A call holds one of the gateway's places. No session is kept, so that any replica may answer.
Host headers other than `hosts`, and every Origin, are refused: no web page is to reach the tools of a server on its reader's machine.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from serving import errors
from serving.errors import ApiError
from serving.running import Runner
from serving.service import AgentService
from serving.settings import GatewaySettings
from toolschool.records import JsonValue
from toolschool.tools.toolsets.kept import KeptOpen

PATH = "/mcp"
PAGE = 200  # tools in one answer of tools/list


def routes(service: AgentService, runner: Runner, settings: GatewaySettings) -> list[BaseRoute]:
    """The one route."""
    try:
        endpoint: Any = _Endpoint(mcp_server(service, runner), settings)
    except ModuleNotFoundError:
        endpoint = _Missing()
    return [Route(PATH, endpoint, include_in_schema=False)]


def mcp_server(service: AgentService, runner: Runner) -> Any:
    """A server of the MCP SDK over the service's tools. ModuleNotFoundError without the package mcp."""
    import mcp_types as types
    from mcp import MCPError
    from mcp.server.lowlevel import Server

    async def list_tools(_: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        cursor = (params.cursor if params else None) or ""
        start = int(cursor) if cursor.isdigit() else 0
        tools = await service.tools()
        more = str(start + PAGE) if start + PAGE < len(tools) else None
        return types.ListToolsResult(tools=[_listed(tool) for tool in tools[start : start + PAGE]], next_cursor=more)

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            ended = await runner.within(lambda: service.call_tool(params.name, params.arguments or {}))
        except ApiError as error:
            code = types.INVALID_PARAMS if error.status in (400, 404) else types.INTERNAL_ERROR
            raise MCPError(code, str(error)) from error
        failed = ended["status"] != "ok"
        said = ended["error"] if failed else ended["value"]
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        return types.CallToolResult(
            content=[types.TextContent(text=text)],
            structured_content=said if isinstance(said, dict) else None,
            is_error=failed,
        )

    # Without a schema at hand the SDK would list all tools before every call, to check headers that we do not use.
    return Server(
        "toolschool", on_list_tools=list_tools, on_call_tool=call_tool, get_tool_input_schema=lambda name: None
    )


def _listed(described: dict[str, JsonValue]) -> Any:
    import mcp_types as types

    function, writes = described["function"], described["side_effects"]
    return types.Tool(
        name=function["name"],
        description=function["description"],
        input_schema={"type": "object", **function["parameters"]},
        annotations=types.ToolAnnotations(read_only_hint=not writes),
    )


class _Endpoint:
    """The SDK's server as an ASGI app; what its requests have in common starts with the first one, in a task of its own."""

    def __init__(self, server: Any, settings: GatewaySettings) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
        from mcp.server.transport_security import TransportSecuritySettings

        self._manager = StreamableHTTPSessionManager(
            server,
            json_response=True,
            stateless=True,
            security_settings=TransportSecuritySettings(allowed_hosts=list(settings.hosts)),
            max_request_body_size=settings.limits.max_body_bytes,
        )
        self._running = KeptOpen(self._manager.run)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._running.get()
        await self._manager.handle_request(scope, receive, send)


class _Missing:
    """Says what is missing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = ApiError(
            501, "MCP needs a package that is not installed here: pip install 'toolschool[mcp]'", "mcp_missing"
        )
        await errors.response(error)(scope, receive, send)
