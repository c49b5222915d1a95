"""The other side of a Serve handle: models for the executor, the agent service for the gateway.

Errors of Ray and Serve become `ApiError` here and nowhere else: a full queue is 429, a replica that is gone is 503.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from serving import errors
from serving.bench import Bench
from serving.errors import ApiError
from serving.found import ScoredName, told
from serving.service import Event, Task
from serving.toolbox import Toolbox
from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.records import JsonValue
from toolschool.tools.catalog import Catalog
from toolschool.tools.toolsets.config import ToolSource

if TYPE_CHECKING:
    import numpy as np
    from ray.serve.handle import DeploymentHandle

_READY_S = 3.0  # a replica that does not answer within this time is not ready


class RemoteReader:
    """`Reader` over the handle of the retriever."""

    def __init__(self, retriever: DeploymentHandle) -> None:
        self._retriever = retriever

    async def card(self) -> dict[str, JsonValue]:
        """See `Reader.card`."""
        with translated("retriever"):
            return await self._retriever.card.remote()

    async def classify(self, query: str) -> np.ndarray:
        """See `Reader.classify`."""
        with translated("retriever"):
            return await self._retriever.classify.remote(query)

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """See `Reader.embed`."""
        with translated("retriever"):
            return await self._retriever.embed.remote(list(texts))


class RemoteModels:
    """`Models` over the handles of planner and retriever. A toolbox finds its tools; every query is offered all of another bench."""

    def __init__(self, planner: DeploymentHandle, retriever: DeploymentHandle | None, bench: Bench) -> None:
        self._planner, self._retriever, self._bench = planner, retriever, bench

    async def retrieve(self, query: str) -> list[ScoredName]:
        """See `Models.retrieve`."""
        if not isinstance(self._bench, Toolbox):
            return [{"name": name, "probability": None} for name in self._bench.catalog().names]
        found = await self._bench.retrieve(query)
        return list(map(told, found))

    async def judge(self, query: str, tools: Catalog) -> list[ScoredName]:
        """See `Models.judge`."""
        if not isinstance(self._bench, Toolbox):
            return []
        return list(map(told, await self._bench.judged(query, tuple(tools))))

    async def plan(self, request: PlanRequest) -> AsyncGenerator[str, None]:
        """See `Models.plan`."""
        async for piece in stream(self._planner, "plan", "planner", request):
            yield piece

    async def count(self, texts: Sequence[str]) -> list[int]:
        """See `Models.count`."""
        with translated("planner"):
            return await self._planner.count.remote(list(texts))

    async def shorten(self, text: str, tokens: int) -> str:
        """See `Models.shorten`."""
        with translated("planner"):
            return await self._planner.shorten.remote(text, tokens)

    async def ready(self) -> dict[str, bool]:
        """See `Models.ready`."""
        parts = {"retriever": self._retriever, "planner": self._planner}
        there = {name: handle for name, handle in parts.items() if handle is not None}
        return dict(zip(there, await asyncio.gather(*map(_answers, there.values())), strict=True))


class RemoteService:
    """`AgentService` over the handle of the executor. `models`, by name, run the tasks that ask for them."""

    def __init__(self, executor: DeploymentHandle, models: Mapping[str, DeploymentHandle] | None = None) -> None:
        self._executor, self._models = executor, dict(models or {})

    async def run(self, task: Task) -> AsyncGenerator[Event, None]:
        """See `AgentService.run`."""
        beside = task.model in self._models
        handle, part = (self._models[task.model], task.model) if beside else (self._executor, "executor")
        async with aclosing(stream(handle, "run", part, task, acts=True)) as lists:
            async for events in lists:
                for event in events:
                    yield event

    async def plan(self, query: str, now: datetime | None) -> dict[str, JsonValue]:
        """See `AgentService.plan`."""
        with translated("executor"):
            return await self._executor.plan.remote(query, now)

    async def tools(self) -> list[dict[str, JsonValue]]:
        """See `AgentService.tools`."""
        with translated("executor"):
            return await self._executor.tools.remote()

    async def search(self, query: str, most: int) -> list[dict[str, JsonValue]]:
        """See `AgentService.search`."""
        with translated("executor"):
            return await self._executor.search.remote(query, most)

    async def call_tool(self, name: str, args: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """See `AgentService.call_tool`."""
        with translated("executor"):
            return await self._executor.call_tool.remote(name, args)

    async def add_tools(self, source: ToolSource) -> list[dict[str, JsonValue]]:
        """See `AgentService.add_tools`."""
        with translated("executor"):
            return await self._executor.add_tools.remote(source)

    async def remove_tool(self, name: str) -> None:
        """See `AgentService.remove_tool`."""
        with translated("executor"):
            await self._executor.remove_tool.remote(name)

    async def desk(self) -> dict[str, JsonValue]:
        """See `AgentService.desk`."""
        with translated("executor"):
            return await self._executor.desk.remote()

    async def ready(self) -> dict[str, bool]:
        """See `AgentService.ready`."""
        models = asyncio.gather(*map(_answers, self._models.values()))
        return {**await self._agent_ready(), **dict(zip(self._models, await models, strict=True))}

    async def _agent_ready(self) -> dict[str, bool]:
        try:
            async with asyncio.timeout(2 * _READY_S):
                with translated("executor"):
                    return await self._executor.ready.remote()
        except (TimeoutError, ApiError):
            return {"executor": False}


async def stream(
    handle: DeploymentHandle, method: str, part: str, *args: Any, acts: bool = False
) -> AsyncGenerator[Any, None]:
    """What a streaming method gives; ending this generator early cancels the method in its replica. `acts`: it may change something."""
    finished = False
    with translated(part, acts):
        response = getattr(handle.options(stream=True), method).remote(*args)
        try:
            async for item in response:
                yield item
            finished = True
        finally:
            if not finished:
                response.cancel()


@contextmanager
def translated(part: str, acts: bool = False) -> Iterator[None]:
    """Raise Ray's and Serve's errors as `ApiError`; a bug in a replica stays what it is. Where `acts`, a replica that died may have done something."""
    from ray.exceptions import RayActorError, RayTaskError
    from ray.serve import exceptions as serve_errors

    gone = (RayActorError, serve_errors.DeploymentUnavailableError, serve_errors.ReplicaUnavailableError)
    try:
        yield
    except Exception as error:
        cause = error.cause if isinstance(error, RayTaskError) else error
        if isinstance(cause, (ApiError, ConfigError)):  # a ConfigError: tools of the request that cannot be decoded
            raise cause from None
        if isinstance(cause, serve_errors.BackPressureError):
            raise errors.too_many() from error
        if acts and isinstance(cause, RayActorError):
            raise errors.broken_off(f"the {part}") from error
        if isinstance(cause, gone):
            raise errors.unavailable(f"the {part} is not there at the moment; try again") from error
        raise


async def _answers(handle: DeploymentHandle) -> bool:
    try:
        async with asyncio.timeout(_READY_S):
            with translated("model"):
                return bool(await handle.ready.remote())
    except (TimeoutError, ApiError):
        return False
