"""The agent service itself: tools on a bench, the models behind a small protocol, an `Agent` per request.

    service = ToolService(models, Desk(now, world=default_world()), clock=datetime.now)
    async for event in service.run(Task("Text Sid that I'm late")): ...

The executor deployment holds one of these; tests use it without a cluster. Events are described in `serving/service.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Protocol

from serving.agent_run import AgentRun
from serving.bench import Bench
from serving.client_run import ClientRun
from serving.service import Event, Task
from toolschool.errors import PlanError
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.plans.grammar import parse_plan
from toolschool.plans.graph import validate
from toolschool.records import Call, JsonValue, Tool
from toolschool.tools.catalog import Catalog, render_signature

ScoredName = dict[str, JsonValue]  # {"name": str, "probability": float or None where nobody scored it}


class Models(Protocol):
    """Retriever and planner, wherever they run."""

    async def retrieve(self, query: str) -> list[ScoredName]:
        """Tools for a query, the most probable first; may be empty."""
        ...

    def plan(self, request: PlanRequest) -> AsyncGenerator[str, None]:
        """The plan as it is written; closing the iterator stops the writing."""
        ...

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text, by the planner's tokenizer."""
        ...

    async def shorten(self, text: str, tokens: int) -> str:
        """The beginning of a text, at most so many tokens of it."""
        ...

    async def ready(self) -> dict[str, bool]:
        """Which models can take requests."""
        ...


class ToolService:
    """An `AgentService` over one bench, such as a `Desk`. `clock` gives the time of requests that bring none (naive, local)."""

    def __init__(
        self,
        models: Models,
        bench: Bench,
        clock: Callable[[], datetime] = datetime.now,
        allow_side_effects: bool = True,
        catalog_at: Callable[[datetime], Catalog] | None = None,
    ) -> None:
        self.models, self.bench, self.clock = models, bench, clock
        self.allow_side_effects = allow_side_effects
        self.catalog_at = catalog_at or bench.catalog

    async def run(self, task: Task) -> AsyncGenerator[Event, None]:
        """See `AgentService.run`."""
        work = AgentRun(self, task) if task.client is None else ClientRun(self, task)
        going = asyncio.create_task(work.go())
        try:
            while (event := await work.events.get()) is not None:
                yield event
            await going  # raises what went wrong
        finally:
            if not going.done():
                going.cancel()
                with suppress(asyncio.CancelledError):
                    await going

    async def plan(self, query: str, now: datetime | None) -> dict[str, JsonValue]:
        """See `AgentService.plan`."""
        now = now or self.clock()
        tools = await self.models.retrieve(query)
        if not tools:
            problems = ["no tool fits this query"]
            return {"tools": [], "plan": "", "calls": [], "problems": problems, "now": now.isoformat()}
        names = tuple(tool["name"] for tool in tools)
        async with aclosing(self.models.plan(PlanRequest(query, names, now))) as pieces:
            text = "".join([piece async for piece in pieces])
        calls, problems = _read(text, self.catalog_at(now).subset(names))
        listed: list[JsonValue] = [{"id": call.id, "tool": call.tool, "args": list(call.args)} for call in calls]
        return {"tools": tools, "plan": text, "calls": listed, "problems": problems, "now": now.isoformat()}

    async def tools(self) -> list[dict[str, JsonValue]]:
        """See `AgentService.tools`."""
        return [describe(tool) for tool in self.catalog_at(self.clock())]

    async def desk(self) -> dict[str, JsonValue]:
        """See `AgentService.desk`."""
        return {"now": self.clock().isoformat(), "changes": self.bench.changes()}

    async def ready(self) -> dict[str, bool]:
        """See `AgentService.ready`."""
        return {"executor": True, **await self.models.ready()}

    async def confirm(self, call: Call) -> bool:
        """The agent's hook before a call with side effects."""
        return self.allow_side_effects


def describe(tool: Tool) -> dict[str, JsonValue]:
    """A tool as in OpenAI's `tools` parameter, with the line a planner reads."""
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {
        "type": "function",
        "function": function,
        "signature": render_signature(tool),
        "side_effects": tool.side_effects,
    }


def _read(text: str, catalog: Catalog) -> tuple[tuple[Call, ...], list[str]]:
    """Calls of a plan and what is wrong with it; a plan that cannot be read has no calls."""
    try:
        plan = parse_plan(text)
    except PlanError as error:
        return (), [str(error)]
    return plan.calls, validate(plan, catalog)
