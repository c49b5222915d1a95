"""A task for a chat endpoint, what a model did about it, and what is said of that.

A task is a conversation with functions. Where it has a bench, calls run there and the model goes on until it calls no more; else its first
answer is all. Names of functions are the source's own (`math.gcd`); a dialect spells them as the endpoint can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from toolschool.errors import ToolError
from toolschool.models.chat_endpoint import Answer
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.run import run_tool

_THOUGHTS = re.compile(r"^\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL)
OTHERS = 9  # functions that are offered beside the right ones, where a source has more than a request wants


@dataclass(frozen=True)
class Call:
    """A call as it was read. `arguments` is None where they cannot be read; `problem` says why."""

    name: str
    arguments: Mapping[str, Any] | None
    id: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Reading:
    """The calls of an answer; `problem` where something was written that cannot be read, or nothing at all."""

    calls: tuple[Call, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Turn:
    """An answer, as it came and as it was read."""

    answer: Answer
    reading: Reading


@dataclass(frozen=True)
class Outcome:
    """All that a model did about a task; `state` is what the bench says of it in the end. `refused`: the endpoint took no such request."""

    turns: tuple[Turn, ...] = ()
    state: Any = None
    refused: str = ""

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        return tuple(call for turn in self.turns for call in turn.reading.calls)

    @property
    def text(self) -> str:
        """What was said last."""
        return spoken(self.turns[-1].answer.text) if self.turns else ""

    @cached_property
    def problem(self) -> str:
        """Why the outcome cannot be read; "" where all of it can. A call that was mended in a later turn is none."""
        return self.refused or (self.turns[-1].reading.problem if self.turns else "nothing was said")


@dataclass(frozen=True)
class Verdict:
    """Whether a task was done, why not, and of its calls how many were wanted, made, and made as wanted. `wanted` None: calls are not judged."""

    right: bool
    why: str = ""
    wanted: int | None = None
    made: int = 0
    matched: int = 0


class Bench(Protocol):
    """Where calls run. One is opened for each time that a task is played."""

    async def run(self, name: str, arguments: Mapping[str, Any]) -> str:
        """What the model is told; an error is told, too."""
        ...

    def close(self) -> Any:
        """The state in the end."""
        ...


@dataclass(frozen=True)
class Task:
    """`id` is unique in its source; `group` is what is reported apart. `open` is None where the first answer is all.

    `own` is the same for a model with tools of its own, where its answer can be judged without its calls. `now` is the clock of the request,
    where it has one: the messages say it, and an agent of ours is set to it.
    """

    source: str
    group: str
    id: str
    messages: Sequence[Mapping[str, Any]]
    functions: Sequence[Mapping[str, Any]]
    judge: Callable[[Outcome], Verdict] = field(repr=False)
    open: Callable[[], Bench] | None = field(default=None, repr=False)
    own: Task | None = field(default=None, repr=False)
    now: datetime | None = None


def spoken(text: str) -> str:
    """A text without the thoughts that some servers leave before it; "" for thoughts that were cut off."""
    return _THOUGHTS.sub("", text, count=1)


def user(text: str) -> list[dict[str, str]]:
    """A conversation of one message."""
    return [{"role": "user", "content": text}]


def function_of(tool: Tool) -> dict[str, Any]:
    """A tool as a function, with its rules in its description."""
    return {
        "name": tool.name,
        "description": " ".join((tool.description, *tool.rules)),
        "parameters": dict(tool.parameters),
    }


async def told(catalog: Catalog, name: str, arguments: Mapping[str, Any]) -> str:
    """What running a tool says, or why it cannot be run."""
    tool = catalog.get(name)
    if tool is None:
        return f"Error: there is no function {name}"
    try:
        return str(await run_tool(tool, arguments))
    except ToolError as error:
        return f"Error: {error}"
