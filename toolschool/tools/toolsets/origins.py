"""One source of a recipe as a world: a function that gives its tools for a seed, by what the source calls them.

    async with AsyncExitStack() as stack:
        world = await open_world(ToolSource(simulated="ste", limit=30), stack)
        world(7)["BART%%Advisory information"]

What is connected or read stays so until the stack closes; a world costs next to nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime

from toolschool.errors import ConfigError, ToolError
from toolschool.records import Tool
from toolschool.tools.catalog import near
from toolschool.tools.results import shortened, sound, whole_characters
from toolschool.tools.toolsets.config import ToolSource

MAX_DESCRIPTION = 4000  # characters that a server may say of a tool
World = Callable[[int], Mapping[str, Tool]]  # a seed -> the tools of one source in a world of their own


async def open_world(source: ToolSource, stack: AsyncExitStack) -> World:
    """The source's tools by seed. ConfigError or DataError says what cannot be opened."""
    world = await _OPENERS[source.kind](source, stack)
    known = list(world(0))
    for name in source.names or ():
        if name not in known:
            raise ConfigError(f"{source.kind} has no tool {name}{near(name, known)}")
    return lambda seed: _chosen(source, world(seed))


def _chosen(source: ToolSource, tools: Mapping[str, Tool]) -> dict[str, Tool]:
    names = [name for name in tools if source.names is None or name in source.names][: source.limit]
    if source.timeout_s is None:
        return {name: tools[name] for name in names}
    return {name: replace(tools[name], timeout_s=source.timeout_s) for name in names}


def _only(tools: Iterable[Tool]) -> World:
    """The one world of tools that bear their source's names."""
    named = {tool.name: tool for tool in tools}
    return lambda seed: named


def _readable(tools: Mapping[str, Tool]) -> dict[str, Tool]:
    """What a server says of its tools, fit for prompts and replies. ConfigError names one whose schema is not."""
    return {name: _readable_tool(tool) for name, tool in tools.items()}


def _readable_tool(tool: Tool) -> Tool:
    try:
        parameters = sound(tool.parameters)
    except ToolError as error:
        raise ConfigError(f"the schema of {tool.name} cannot be used: {error}") from error
    said = shortened(whole_characters(tool.description), MAX_DESCRIPTION)
    return replace(tool, description=said, parameters=parameters)


async def _functions(source: ToolSource, stack: AsyncExitStack) -> World:
    from toolschool.tools.toolsets.functions import read_functions

    return _only(read_functions(str(source.functions)))


async def _mcp(source: ToolSource, stack: AsyncExitStack) -> World:
    from toolschool.tools.toolsets.mcp_client import Connection

    assert source.mcp is not None
    connection = Connection(source.mcp, source.headers)
    stack.push_async_callback(connection.close)
    tools = _readable(await connection.tools())
    return lambda seed: tools


async def _openapi(source: ToolSource, stack: AsyncExitStack) -> World:
    from toolschool.tools.toolsets.environment import filled, secrets
    from toolschool.tools.toolsets.http_tools import open_api
    from toolschool.tools.toolsets.openapi import base_url, operations, read_document

    where = str(source.openapi)
    document = await asyncio.to_thread(read_document, where)
    found = operations(document, (*source.headers, *source.query))
    address = source.url or base_url(document, where)
    hidden = secrets(*source.headers.values(), *source.query.values())
    api = open_api(address, found, filled(source.headers), filled(source.query), hidden)
    tools = _readable(await stack.enter_async_context(api))
    return lambda seed: tools


async def _builtin(source: ToolSource, stack: AsyncExitStack) -> World:
    from toolschool.tools.calculator import calculator_tool
    from toolschool.tools.calendar import calendar_tool
    from toolschool.tools.search import Search, read_corpus, search_tool

    makers: Mapping[str, Callable[[], Tool]] = {
        "calculator": calculator_tool,
        "calendar": lambda: calendar_tool(lambda: source.now or datetime.now()),
        "search": lambda: search_tool(Search(read_corpus(str(source.corpus)))),
    }
    return _only(makers[name]() for name in source.builtin or ())


async def _desk(source: ToolSource, stack: AsyncExitStack) -> World:
    from toolschool.tools.desk import Desk, default_world

    def world(seed: int) -> Mapping[str, Tool]:
        desk = Desk(source.now or datetime.now(), world=default_world(), open_world=source.open_world)
        return {tool.name: tool for tool in desk.catalog()}

    return world


async def _simulated(source: ToolSource, stack: AsyncExitStack) -> World:
    from toolschool.tools.simulated import Faults, SimulatedBackend, read_apis

    apis = read_apis(str(source.simulated), source.path)
    faults = Faults(**source.faults.model_dump())

    def world(seed: int) -> Mapping[str, Tool]:
        backend = SimulatedBackend(apis, seed=seed, faults=faults)
        return {"%%".join(filter(None, api.key)): backend.tool(api.name) for api in apis}

    return world


_OPENERS: Mapping[str, Callable[[ToolSource, AsyncExitStack], Awaitable[World]]] = {
    "functions": _functions,
    "mcp": _mcp,
    "openapi": _openapi,
    "builtin": _builtin,
    "desk": _desk,
    "simulated": _simulated,
}
