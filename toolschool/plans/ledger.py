"""The books of one running plan: what was accepted, started and observed, and who is told about it.

Every accepted step has an `asyncio.Event` that is set with its observation; that is all that steps wait for. A new
ledger is made for every run, so requests share nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping

from toolschool.plans.trace import Event, Observation, Status, Trace
from toolschool.records import Call, JsonValue, Plan

OnEvent = Callable[[Event], None]

log = logging.getLogger(__name__)


class Ledger:
    """Starts with the observations of earlier rounds. Methods must be called from the run's event loop."""

    def __init__(self, known: Mapping[int, Observation], on_event: OnEvent | None) -> None:
        self.observations = dict(known)
        self.calls: list[Call] = []
        self.thoughts: list[str] = []
        self.problems: list[str] = []
        self._done: dict[int, asyncio.Event] = {}
        self._attempts: dict[int, int] = {}
        self._started: dict[int, float] = {}
        self._on_event = on_event
        self._zero = asyncio.get_running_loop().time()

    @property
    def steps(self) -> set[int]:
        """Steps that exist so far, those of earlier rounds included."""
        return self.observations.keys() | self._done.keys()

    def accept(self, call: Call) -> None:
        self.calls.append(call)
        self._done[call.id] = asyncio.Event()

    async def wait(self, steps: Collection[int]) -> dict[int, Observation]:
        """The observations of `steps`, which must exist, once all are there."""
        for k in steps:
            if k not in self.observations:
                await self._done[k].wait()
        return {k: self.observations[k] for k in steps}

    def attempt(self, call: Call) -> None:
        """Notes that the tool of `call`, whose references are filled in, is being started, once more or for the first time."""
        self._attempts[call.id] = self._attempts.get(call.id, 0) + 1
        if call.id not in self._started:
            self._started[call.id] = self.now()
            self.emit(Event("started", call=call))

    def record(
        self,
        call: Call,
        status: Status,
        *,
        value: JsonValue = None,
        error: str | None = None,
        args: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Writes down what came of a step and lets those go on that wait for it."""
        now = self.now()
        started, attempts = self._started.get(call.id, now), self._attempts.get(call.id, 0)
        observation = Observation(call.id, call, value, error, started, now, status, args, attempts)
        self.observations[call.id] = observation
        self._done[call.id].set()
        self.emit(Event("finished", observation=observation))

    def problem(self, text: str) -> None:
        self.problems.append(text)
        self.emit(Event("problem", text=text))

    def emit(self, event: Event) -> None:
        """Tells the listener; one that raises is not told again, since a viewer must not break off side effects."""
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception:
            log.exception("the listener of a plan failed, it gets no more events")
            self._on_event = None

    def now(self) -> float:
        """Seconds since the run began."""
        return asyncio.get_running_loop().time() - self._zero

    def close_at_deadline(self, timeout_s: float) -> None:
        """Gives every step that the deadline has cut off its observation."""
        self.problem(f"stopped at the deadline, after {timeout_s:.3g} s")
        for call in self.calls:
            if call.id not in self.observations:
                maybe = ", it may still have taken effect" if self._attempts.get(call.id) else ""
                self.record(call, "unfinished", error=f"not finished at the deadline{maybe}")

    def trace(self, timed_out: bool) -> Trace:
        """What this run did; observations of earlier rounds are not repeated."""
        ordered = tuple(self.observations[call.id] for call in self.calls)
        return Trace(
            ordered, Plan(tuple(self.calls), "\n".join(self.thoughts)), tuple(self.problems), self.now(), timed_out
        )
