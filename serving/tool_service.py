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
from serving.errors import ApiError
from serving.found import ScoredName, parts_of, searched
from serving.service import Event, Task
from serving.toolbox import Toolbox
from serving.work import Work
from toolschool.errors import ConfigError, DataError, PlanError, ToolError
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.methods.tinyagent.toolrag import ScoredTool
from toolschool.plans.grammar import parse_plan
from toolschool.plans.graph import validate
from toolschool.records import Call, JsonValue, Tool
from toolschool.tools.catalog import Catalog, render_signature
from toolschool.tools.desk import is_failure
from toolschool.tools.run import run_tool
from toolschool.tools.toolsets import ToolSource


class Models(Protocol):
    """Retriever and planner, wherever they run."""

    async def retrieve(self, query: str) -> list[ScoredName]:
        """Tools for a query, the most probable first; may be empty."""
        ...

    async def judge(self, query: str, tools: Catalog) -> list[ScoredName]:
        """How probably a query wants each tool of a client, the most probable first; none where nobody can tell."""
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
    """An `AgentService` over one bench, such as a `Desk`.

    `clock` gives the time of requests that bring none (naive, local). `record` hears of every run of the service's own tools that has ended:
    its task, and what `done` said; it must neither wait nor raise.
    """

    def __init__(
        self,
        models: Models,
        bench: Bench,
        clock: Callable[[], datetime] = datetime.now,
        allow_side_effects: bool = True,
        catalog_at: Callable[[datetime], Catalog] | None = None,
        record: Callable[[Task, Event], None] = lambda task, done: None,
    ) -> None:
        self.models, self.bench, self.clock = models, bench, clock
        self.allow_side_effects = allow_side_effects
        self.record = record
        self.catalog_at = catalog_at or bench.catalog

    async def run(self, task: Task) -> AsyncGenerator[Event, None]:
        """See `AgentService.run`."""
        async with aclosing(self.run_lists(task, lambda _: None)) as lists:
            async for events in lists:
                for event in events:
                    yield event

    async def run_lists(self, task: Task, see: Callable[[Event], None]) -> AsyncGenerator[list[Event], None]:
        """The events of `run`: all that have come since the last list, of a task that nobody watches all at its end. `see` is told each at once."""
        work: Work = AgentRun(self, task) if task.client is None else ClientRun(self, task)
        going = asyncio.create_task(work.go())
        try:
            events: list[Event] = []
            while (event := await work.events.get()) is not None:
                see(event)
                events.append(event)
                if task.watched and work.events.empty():
                    yield events
                    events = []
            await going  # raises what went wrong
            if events:
                yield events
        finally:
            if not going.done():
                going.cancel()
                with suppress(asyncio.CancelledError):
                    await going

    async def plan(self, query: str, now: datetime | None) -> dict[str, JsonValue]:
        """See `AgentService.plan`."""
        now = now or self.clock()
        catalog = self.catalog_at(now)
        tools = [tool for tool in await self.models.retrieve(query) if tool["name"] in catalog]
        if not tools:
            problems = ["no tool fits this query"]
            return {"tools": [], "plan": "", "calls": [], "problems": problems, "now": now.isoformat()}
        names = tuple(tool["name"] for tool in tools)
        offered = catalog.subset(names)
        request = PlanRequest(query, names, now, catalog=offered.without_run(), parts=parts_of(tools))
        async with aclosing(self.models.plan(request)) as pieces:
            text = "".join([piece async for piece in pieces])
        calls, problems = _read(text, offered)
        listed: list[JsonValue] = [{"id": call.id, "tool": call.tool, "args": list(call.args)} for call in calls]
        return {"tools": tools, "plan": text, "calls": listed, "problems": problems, "now": now.isoformat()}

    async def tools(self) -> list[dict[str, JsonValue]]:
        """See `AgentService.tools`."""
        return [describe(tool) for tool in self.catalog_at(self.clock())]

    async def search(self, query: str, most: int) -> list[dict[str, JsonValue]]:
        """See `AgentService.search`; where all tools are always offered nobody scores them."""
        catalog = self.catalog_at(self.clock())
        if isinstance(self.bench, Toolbox):
            ranked = [tool for tool in await self.bench.ranked(query, most) if tool.name in catalog]
        else:
            ranked = [ScoredTool(name, float("nan")) for name in catalog.names[:most]]
        return [searched(tool, catalog[tool.name]) for tool in ranked]

    async def call_tool(self, name: str, args: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """See `AgentService.call_tool`."""
        tool = self.catalog_at(self.clock()).get(name)
        if tool is None:
            raise ApiError(404, f"there is no tool {name}; GET /v1/tools lists them", "tool_not_found", "name")
        if tool.side_effects and not self.allow_side_effects:
            return {
                "status": "declined",
                "value": None,
                "error": f"{name} changes things, which this server does not allow",
            }
        try:
            value = await run_tool(tool, args)
        except ToolError as error:
            return {"status": "failed", "value": None, "error": str(error)}
        failed = is_failure(value)
        return {"status": "failed" if failed else "ok", "value": value, "error": str(value) if failed else None}

    async def add_tools(self, source: ToolSource) -> list[dict[str, JsonValue]]:
        """See `AgentService.add_tools`."""
        try:
            return [describe(tool) for tool in await self._toolbox().add(source)]
        except (ConfigError, DataError) as error:
            raise ApiError(400, str(error), "source_not_opened") from error

    async def remove_tool(self, name: str) -> None:
        """See `AgentService.remove_tool`."""
        await self._toolbox().remove(name)

    def _toolbox(self) -> Toolbox:
        if not isinstance(self.bench, Toolbox):
            raise ApiError(409, "the tools of this server do not change: its model knows them by heart", "fixed_tools")
        return self.bench

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
