"""What a run leaves behind: an observation per step, the trace of a plan, and the events on the way. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from toolschool.plans.references import as_text
from toolschool.records import Call, JsonValue, Plan

Status = Literal[
    "ok",
    "repeated",  # the same side effect was already asked for with the same arguments; its observation is given again
    "failed",  # the tool was run, and failed
    "invalid",  # the planner's mistake, found before running
    "skipped",  # a step whose result it needs has failed
    "declined",  # it would change something, and nobody allowed it
    "unfinished",  # the deadline passed
]


@dataclass(frozen=True)
class Observation:
    """What came of one step. `error` is None exactly where the step succeeded.

    Times are seconds since the run began. `args` are the arguments by name with references filled in, None where it
    did not come to that; `attempts` counts how often the tool was started. A soft failure has both value and error.
    """

    id: int
    call: Call
    value: JsonValue = None
    error: str | None = None
    started_s: float = 0.0
    finished_s: float = 0.0
    status: Status = "ok"
    args: Mapping[str, JsonValue] | None = None
    attempts: int = 0

    @property
    def ok(self) -> bool:
        return self.error is None

    @property
    def text(self) -> str:
        """The observation as a joiner reads it."""
        return as_text(self.value) if self.error is None else f"Error: {self.error}"

    def to_dict(self) -> dict[str, JsonValue]:
        return {
            "id": self.id,
            "tool": self.call.tool,
            "args": dict(self.args) if self.args is not None else None,
            "status": self.status,
            "value": self.value,
            "error": self.error,
            "attempts": self.attempts,
            "started_s": round(self.started_s, 4),
            "finished_s": round(self.finished_s, 4),
        }


@dataclass(frozen=True)
class Trace:
    """One plan and what came of it. `problems` are faults of the text that belong to no step."""

    observations: tuple[Observation, ...]  # by step id
    plan: Plan
    problems: tuple[str, ...] = ()
    wall_s: float = 0.0
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        return not self.problems and not self.timed_out and all(observation.ok for observation in self.observations)


EventKind = Literal["retrieved", "planned", "problem", "started", "finished", "replan", "answer"]


@dataclass(frozen=True)
class Event:
    """Something to show while a request runs. Which fields are set depends on the kind."""

    kind: EventKind
    call: Call | None = None  # planned; started (there with references filled in)
    observation: Observation | None = None  # finished
    tools: tuple[str, ...] = field(default=())  # retrieved
    text: str = ""  # problem, replan, answer

    def to_dict(self) -> dict[str, JsonValue]:
        """A JSON object with only the fields that this kind of event has."""
        result: dict[str, JsonValue] = {"kind": self.kind}
        if self.call is not None:
            result["call"] = {"id": self.call.id, "tool": self.call.tool, "args": list(self.call.args)}
        if self.observation is not None:
            result["observation"] = self.observation.to_dict()
        if self.kind == "retrieved":
            result["tools"] = list(self.tools)
        if self.text:
            result["text"] = self.text
        return result
