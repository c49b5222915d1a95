"""What a run does, told as the events of `serving/service.py` while it does it; and what is left of it for the trace.

told = Told(tell, may_change=True)
told.wrote("3 boxes of 12 pens are")                   # all that is written so far; what is new becomes an event
step = told.begin("Calculator", {"expression": "3 * 12"})
told.end(step, "36")
told.text, told.observations
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from serving.service import Event
from toolschool.plans.references import dependencies
from toolschool.plans.trace import Observation, Status
from toolschool.records import Call, JsonValue, Tool
from toolschool.tools.results import shortened

ROUND = 1  # such a run has one
_UNFINISHED = "\ufffd"  # a character of which some bytes are not written yet


MAX_TOLD = 20_000  # characters of a result, or of an argument, in events and traces; steps get the whole of it


def call_planned(call: Call, round_: int) -> Event:
    """The event of a call that was read in a plan, references and all, and the steps that it waits for."""
    return {"type": "call_planned", "round": round_, **_call(call), "needs": list(dependencies(call))}


def call_started(call: Call, round_: int) -> Event:
    """The event of a call that begins."""
    return {"type": "call_started", "round": round_, **_call(call)}


def call_finished(seen: Observation, round_: int) -> Event:
    """The event of a call that ended."""
    fields = observed(seen)
    told = {key: fields[key] for key in ("status", "value", "error")}
    seconds = round(fields["finished_s"] - fields["started_s"], 4)
    args = seen.call.args if seen.args is None else tuple(seen.args.values())  # with results in place of references
    return {
        "type": "call_finished",
        "round": round_,
        **_call(replace(seen.call, args=args)),
        **told,
        "seconds": seconds,
    }


def _call(call: Call) -> dict[str, JsonValue]:
    return {"id": call.id, "tool": call.tool, "args": [shortened(arg, MAX_TOLD) for arg in call.args]}


def observed(seen: Observation) -> dict[str, JsonValue]:
    """An observation as traces have it."""
    told, args = seen.to_dict(), seen.args
    told["args"] = None if args is None else {name: shortened(value, MAX_TOLD) for name, value in args.items()}
    return {**told, "value": shortened(seen.value, MAX_TOLD)}


class Told:
    """One run. `may_change`: whether tools that change something may run."""

    def __init__(self, tell: Callable[[Event], object], may_change: bool) -> None:
        self.text = ""
        self.observations: list[Observation] = []
        self._tell, self._may_change = tell, may_change
        self._sent = 0
        self._began = time.monotonic()

    def wrote(self, text: str) -> None:
        """All that is written so far, which goes on from what it was."""
        self.text = text
        new = text[self._sent :].rstrip(_UNFINISHED)
        if new:
            self._sent += len(new)
            self._tell({"type": "plan", "round": ROUND, "text": new})

    def begin(self, tool: str, args: Mapping[str, JsonValue]) -> Observation:
        """A call begins; what is given back is unfinished."""
        number = len(self.observations) + 1
        call = Call(number, tool, tuple(args.values()))
        self._tell(call_started(call, ROUND))
        step = Observation(number, call, started_s=self.seconds, args=args, status="unfinished")
        self.observations.append(step)
        return step

    def end(
        self, step: Observation, value: JsonValue = None, error: str | None = None, status: Status | None = None
    ) -> None:
        """What became of a call; without a status it failed where there is an error."""
        how = status or ("failed" if error is not None else "ok")
        times = {"started_s": step.started_s, "finished_s": self.seconds}
        attempts = int(how != "declined")
        ended = Observation(step.id, step.call, value, error, status=how, args=step.args, attempts=attempts, **times)
        self.observations[step.id - 1] = ended
        self._tell(call_finished(ended, ROUND))

    def refusal(self, tool: Tool) -> str | None:
        """Why a tool may not run; None where it may."""
        if self._may_change or not tool.side_effects:
            return None
        return f"{tool.name} changes things, which is not allowed here"

    def has(self, tool: str, args: tuple[JsonValue, ...]) -> bool:
        """Whether such a call was begun."""
        return any((seen.call.tool, seen.call.args) == (tool, args) for seen in self.observations)

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self._began
