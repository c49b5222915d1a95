"""The actor that explores: it opens the tools and a teacher of its own, and writes each trial the moment it ends.

Inside a tool everything is in the exact order of the paper, because queries know of those before them; tools know nothing of each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, cast

from pipelines.ste_trials import TrialStore
from pipelines.ste_workers import OpenTeacher, ToolWorker
from toolschool.methods.ste.settings import ExploreSettings
from toolschool.methods.ste.teachers.protocol import Teacher
from toolschool.methods.ste.trials import Trial
from toolschool.records import Tool
from toolschool.tools.toolsets.kept import KeptOpen

if TYPE_CHECKING:
    from toolschool.tools.toolsets import Toolset


@dataclass(frozen=True)
class Exploring:
    """What every actor needs; all of it can be sent to another machine."""

    run: str
    open_tools: Callable[[], AbstractAsyncContextManager[Toolset]]
    open_teacher: OpenTeacher
    settings: ExploreSettings


@dataclass(frozen=True)
class Found:
    """A trial that is on disk; may be told twice, when its worker died. `new`: it was made now, not before."""

    tool: str
    episode: int
    number: int
    solved: bool
    prompt_tokens: int
    completion_tokens: int
    new: bool

    @classmethod
    def of(cls, trial: Trial, new: bool) -> Found:
        tokens = trial.prompt_tokens, trial.completion_tokens
        return cls(trial.tool, trial.episode, trial.number, trial.solved, *tokens, new)

    @classmethod
    def told(cls, row: Mapping[str, Any]) -> Found:
        """From a row of `explored/`."""
        return cls(**{each.name: row[each.name] for each in fields(cls) if each.name != "new"}, new=False)


class Explorer(ToolWorker):
    """Explores a tool from what is on disk of it to its last trial."""

    def __init__(self, exploring: Exploring) -> None:
        self.exploring, self.store = exploring, TrialStore(exploring.run)
        self.kept = KeptOpen(self._tools_and_teacher)

    async def on(self, tool: str) -> AsyncIterator[Found]:
        """Trials on disk, then each new one the moment it is there. Writes the tool's table, whatever the end is."""
        from toolschool.methods.ste.explorer import explore_tool

        toolset, teacher = await self.kept.get()
        done = await asyncio.to_thread(self.store.read, tool)
        for trial in done:
            yield Found.of(trial, new=False)

        async def world(seed: int) -> Tool:
            return (await toolset.fresh(seed)).catalog[tool]

        trials = explore_tool(toolset.catalog[tool], teacher, self.exploring.settings, world, done)
        try:
            async with aclosing(cast("AsyncGenerator[Trial]", trials)):
                async for trial in trials:
                    await asyncio.to_thread(self.store.write, trial)
                    yield Found.of(trial, new=True)
        finally:
            await asyncio.to_thread(self.store.compact, tool)

    async def close(self) -> None:
        await self.kept.close()

    @asynccontextmanager
    async def _tools_and_teacher(self) -> AsyncIterator[tuple[Toolset, Teacher]]:
        async with self.exploring.open_tools() as toolset, self.exploring.open_teacher() as teacher:
            yield toolset, teacher
