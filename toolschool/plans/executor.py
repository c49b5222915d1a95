"""Runs a plan while it is being written.

    trace = await Executor(catalog, allowed=("get_phone_number", "send_sms")).run(chunks)

Every step is a task that waits for the observations it needs, so it starts the moment they are there, whether or not
more text arrives. Whatever goes wrong with a step becomes its observation: an unknown tool, wrong arguments or
references, an exception, a timeout, a refusal by the user, a failed producer. `run` does not raise; cancelling it
cancels every step.

Side effects: a tool with side effects is asked for at most once per set of arguments within a request, replans
included; only tools marked idempotent are retried.

Limits: a synchronous function that a timeout has abandoned keeps its thread until it returns (see `tools/run.py`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import aclosing
from dataclasses import KW_ONLY, dataclass, replace

from toolschool.errors import ToolError, ToolschoolError
from toolschool.plans.arguments import fill_arguments
from toolschool.plans.grammar import JOIN, BadLine, Item, Join, Thought
from toolschool.plans.graph import check_call
from toolschool.plans.ledger import Ledger, OnEvent
from toolschool.plans.references import as_text, dependencies
from toolschool.plans.stream import StreamParser
from toolschool.plans.trace import Event, Observation, Trace
from toolschool.records import Call, JsonValue, Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.results import MAX_SAID, one_line, said
from toolschool.tools.run import run_tool

__all__ = ["Confirm", "Event", "Executor", "Observation", "OnEvent", "Trace"]

Confirm = Callable[[Call], Awaitable[bool]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Executor:
    """How plans are run; holds no state of a request, so one object serves any number of them at a time.

    `allowed`: names that may run, None for the whole catalogue. `confirm` is asked before a tool with side effects,
    with the arguments filled in. `retries`: further attempts of an idempotent tool. `max_calls`: steps a plan may have;
    reading stops there. `is_failure` recognises results that are failures in the tool's own words.
    """

    catalog: Catalog
    _: KW_ONLY
    allowed: Collection[str] | None = None
    confirm: Confirm | None = None
    retries: int = 1
    max_calls: int = 16
    is_failure: Callable[[JsonValue], bool] | None = None

    async def run(
        self,
        chunks: AsyncIterator[str],
        *,
        first_id: int = 1,
        known: Mapping[int, Observation] | None = None,
        on_event: OnEvent | None = None,
        timeout_s: float | None = None,
    ) -> Trace:
        """Runs the plan written in `chunks`; its steps are numbered from `first_id` and may use results in `known`.

        After `timeout_s` seconds running steps are cancelled, and the trace holds what was done until then.
        """
        run = _Run(self, first_id, known or {}, on_event)
        timed_out = False
        try:
            async with asyncio.timeout(timeout_s), asyncio.TaskGroup() as group:
                await run.read(chunks, group)
        except TimeoutError:
            timed_out = True
            run.ledger.close_at_deadline(timeout_s or 0.0)
        return run.ledger.trace(timed_out)


class _Run:
    """One plan being read and run."""

    def __init__(
        self, executor: Executor, first_id: int, known: Mapping[int, Observation], on_event: OnEvent | None
    ) -> None:
        self.executor = executor
        self.ledger = Ledger(known, on_event)
        self.last_id = first_id - 1
        self.steps_read = 0
        # Side effects that were asked for -> the step that did.
        self.effects = {_effect(seen.call.tool, seen.args): k for k, seen in known.items() if seen.attempts}

    @property
    def full(self) -> bool:
        return self.steps_read > self.executor.max_calls

    async def read(self, chunks: AsyncIterator[str], group: asyncio.TaskGroup) -> None:
        """Accepts the steps of a plan as they come; returns at its end, while steps may still run."""
        parser = StreamParser()
        async with aclosing(self._guarded(chunks)) as pieces:
            async for chunk in pieces:
                for item in parser.feed(chunk):
                    self._accept(item, group)
                if parser.ended or self.full:
                    break
        for item in parser.finish():
            self._accept(item, group)
        if not parser.joined and not self.full:
            self.ledger.problem("the plan has no join(), it may have been cut short")

    async def _guarded(self, chunks: AsyncIterator[str]) -> AsyncGenerator[str, None]:
        """The chunks, closed at the end; a planner that breaks down ends the text, and finished steps are kept."""
        try:
            async for chunk in chunks:
                yield chunk
        except Exception as error:  # the boundary to the planner, which may be any engine
            log.warning("the planner failed while writing a plan", exc_info=True)
            self.ledger.problem(f"the planner failed: {said(error)}")
        finally:
            await _close(chunks)

    def _accept(self, item: Item, group: asyncio.TaskGroup) -> None:
        if isinstance(item, Thought):
            self.ledger.thoughts.append(item.text)
        if isinstance(item, Thought | Join) or self.full:
            return
        self.steps_read += 1
        if self.full:
            self.ledger.problem(f"the plan has more than {self.executor.max_calls} steps, the rest was not run")
        elif item.id is None or item.tool == JOIN:
            self.ledger.problem(str(item))
        elif item.id <= self.last_id:
            self.ledger.problem(f"step {item.id} was not run: the next number must be above {self.last_id}")
        else:
            self.last_id = item.id
            self._accept_step(item, item.id, group)

    def _accept_step(self, item: Call | BadLine, step: int, group: asyncio.TaskGroup) -> None:
        call = item if isinstance(item, Call) else Call(step, item.tool or "")
        earlier = self.ledger.steps
        self.ledger.accept(call)
        if isinstance(item, BadLine):
            self.ledger.record(call, "invalid", error=str(item))
            return
        self.ledger.emit(Event("planned", call=call))
        problems = check_call(call, self.executor.catalog, earlier, allowed=self.executor.allowed)
        if problems:
            self.ledger.record(call, "invalid", error="; ".join(problems))
        else:
            group.create_task(self._step(call))

    async def _step(self, call: Call) -> None:
        """Waits for what the call needs, runs it, and sees to it that an observation is recorded, whatever happens."""
        try:
            await self._resolve_and_run(call)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancelled this task: the hook raised it itself, and dependents must still be told.
            self.ledger.record(call, "failed", error=f"{call.tool} was cancelled from inside")
        except ToolschoolError as error:
            self.ledger.record(call, "invalid", error=said(error))
        except Exception as error:  # a step that raises must become an observation, or its dependents hang
            log.warning("step %s (%s) raised", call.id, call.tool, exc_info=True)
            self.ledger.record(call, "failed", error=f"{type(error).__name__}: {said(error)}")

    async def _resolve_and_run(self, call: Call) -> None:
        needed = await self.ledger.wait(dependencies(call))
        failed = next((k for k, seen in needed.items() if not seen.ok), None)
        if failed is not None:
            self.ledger.record(call, "skipped", error=f"skipped: step {failed} failed")
            return
        tool = self.executor.catalog[call.tool]
        args = fill_arguments(call, tool, {k: seen.value for k, seen in needed.items()})
        if not tool.side_effects or await self._may_take_effect(call, tool, args):
            await self._run_tool(call, tool, args)

    async def _may_take_effect(self, call: Call, tool: Tool, args: Mapping[str, JsonValue]) -> bool:
        """Whether a call with side effects shall run: not if it was asked for before, or the user says no."""
        first = self.effects.setdefault(_effect(tool.name, args), call.id)
        if first != call.id:
            seen = (await self.ledger.wait([first]))[first]
            status = "repeated" if seen.ok else seen.status
            self.ledger.record(call, status, value=seen.value, error=seen.error, args=args)
            return False
        confirm = self.executor.confirm
        if confirm is None or await confirm(replace(call, args=tool.positional(args))):
            return True
        self.ledger.record(call, "declined", error="this step changes something, and was not allowed", args=args)
        return False

    async def _run_tool(self, call: Call, tool: Tool, args: Mapping[str, JsonValue]) -> None:
        attempts_left = 1 + self.executor.retries if tool.idempotent else 1
        while True:
            attempts_left -= 1
            self.ledger.attempt(replace(call, args=tool.positional(args)))
            try:
                value = await run_tool(tool, args)
                break
            except ToolError as error:
                if not attempts_left:
                    self.ledger.record(call, "failed", error=said(error), args=args)
                    return
        if self.executor.is_failure and self.executor.is_failure(value):
            self.ledger.record(call, "failed", value=value, error=one_line(as_text(value), MAX_SAID), args=args)
        else:
            self.ledger.record(call, "ok", value=value, args=args)


async def _close(chunks: AsyncIterator[str]) -> None:
    """Tells the planner to stop writing, whether it has finished or not."""
    try:
        if aclose := getattr(chunks, "aclose", None):
            await aclose()
    except Exception:  # what was read is complete, however the planner takes its leave
        log.warning("closing the stream of a plan failed", exc_info=True)


def _effect(tool: str, args: Mapping[str, JsonValue] | None) -> str:
    """What makes two side effects the same: tool and filled-in arguments."""
    return json.dumps([tool, args], sort_keys=True, ensure_ascii=False)
