"""One request at work: an `Agent` whose models and events are tapped, and what is told about it afterwards.

The agent knows tools and steps; clients also want the tools' probabilities, the plan's text while it is written, the
rows that changed and the tokens used. All of that is gathered around the agent, not inside it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from serving import errors
from serving.budget import usage
from serving.effects import EffectRecorder
from serving.found import parts_of
from serving.service import Task
from serving.told import call_finished, call_planned, call_started, observed
from serving.work import Work
from toolschool.methods.tinyagent.agent import Agent, AgentResult
from toolschool.methods.tinyagent.conversation import with_earlier
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.models.engines import before
from toolschool.plans.grammar import END_OF_PLAN, JOIN, parse_lines
from toolschool.plans.trace import Event as PlanEvent
from toolschool.records import Call, JsonValue
from toolschool.tools.desk import is_failure

if TYPE_CHECKING:
    from serving.tool_service import ToolService


MAX_RETRIEVED = 800  # characters of the query and the user's earlier turns that retriever reads


class AgentRun(Work):
    """`go()` answers the task."""

    def __init__(self, service: ToolService, task: Task) -> None:
        super().__init__(service, task, task.now or service.clock())
        self.tools: list[dict[str, JsonValue]] = []
        self.failure: Exception | None = None

    async def go(self) -> None:
        """Run the agent to its end; the last event is `done`. Raises what kept it from running at all."""
        recorder = EffectRecorder(self.service.bench.state, self.service.bench.writers())
        agent = Agent(
            self._retrieve,
            self._plan,
            recorder.watch(self.service.catalog_at(self.now)),
            lambda: self.now,
            confirm=self._confirm,
            deadline_s=None,  # the gateway has one
            is_failure=is_failure,
        )
        try:
            result = await agent.run(self.task.query, on_event=self._on_event)
            nothing_done = not any(seen.attempts for trace in result.rounds for seen in trace.observations)
            if self.failure is not None and nothing_done:
                raise self._refusal(self.failure)
            self._emit("done", **(report := await self._report(result, recorder)))
            self.service.record(self.task, report)
        finally:
            self.events.put_nowait(None)

    def _refusal(self, failure: Exception) -> errors.ApiError:
        if isinstance(failure, errors.ApiError):
            return failure
        return errors.unavailable("the planner failed, nothing was done; try again")

    async def _retrieve(self, query: str) -> Sequence[str]:
        said = with_earlier(self.task.earlier, query, lambda text: len(text) <= MAX_RETRIEVED)
        self.tools = await self.service.models.retrieve(said)
        self._emit("tools", tools=self.tools)
        return [tool["name"] for tool in self.tools]

    async def _plan(self, request: PlanRequest) -> AsyncGenerator[str, None]:
        if self.failure is not None:
            raise self.failure  # a planner that broke down is not asked again: a new replica may take a minute
        request = await self._bounded(request)
        if request.max_tokens == 0:
            self.cut = True
            yield f"{request.first_id}. {JOIN}(){END_OF_PLAN}\n"
            return
        self.plans.append("")
        request = replace(request, parts=parts_of(self.tools))
        try:
            async with aclosing(self.service.models.plan(request)) as pieces:
                async for piece in pieces:
                    self.plans[-1] += piece
                    self._emit("plan", round=len(self.plans), text=piece)
                    yield piece
        except Exception as error:
            # The agent turns this into a problem of the plan; a client should hear 429 or 503 if nothing was done yet.
            self.failure = error
            raise
        self.cut = self.cut or END_OF_PLAN not in self.plans[-1]

    async def _bounded(self, request: PlanRequest) -> PlanRequest:
        """The request with the conversation before it, and with what is left of calls and tokens."""
        task = self.task
        steps = sum(isinstance(item, Call) for plan in self.plans for item in parse_lines(plan))
        return replace(
            request,
            earlier=task.earlier,
            model=task.model,
            max_calls=None if task.max_calls is None else max(0, task.max_calls - steps),
            max_tokens=await self._left(),
        )

    async def _confirm(self, call: Call) -> bool:
        return not self.task.confirm and await self.service.confirm(call)

    def _on_event(self, event: PlanEvent) -> None:
        if event.kind == "planned" and event.call is not None:
            self.events.put_nowait(call_planned(event.call, len(self.plans)))
        elif event.kind == "started" and event.call is not None:
            self.events.put_nowait(call_started(event.call, len(self.plans)))
        elif event.kind == "finished" and event.observation is not None:
            self.events.put_nowait(call_finished(event.observation, len(self.plans)))
        elif event.kind in ("problem", "replan"):
            self._emit(event.kind, round=len(self.plans), text=event.text)

    async def _report(self, result: AgentResult, recorder: EffectRecorder) -> dict[str, JsonValue]:
        observations: list[JsonValue] = []
        problems: list[str] = []
        for number, trace in enumerate(result.rounds, start=1):
            observations += [{"round": number, **observed(seen)} for seen in trace.observations]
            problems += trace.problems
        answer = await self._shortened(before(result.answer, self.task.stop))
        read = [self.task.query, *(turn.text for turn in self.task.earlier)]
        return {
            "answer": answer,
            "finish": "length" if self.cut else "stop",
            "trace": self._trace(self.tools, observations, problems, recorder.effects),
            "usage": await usage(self.service.models.count, read, [*self.plans, answer]),
        }
