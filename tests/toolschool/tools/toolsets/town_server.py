"""An MCP server for the tests, by the official SDK: `python town_server.py [PORT [TOKEN]]`, without a port over stdio."""

import asyncio
import os
import sys
from typing import Any

from mcp.server import MCPServer
from mcp_types import ImageContent, TextContent, ToolAnnotations
from pydantic import BaseModel

server = MCPServer("town", log_level="CRITICAL")


class Weather(BaseModel):
    city: str
    degrees: float


class Where(BaseModel):
    city: str
    country: str | None = None


@server.tool(name="get-weather", annotations=ToolAnnotations(read_only_hint=True))
def get_weather(where: Where, days: int = 1) -> Weather:
    """Weather of a city."""
    return Weather(city=where.city, degrees=20.0 + days)


@server.tool()
def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


@server.tool(annotations=ToolAnnotations(idempotent_hint=True))
def streets(count: int) -> list[str]:
    """Lists."""
    return [f"street {number}" for number in range(count)]


@server.tool(structured_output=False)
def picture() -> Any:
    """Shows."""
    return [TextContent(text="a cat"), ImageContent(data="AA==", mime_type="image/png")]


@server.tool()
def fail() -> str:
    """Fails."""
    raise ValueError("no\nsuch street")


@server.tool()
def die() -> str:
    """Ends the server."""
    os._exit(1)


@server.tool()
async def hang() -> str:
    """Hangs."""
    await asyncio.sleep(60)
    return ""


@server.tool()
def secret(name: str) -> str:
    """A variable of its environment."""
    return os.environ.get(name, "not set")


def main() -> None:
    if len(sys.argv) == 1:
        server.run()
        return
    import uvicorn

    app: Any = server.streamable_http_app(stateless_http=True, json_response=True)
    token = sys.argv[2] if len(sys.argv) > 2 else ""

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        if scope["type"] == "http" and token and headers.get(b"authorization") != f"Bearer {token}".encode():
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await app(scope, receive, send)

    uvicorn.run(guarded, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")


if __name__ == "__main__":
    main()
