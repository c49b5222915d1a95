"""Ray Serve deployment that owns the desk or the caller's tools: the agent runs here, next to them. One replica, because a desk is one.

A desk in a file survives this replica; `:memory:` does not. What a source of tools connects to stays connected as long as the replica lives.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Any

from ray import serve
from ray.serve.handle import DeploymentHandle

from serving.bench import Bench
from serving.caller_tools import open_tools
from serving.metrics import RunMetrics
from serving.remote import RemoteModels
from serving.service import Event
from serving.settings import AppArgs
from serving.tool_service import ToolService
from toolschool.records import JsonValue
from toolschool.tools.desk import Desk, default_world


def open_desk(path: str, now: datetime) -> Desk:
    """The desk of a database file, furnished if the file is new."""
    if path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    return Desk(now, path, world=default_world())


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

        bench: Bench = await open_tools(settings) if settings.caller else open_desk(settings.desk, clock())
        models = RemoteModels(planner, retriever, bench.catalog().names)
        self._service = ToolService(models, bench, clock, settings.allow_side_effects)
        self._metrics = RunMetrics(lambda name: name in bench.catalog())

    async def run(self, query: str, now: datetime | None) -> AsyncGenerator[Event, None]:
        """See `AgentService.run`."""
        events, see = self._service.run(query, now), self._metrics.watch()
        try:
            async for event in events:
                see(event)
                yield event
        finally:
            await events.aclose()

    async def plan(self, query: str, now: datetime | None) -> dict[str, JsonValue]:
        """See `AgentService.plan`."""
        return await self._service.plan(query, now)

    async def tools(self) -> list[dict[str, JsonValue]]:
        """See `AgentService.tools`."""
        return await self._service.tools()

    async def desk(self) -> dict[str, JsonValue]:
        """See `AgentService.desk`."""
        return await self._service.desk()

    async def ready(self) -> dict[str, bool]:
        """See `AgentService.ready`."""
        return await self._service.ready()
