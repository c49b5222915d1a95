"""Ray Serve deployment of a model of another method, beside the agent and under a name of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

from ray import serve

from serving.metrics import RunMetrics
from serving.model_service import ModelService
from serving.service import Event, Task
from serving.settings import ModelArgs
from serving.solvers.opening import open_solver


@serve.deployment(name="Model", max_ongoing_requests=64, max_queued_requests=64)
class ModelDeployment:
    """`ModelService` as a deployment; `args` are a `ModelArgs`, as JSON, `now` is a fixed clock."""

    def __init__(self, args: dict[str, Any], now: datetime | None = None, allow_side_effects: bool = True) -> None:
        solver = open_solver(ModelArgs.model_validate(args))

        def clock() -> datetime:
            return now or datetime.now().replace(microsecond=0)

        self._service = ModelService(solver, clock, allow_side_effects)
        self._metrics = RunMetrics(lambda name: name in solver.tools)

    async def run(self, task: Task) -> AsyncGenerator[list[Event], None]:
        """The events of `AgentService.run`, in lists as the executor has them."""
        events, see = self._service.run(task), self._metrics.watch()
        try:
            async for event in events:
                see(event)
                yield [event]
        finally:
            await events.aclose()

    async def ready(self) -> bool:
        """True once the model is loaded, which it is when this replica takes requests."""
        return True
