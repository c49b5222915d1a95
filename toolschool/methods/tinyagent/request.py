"""What a planner is asked: the one record that agent, planner and serving share. No logic here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from toolschool.tools.catalog import Catalog


@dataclass(frozen=True)
class Turn:
    """Something said before in the conversation; `system` is what the program around the user wants of the agent."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True)
class PlanRequest:
    """One planning task.

    `tools` are the names offered to the planner, and the only ones the executor will run. `now` is the clock that
    dates in the query refer to. On a replan `context` holds the earlier plans with their observations and `first_id`
    is the number of the first new step; a fresh plan starts at 1.

    `earlier` are the turns before the query, the oldest first; what they asked for counts as done. `catalog` holds the
    offered tools where they are not those that the planner was opened with. `parts` is, by name, what in the query wants
    a tool, for tools that are likely wanted and known by their descriptions alone. `must_call` forbids an empty plan,
    `model` is the name that was asked for, where a planner has adapters of several.
    `max_calls` bounds its steps and `max_tokens` its length by the planner's tokenizer (None: the planner's own bounds).
    """

    query: str
    tools: tuple[str, ...]
    now: datetime
    context: str = ""
    first_id: int = 1
    earlier: tuple[Turn, ...] = ()
    catalog: Catalog | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    must_call: bool = False
    max_calls: int | None = None
    max_tokens: int | None = None
