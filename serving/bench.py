"""What the tools of an agent run on, as its service sees it: a desk, whose rows change, or tools that leave no rows to show.

    ToolService(models, Desk(now, world=default_world()))
    ToolService(models, ToolBench(toolset.catalog))

Limit: a desk that is one source of a toolset among others is not looked into.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from serving.effects import Changes, State
from toolschool.tools.catalog import Catalog
from toolschool.tools.toolsets.kept import KeptOpen
from toolschool.tools.toolsets.toolset import Toolset


class Bench(Protocol):
    """Tools that run, and what they have changed; `tools.desk.Desk` is one."""

    def catalog(self, now: datetime | None = None) -> Catalog:
        """The tools, going by that clock where they ask for the time."""
        ...

    def writers(self) -> Collection[str]:
        """Names of the tools that can change rows."""
        ...

    def state(self) -> State:
        """All rows by table."""
        ...

    def changes(self) -> Changes:
        """Rows added, changed and removed since the bench was set up."""
        ...


class OpenBench(Bench, Protocol):
    """A bench that holds something open."""

    async def close(self) -> None:
        """Let go of what it holds."""
        ...


NO_CHANGES: Changes = {"added": {}, "changed": {}, "removed": {}}


class ToolBench:
    """Functions, servers and APIs: what they change is not seen from here. `held` is what keeps them connected."""

    def __init__(self, catalog: Catalog, held: KeptOpen[Toolset] | None = None) -> None:
        self._catalog, self._held = catalog, held

    def catalog(self, now: datetime | None = None) -> Catalog:
        """See `Bench.catalog`; these tools have their own clocks."""
        return self._catalog

    def writers(self) -> Collection[str]:
        """None."""
        return ()

    def state(self) -> State:
        """No rows."""
        return {}

    def changes(self) -> Changes:
        """No changes that could be shown."""
        return NO_CHANGES

    async def close(self) -> None:
        """Close what was held."""
        if self._held:
            await self._held.close()
