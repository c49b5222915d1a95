"""TinyAgent as one function: retrieve tools, plan, run, answer; plan once more where that helps.

    agent = Agent(retrieve, plan, desk.catalog(), clock=lambda: datetime.now(), is_failure=is_failure)
    result = await agent.run("Text Sid that I am late", on_event=show)

What differs from the published system (TinyAgent reference, 7 and 8): only retrieved tools may run, results of an
earlier round are facts for the next and side effects are never repeated, rules answer where they can, the clock is
read per request, and an empty retrieval is an answer. The object holds no state of a request.

Limit: `max_rounds` counts plans; by experience a third is rarely better than the second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.plans.executor import Confirm, Executor, OnEvent
from toolschool.plans.join import NOTHING, Decision, asks_question, join_by_rules, replan_context
from toolschool.plans.trace import Event, Observation, Trace
from toolschool.records import JsonValue
from toolschool.tools.catalog import Catalog

__all__ = ["Agent", "AgentResult", "PlanRequest"]

Retrieve = Callable[[str], Awaitable[Sequence[str]]]
PlanStream = Callable[[PlanRequest], AsyncIterator[str]]
JoinModel = Callable[[str, Sequence[Trace], bool], Awaitable[Decision]]  # query, rounds, whether it must finish

TOO_LATE = "The time for this request ran out before anything was done."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AgentResult:
    """The answer, the plans that were run, and the tools offered to the planner."""

    answer: str
    rounds: tuple[Trace, ...]
    tools: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the last plan ran without any failure."""
        return bool(self.rounds) and self.rounds[-1].ok


class Agent:
    """Serves any number of requests at a time.

    `join_model` is asked only where rules are weak: the query is a question, or a step failed. It gets the query, the
    rounds so far and whether it must finish; if it raises, the rules decide. `deadline_s` bounds the whole request;
    `confirm`, `is_failure`, `retries` and `max_calls` are those of `Executor`.
    """

    def __init__(
        self,
        retrieve: Retrieve,
        plan: PlanStream,
        catalog: Catalog,
        clock: Callable[[], datetime],
        *,
        confirm: Confirm | None = None,
        join_model: JoinModel | None = None,
        max_rounds: int = 2,
        deadline_s: float | None = 120.0,
        is_failure: Callable[[JsonValue], bool] | None = None,
        retries: int = 1,
        max_calls: int = 16,
    ) -> None:
        self.retrieve = retrieve
        self.plan = plan
        self.catalog = catalog
        self.clock = clock
        self.confirm = confirm
        self.join_model = join_model
        self.max_rounds = max_rounds
        self.deadline_s = deadline_s
        self.is_failure = is_failure
        self.retries = retries
        self.max_calls = max_calls

    async def run(self, query: str, on_event: OnEvent | None = None) -> AgentResult:
        """Answers one query. Raises what `retrieve` raises; faults of plans, tools and deadlines are in the result.

        `on_event` sees: retrieved, then per round planned/started/finished/problem and perhaps replan, then answer.
        """
        request = _Request(self, query, on_event)
        result = await request.answer()
        request.emit(Event("answer", text=result.answer))
        return result


class _Request:
    """One query being answered."""

    def __init__(self, agent: Agent, query: str, on_event: OnEvent | None) -> None:
        self.agent = agent
        self.query = query
        self.on_event = on_event
        self.now = agent.clock()  # one time for the whole request
        self.rounds: list[tuple[Trace, str]] = []  # with the reason for planning again
        self._loop = asyncio.get_running_loop()
        self._end = None if agent.deadline_s is None else self._loop.time() + agent.deadline_s

    async def answer(self) -> AgentResult:
        try:
            async with asyncio.timeout_at(self._end) as limit:
                retrieved = await self.agent.retrieve(self.query)
        except TimeoutError:
            if not limit.expired():
                raise
            return AgentResult(TOO_LATE, (), ())
        tools = tuple(dict.fromkeys(name for name in retrieved if name in self.agent.catalog))
        self.emit(Event("retrieved", tools=tools))
        if not tools:
            return AgentResult(NOTHING, (), ())
        message = await self._rounds(tools)
        return AgentResult(message, self.traces, tools)

    @property
    def traces(self) -> tuple[Trace, ...]:
        return tuple(trace for trace, _ in self.rounds)

    async def _rounds(self, tools: tuple[str, ...]) -> str:
        for number in range(1, self.agent.max_rounds + 1):
            trace = await self._round(tools)
            self.rounds.append((trace, ""))
            decision = await self._decide(trace, last=number == self.agent.max_rounds)
            if decision.kind == "finish":
                return decision.message
            self.rounds[-1] = (trace, decision.message)
            self.emit(Event("replan", text=decision.message))
        return join_by_rules(self.query, trace, earlier=self.traces[:-1], last=True).message

    async def _round(self, tools: tuple[str, ...]) -> Trace:
        agent = self.agent
        known: dict[int, Observation] = {seen.id: seen for trace in self.traces for seen in trace.observations}
        request = PlanRequest(
            self.query,
            tools,
            self.now,
            context=replan_context(self.rounds) if self.rounds else "",
            first_id=max(known, default=0) + 1,
            catalog=agent.catalog.subset(tools).without_run(),
        )
        executor = Executor(
            agent.catalog,
            allowed=tools,
            confirm=agent.confirm,
            retries=agent.retries,
            max_calls=agent.max_calls,
            is_failure=agent.is_failure,
        )
        return await executor.run(
            agent.plan(request),
            first_id=request.first_id,
            known=known,
            on_event=self.emit,
            timeout_s=self._seconds_left(),
        )

    async def _decide(self, trace: Trace, *, last: bool) -> Decision:
        """The join model's decision where rules are weak and it can give one, else that of the rules."""
        by_rules = join_by_rules(self.query, trace, earlier=self.traces[:-1], last=last)
        model = self.agent.join_model
        if model is None or trace.timed_out or (trace.ok and not asks_question(self.query)):
            return by_rules
        try:
            async with asyncio.timeout_at(self._end):
                decision = await model(self.query, self.traces, last)
        except Exception:  # the boundary to the join model; the rules are always at hand
            log.warning("the join model failed, rules decide", exc_info=True)
            return by_rules
        return decision if decision.message and not (last and decision.kind == "replan") else by_rules

    def _seconds_left(self) -> float | None:
        return None if self._end is None else max(0.0, self._end - self._loop.time())

    def emit(self, event: Event) -> None:
        """Tells the listener; see `Ledger.emit` for one that raises."""
        if self.on_event is None:
            return
        try:
            self.on_event(event)
        except Exception:
            log.exception("the listener of a request failed, it gets no more events")
            self.on_event = None
