"""The tools of an MCP server: one that runs (streamable HTTP), or one that is started for us (stdio).

    connection = Connection(McpServer(command="python", args=("server.py",)))
    tools = await connection.tools()
    await run_tool(tools["get-weather"], {"city": "Bonn"})
    await connection.close()

A connection lives in a task of its own: its calls may come from any task of the loop, and a server that breaks down takes none of
them with it. The call that finds it lost fails, because nobody knows what the server still did; the next one connects anew.
Structured answers are JSON; else texts are joined, and what is neither (images, sound) is named. Secrets that a server repeats are
covered in them, and in errors.
What a started server prints to stderr goes to ours.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from toolschool.errors import ConfigError, ToolError
from toolschool.records import JsonValue, Tool, ToolFunction
from toolschool.tools.names import identifier
from toolschool.tools.toolsets.config import McpServer
from toolschool.tools.toolsets.environment import covered, filled, secrets, variable
from toolschool.tools.toolsets.json_schemas import plain_schema

CONNECT_S = 30.0  # for a server to start and answer
_LOST = ("Connection closed", "Session terminated")  # what the SDK says when no later call can succeed


class Connection:
    """One server. ConfigError from `tools` when it cannot be reached; ToolError from a call that failed."""

    def __init__(self, server: McpServer, headers: Mapping[str, str] | None = None) -> None:
        self._server = server
        self._headers = filled(headers or {})
        self._environment = {name: variable(name) for name in server.env}
        self._secrets = secrets(*(headers or {}).values())
        self._held: _Held | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def shown(self) -> str:
        """The server, for a message."""
        return self._server.url or " ".join([str(self._server.command), *self._server.args])

    async def tools(self) -> dict[str, Tool]:
        """All tools, in the server's order and by its names."""
        client, listed, cursor = await self._client(), [], None
        while True:
            page = await client.list_tools(cursor=cursor)
            listed += page.tools
            cursor = page.next_cursor
            if not cursor:
                return {tool.name: self._tool(tool) for tool in listed}

    async def close(self) -> None:
        """End the connection, and the server that was started for it."""
        self._leave()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _tool(self, listed: Any) -> Tool:
        hints, said = listed.annotations, listed.description or listed.title or listed.name
        reads = bool(hints and hints.read_only_hint)
        schema = plain_schema(listed.input_schema, listed.input_schema)
        function: ToolFunction = functools.partial(self._call, listed)
        return Tool(
            identifier(listed.name),
            " ".join(said.split()),
            {"type": "object", "properties": {}, "required": [], **schema},
            side_effects=not reads,
            idempotent=reads or bool(hints and hints.idempotent_hint),
            run=function,
        )

    async def _call(self, listed: Any, /, **args: JsonValue) -> JsonValue:
        from mcp import MCPError

        try:
            client = await self._client()
        except ConfigError as error:
            raise ToolError(f"{identifier(listed.name)}: {error}") from error
        try:
            result = await client.call_tool(listed.name, args)
        except MCPError as error:
            if error.message in _LOST:
                self._leave()
                raise ToolError(
                    f"{identifier(listed.name)}: the connection to {self.shown} was lost; try again"
                ) from error
            said = covered(" ".join(error.message.split()), self._secrets)
            raise ToolError(f"{identifier(listed.name)}: {said}") from error
        return _answer(listed, result, self._secrets)

    async def _client(self) -> Any:
        """The client of a connection that is up, or is being made now."""
        if self._held is None or self._held.task.done():
            self._held = _Held(self.shown, _connected(self._server, self._headers, self._environment))
        held = self._held
        try:
            async with asyncio.timeout(CONNECT_S):
                return await asyncio.shield(held.ready)
        except TimeoutError:
            self._leave()
            raise ConfigError(f"{self.shown} gave no answer within {CONNECT_S:g} s; is it an MCP server?") from None

    def _leave(self) -> None:
        """Let the present connection end; the next call makes another one."""
        if self._held is not None and not self._held.task.done():
            self._held.done.set()
            if not self._held.ready.done():
                self._held.scope.cancel()
            self._ending.add(self._held.task)
            self._held.task.add_done_callback(self._ending.discard)
        self._held = None


class _Held:
    """A connection that is made, and kept until `done`, by a task of its own."""

    def __init__(self, shown: str, connected: AbstractAsyncContextManager[Any]) -> None:
        import anyio

        self.ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.done = asyncio.Event()
        self.scope = anyio.CancelScope()  # the SDK shuts down cleanly from one, not from a cancelled task
        self.task = asyncio.create_task(self._hold(shown, connected))

    async def _hold(self, shown: str, connected: AbstractAsyncContextManager[Any]) -> None:
        """What ends the connection is told to whoever waits for it; else the next call finds it lost."""
        try:
            with self.scope:
                async with connected as client:
                    self.ready.set_result(client)
                    await self.done.wait()
        except Exception as error:  # noqa: BLE001 - boundary: whatever a server and its transport do
            cause = _innermost(error)
            reason = " ".join(str(cause).split()) or type(cause).__name__
            hint = "" if isinstance(cause, ConfigError) else "; does it run?"
            if not self.ready.done():
                self.ready.set_exception(ConfigError(f"cannot connect to {shown}: {reason}{hint}"))
                self.ready.exception()  # whoever waited may have given up


@asynccontextmanager
async def _connected(
    server: McpServer, headers: Mapping[str, str], environment: Mapping[str, str]
) -> AsyncIterator[Any]:
    try:
        import httpx2
        from mcp.client import Client
        from mcp.client.stdio import StdioServerParameters
        from mcp.client.streamable_http import streamable_http_client
    except ModuleNotFoundError as error:
        raise ConfigError("MCP servers need the package mcp; pip install 'toolschool[mcp]'") from error
    if server.url is None:
        started = StdioServerParameters(command=str(server.command), args=list(server.args), env=dict(environment))
        async with Client(started) as client:
            yield client
        return
    timeout, hooks = httpx2.Timeout(CONNECT_S, read=None), {"response": [_admitted]}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=timeout, event_hooks=hooks) as http,
        Client(streamable_http_client(server.url, http_client=http)) as client,
    ):
        yield client


async def _admitted(response: Any) -> None:
    """The SDK would not say why."""
    if response.status_code in (401, 403):
        raise ConfigError(f"it answered {response.status_code} {response.reason_phrase}; check the headers")


def _answer(listed: Any, result: Any, hidden: Sequence[str] = ()) -> JsonValue:
    """The result as JSON, without what is hidden. ToolError where the tool says that it failed."""
    text = covered("\n".join(_text(block) for block in result.content), hidden)
    if result.is_error:
        raise ToolError(f"{identifier(listed.name)}: {' '.join(text.split()) or 'it failed and did not say why'}")
    if result.structured_content is None:
        return text
    properties = (listed.output_schema or {}).get("properties", {})
    structured = _covered(result.structured_content, hidden)
    # Servers put an answer that is no object into one with the single field `result`.
    wrapped = list(properties) == ["result"] and isinstance(structured, Mapping)
    return structured.get("result") if wrapped else structured


def _covered(value: JsonValue, hidden: Sequence[str]) -> JsonValue:
    """The value with every text in it covered."""
    if isinstance(value, str):
        return covered(value, hidden)
    if isinstance(value, list):
        return [_covered(item, hidden) for item in value]
    if isinstance(value, Mapping):
        return {covered(name, hidden): _covered(item, hidden) for name, item in value.items()}
    return value


def _text(block: Any) -> str:
    if block.type == "text":
        return str(block.text)
    if block.type == "resource_link":
        return str(block.uri)
    if block.type == "resource":
        return getattr(block.resource, "text", f"[{block.resource.uri}]")
    return f"[{block.type} {getattr(block, 'mime_type', '')}]"


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
