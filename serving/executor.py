"""Ray Serve deployment that owns the tools, desk and sources: the agent runs here, next to them. One replica, because a desk is one.

A desk in a file survives this replica; `:memory:` does not. What a source of tools connects to stays connected as long as the replica lives.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any

from ray import serve
from ray.serve.handle import DeploymentHandle

from serving.bench import OpenBench
from serving.caller_tools import open_tools
from serving.metrics import RunMetrics
from serving.remote import RemoteModels, RemoteReader
from serving.runlog import RunLog, hidden_of, record_of
from serving.service import Event, Task
from serving.settings import AppArgs
from serving.tool_service import ToolService
from serving.toolbox import Toolbox
from toolschool.records import JsonValue
from toolschool.tools.desk import Desk, default_world
from toolschool.tools.toolsets.config import ToolSource


def open_desk(path: str, now: datetime) -> Desk:
    """The desk of a database file, furnished if the file is new."""
    if path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    return Desk(now, path, world=default_world())


async def open_bench(settings: AppArgs, now: datetime, retriever: DeploymentHandle | None) -> OpenBench:
    """A caller's tools, or a toolbox. ConfigError or DataError says which source cannot be opened."""
    if retriever is None:
        return await open_tools(settings)
    desk = None if settings.desk is None else open_desk(settings.desk, now)
    return await Toolbox.open(desk, settings.tools or (), RemoteReader(retriever))


def recorder(settings: AppArgs) -> tuple[Callable[[Task, Event], None], Callable[[], None]]:
    """What keeps records of runs, where the settings want them, and what ends it. OSError: the folder cannot be made."""
    if settings.record is None:
        return lambda task, done: None, lambda: None
    log = RunLog(settings.record, settings.caller or settings.planner, hidden_of(settings), settings.record_keep)

    def record(task: Task, done: Event) -> None:
        adapter = settings.adapters.get(task.model)
        log.write({**record_of(task, done), **({"model": adapter} if adapter else {})})

    return record, log.close


@serve.deployment(name="Executor", num_replicas=1, max_ongoing_requests=128, max_queued_requests=128)
class ExecutorDeployment:
    """`ToolService` as a deployment; `args` are the application's, as JSON. A caller has no retriever."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self, args: dict[str, Any], planner: DeploymentHandle, retriever: DeploymentHandle | None = None
    ) -> None:
        settings = AppArgs.model_validate(args)
        fixed = settings.now

        def clock() -> datetime:
            return fixed or datetime.now().replace(microsecond=0)

        bench = await open_bench(settings, clock(), retriever)
        models = RemoteModels(planner, retriever, bench)
        self._bench, (record, self._end_records) = bench, recorder(settings)
        self._service = ToolService(models, bench, clock, settings.allow_side_effects, record=record)
        self._metrics = RunMetrics(lambda name: name in bench.catalog())

    async def __del__(self) -> None:
        """Serve awaits it when this replica ends in peace: servers of tools are let go, the last records reach the disk."""
        await asyncio.to_thread(self._end_records)
        await self._bench.close()

    async def run(self, task: Task) -> AsyncGenerator[list[Event], None]:
        """The events of `AgentService.run` in lists: each is a message."""
        async with aclosing(self._service.run_lists(task, self._metrics.watch())) as lists:
            async for events in lists:
                yield events

    async def plan(self, query: str, now: datetime | None) -> dict[str, JsonValue]:
        """See `AgentService.plan`."""
        return await self._service.plan(query, now)

    async def tools(self) -> list[dict[str, JsonValue]]:
        """See `AgentService.tools`."""
        return await self._service.tools()

    async def search(self, query: str, most: int) -> list[dict[str, JsonValue]]:
        """See `AgentService.search`."""
        return await self._service.search(query, most)

    async def call_tool(self, name: str, args: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """See `AgentService.call_tool`."""
        ended = await self._service.call_tool(name, args)
        self._metrics.watch()({"type": "call_finished", "tool": name, **ended})
        return ended

    async def add_tools(self, source: ToolSource) -> list[dict[str, JsonValue]]:
        """See `AgentService.add_tools`."""
        return await self._service.add_tools(source)

    async def remove_tool(self, name: str) -> None:
        """See `AgentService.remove_tool`."""
        await self._service.remove_tool(name)

    async def desk(self) -> dict[str, JsonValue]:
        """See `AgentService.desk`."""
        return await self._service.desk()

    async def ready(self) -> dict[str, bool]:
        """See `AgentService.ready`."""
        return await self._service.ready()
