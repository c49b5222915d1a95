"""Tasks answered by a model of another method, one at a time: its loop runs in a thread, and ends at the model's next step when nobody listens.

    service = ModelService(open_solver(ModelArgs(model="runs/toolformer/model")))
    async for event in service.run(Task("What is 12 times 34?")): ...

The events are those of an agent's run (`serving/service.py`). `plan` is all that the model writes, with its calls. It reads the last message alone.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from serving import errors
from serving.bench import NO_CHANGES
from serving.service import Event, Task
from serving.solvers.base import Solution, Solver, count
from serving.told import ROUND, Told, observed
from toolschool.errors import ToolschoolError
from toolschool.models.engines import before
from toolschool.records import JsonValue

log = logging.getLogger(__name__)

MOST_LISTED = 32  # tools that an answer lists; of a model with more those that it called

Tell = Callable[[Event | None], object]


class Stopped(Exception):
    """Nobody waits for the answer any more."""


class ModelService:
    """`run` of an `AgentService` over one solver. `clock` gives the time of requests that bring none (naive, local)."""

    def __init__(
        self, solver: Solver, clock: Callable[[], datetime] = datetime.now, allow_side_effects: bool = True
    ) -> None:
        self._solver, self._clock, self._may_change = solver, clock, allow_side_effects
        self._places = asyncio.Semaphore(1)

    async def run(self, task: Task) -> AsyncGenerator[Event, None]:
        """See `AgentService.run`. ApiError 400 for a query that is too long, 500 or 503 where the model fails."""
        task = replace(task, now=task.now or self._clock())
        loop, stop = asyncio.get_running_loop(), threading.Event()
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        await self._places.acquire()
        work = loop.run_in_executor(
            None, self._work, task, lambda event: loop.call_soon_threadsafe(events.put_nowait, event), stop
        )
        work.add_done_callback(lambda _: self._places.release())  # the model is busy until then
        try:
            while (event := await events.get()) is not None:
                yield event
            await work
        finally:
            stop.set()

    def _work(self, task: Task, tell: Tell, stop: threading.Event) -> None:
        told = Told(tell, self._may_change and not task.confirm)
        try:
            with suppress(Stopped):
                with stopping(self._solver.model, stop):
                    room = self._solver.room(task)
                    tell({"type": "tools", "tools": self._listed(told)})
                    solution = asyncio.run(self._solver.solve(task, room, told))
                tell({"type": "done", **self._report(task, told, solution)})  # who hears it may stop listening at once
        except errors.ApiError:
            raise
        except ToolschoolError as error:  # its own words say what is wrong, and trying again does not help
            raise errors.ApiError(500, str(error), "model_failed") from error
        except Exception as error:  # the boundary to any model
            log.warning("the model failed", exc_info=True)
            raise errors.unavailable("the model failed; try again") from error
        finally:
            tell(None)

    def _listed(self, told: Told) -> list[JsonValue]:
        few = len(self._solver.tools) <= MOST_LISTED
        names = self._solver.tools if few else dict.fromkeys(seen.call.tool for seen in told.observations)
        return [{"name": name, "probability": None} for name in names]

    def _report(self, task: Task, told: Told, solution: Solution) -> dict[str, JsonValue]:
        assert task.now is not None
        return {
            "answer": before(solution.answer, task.stop),
            "finish": "length" if solution.cut else "stop",
            "trace": {
                "tools": self._listed(told),
                "plan": told.text.strip(),
                "rounds": ROUND,
                "observations": [{"round": ROUND, **observed(seen)} for seen in told.observations],
                "problems": list(solution.problems),
                "effects": NO_CHANGES,
                "now": task.now.isoformat(),
                "seconds": round(told.seconds, 3),
            },
            "usage": {
                "prompt_tokens": count(self._solver.tokenizer, solution.read),
                "completion_tokens": solution.tokens,
            },
        }


@contextmanager
def stopping(model: Any, stop: threading.Event) -> Iterator[None]:
    """Inside, the model's next step raises Stopped once `stop` is set, whatever loop it is in."""

    def check(*_: Any) -> None:
        if stop.is_set():
            raise Stopped

    hook = model.register_forward_pre_hook(check)
    try:
        yield
    finally:
        hook.remove()
