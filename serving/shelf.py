"""Sources of tools that are open, the tools they give under names of their own, and how requests find them; all of it at one moment.

    held = await Held.open(source, taken=catalog.names)       # ConfigError, DataError
    shelf = Shelf((held,)).with_source(other).without(name)

A shelf never changes: whoever adds or removes tools makes another one, and requests at work keep theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from toolschool.records import Tool
from toolschool.tools.names import unique_names
from toolschool.tools.toolsets import Toolset, ToolSource, open_toolsets
from toolschool.tools.toolsets.kept import KeptOpen


@dataclass(frozen=True)
class Held:
    """A source that stays open, and what is left of its tools."""

    source: ToolSource
    tools: tuple[Tool, ...]
    kept: KeptOpen[Toolset]

    @classmethod
    async def open(cls, source: ToolSource, taken: Collection[str]) -> Held:
        """A name that is taken becomes `name_2`. ConfigError or DataError says what cannot be opened."""
        kept = KeptOpen(lambda: open_toolsets([source]))
        tools = (await kept.get()).catalog.tools
        names = unique_names((tool.name for tool in tools), taken)
        return cls(source, tuple(map(_named, tools, names)), kept)


def _named(tool: Tool, name: str) -> Tool:
    return tool if tool.name == name else replace(tool, name=name)


@dataclass(frozen=True)
class Shelf:
    """Open sources in the order in which they came, and names of the desk's tools that were taken away."""

    held: tuple[Held, ...] = ()
    hidden: frozenset[str] = frozenset()

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The sources' tools."""
        return tuple(tool for held in self.held for tool in held.tools)

    def has(self, source: ToolSource) -> bool:
        """Whether this very source is open."""
        return any(held.source == source for held in self.held)

    def with_source(self, held: Held) -> Shelf:
        """One source more."""
        return replace(self, held=(*self.held, held))

    def without(self, name: str) -> tuple[Shelf, list[Held]]:
        """Without one tool, and the sources that have none left."""
        cut = [replace(held, tools=tuple(tool for tool in held.tools if tool.name != name)) for held in self.held]
        left = Shelf(tuple(held for held in cut if held.tools), self.hidden | {name})
        return left, [held for held in cut if not held.tools]
