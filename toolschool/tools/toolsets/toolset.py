"""Tools of several sources in one catalogue, and worlds for them to be run in.

    async with open_toolsets(config.tools, seed=7) as toolset:
        await run_tool(toolset.catalog["forecast"], {"city": "Bonn"})
        toolset.documentation("forecast")
        other = await toolset.fresh(8)          # a new world: the desk as it was at first, simulated APIs that nobody has called

Only the desk and simulated APIs have worlds; functions, MCP servers and HTTP APIs keep what was done to them. A toolset is made
of its configuration alone: another process opens the same from the same YAML.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.names import identifier, unique_names
from toolschool.tools.toolsets.config import ToolSource
from toolschool.tools.toolsets.origins import World, open_world

_RESERVED = ("join",)  # the word that ends a plan


class Toolset:
    """Tools of several sources under unique names, in one world."""

    def __init__(self, worlds: Sequence[World], seed: int = 0) -> None:
        self._worlds = tuple(worlds)
        found = [pair for world in self._worlds for pair in world(seed).items()]
        names = unique_names((identifier(tool.name) for _, tool in found), _RESERVED)
        self.catalog = Catalog(
            tool if tool.name == name else replace(tool, name=name)
            for name, (_, tool) in zip(names, found, strict=True)
        )
        self._originals = dict(zip(names, (original for original, _ in found), strict=True))

    def original(self, name: str) -> str:
        """What the tool is called at its source. KeyError: there is none of this name."""
        return self._originals[name]

    def documentation(self, name: str) -> str:
        """All that is known of a tool, for a prompt. KeyError: there is none of this name."""
        return document(self.catalog[name])

    async def fresh(self, seed: int = 0) -> Toolset:
        """The same tools in a new world; connections are shared, and the old toolset goes on in its own world."""
        return Toolset(self._worlds, seed)


def document(tool: Tool) -> str:
    """Description, rules, and the arguments as a JSON schema."""
    arguments = {
        "properties": tool.parameters.get("properties", {}),
        "required": list(tool.parameters.get("required", tool.argument_names)),
    }
    shown = f"Arguments (JSON schema): {json.dumps(arguments, ensure_ascii=False)}" if tool.argument_names else ""
    return "\n".join(filter(None, (tool.description, *tool.rules, shown or "It takes no arguments.")))


@asynccontextmanager
async def open_toolsets(sources: Sequence[ToolSource], seed: int = 0) -> AsyncIterator[Toolset]:
    """The tools of all sources, connected until the block ends. ConfigError or DataError says what cannot be opened."""
    async with AsyncExitStack() as stack:
        worlds = [await open_world(source, stack) for source in sources]
        yield Toolset(worlds, seed)


def describe_toolsets(sources: Sequence[ToolSource]) -> Toolset:
    """The tools of all sources, for reading: nothing stays connected, and none of them runs."""

    async def described() -> list[dict[str, Tool]]:
        async with AsyncExitStack() as stack:
            worlds = [await open_world(source, stack) for source in sources]
            return [{name: replace(tool, run=None) for name, tool in world(0).items()} for world in worlds]

    with ThreadPoolExecutor(1) as pool:  # the caller's thread may have a loop that runs
        silent = pool.submit(asyncio.run, described()).result()
    return Toolset([functools.partial(_same, tools) for tools in silent])


def _same(tools: Mapping[str, Tool], seed: int) -> Mapping[str, Tool]:
    """The world of tools that do not run."""
    return tools
