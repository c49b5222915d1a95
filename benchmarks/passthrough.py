"""Tools that no training has seen, as the endpoint plans with them when a client brings its own: the shipped planner on BFCL's single calls.

    TOOLSCHOOL_DATA=... python -m benchmarks.passthrough [REQUESTS]        # bfcl/simple_python.json and its answers; default 200

Offered is the right function alone, or among three others. Right is the first call by BFCL's rules (`evaluation/bfcl.py`). Limit: no other model
is asked here; `jobs.ask` asks any.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from benchmarks.any_tools_rows import Readers
from serving.client_tools import ClientTools, read_tools
from serving.errors import ApiError
from serving.remote import RemoteModels
from serving.service import Task
from serving.threads import pieces
from serving.tool_service import ToolService
from serving.toolbox import Toolbox
from toolschool.datasets.bfcl import as_tool, messages
from toolschool.datasets.registry import load
from toolschool.errors import ToolschoolError
from toolschool.evaluation.bfcl import wrong
from toolschool.evaluation.endpoints.dialects import spelled
from toolschool.evaluation.intervals import rate
from toolschool.evaluation.tables import Table, percent, show
from toolschool.methods.ste.caller import Caller
from toolschool.methods.tinyagent.guests import PlannerWithGuests
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.tools.desk import Desk, desk_catalog

if TYPE_CHECKING:
    import numpy as np

NOW = datetime(2026, 3, 2, 9)
REQUESTS, OTHERS = 200, 3


@dataclass(frozen=True)
class Asked:
    """A request, its function as the endpoint takes it, and BFCL's row."""

    query: str
    function: Mapping[str, Any]
    row: Mapping[str, Any]

    def right(self, name: str, arguments: Mapping[str, Any]) -> bool:
        """Whether a call is, by BFCL's rules."""
        own = self.row["function"][0]["name"]
        named = own if name == self.function["name"] else name
        return not wrong(self.row["category"], self.row["function"], [(named, arguments)], self.row["ground_truth"])


def read() -> list[Asked]:
    """The benchmark's rows with one call."""
    found = []
    for row in load("bfcl", split="test", purpose="test"):
        if row["category"] == "simple_python":
            function = as_tool(row["function"][0])
            asked = Asked(messages(row)[-1]["content"], {**function, "name": spelled(function["name"])}, row)
            found.append(asked)
    return found


class Local(RemoteModels):
    """The shipped models in this process."""

    def __init__(self, planner: PlannerWithGuests, toolbox: Toolbox) -> None:
        super().__init__(None, None, toolbox)  # type: ignore[arg-type]  # no replicas
        self._local, self._pool = planner, ThreadPoolExecutor(1)

    async def plan(self, request: PlanRequest) -> AsyncGenerator[str, None]:
        """See `Models.plan`."""
        async for some in pieces(lambda: self._local.stream(request), self._pool):
            for piece in some:
                yield piece

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Nobody counts here."""
        return [0 for _ in texts]


@dataclass(frozen=True)
class LocalReader:
    """A `serving.toolbox.Reader` in this process."""

    readers: Readers

    async def card(self) -> Mapping[str, Any]:
        return self.readers.rag.model.card

    async def classify(self, query: str) -> np.ndarray:
        return self.readers.rag.logits([query])[0]

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        return self.readers.encoder.embed(texts)


async def open_service(desk: Desk | None = None) -> ToolService:
    """The agent service over the shipped models, in this process."""
    planner = PlannerWithGuests(
        Planner.load("assets/tinyagent/planner", desk_catalog()), Caller.load("assets/ste/caller")
    )
    toolbox = await Toolbox.open(desk, (), LocalReader(Readers.load()))
    return ToolService(Local(planner, toolbox), toolbox, clock=lambda: NOW)


async def first_call(service: ToolService, tools: ClientTools, query: str) -> tuple[str, Mapping[str, Any]] | None:
    """Name and arguments of the first call that a client is asked for."""
    async for event in service.run(Task(query, client=tools)):
        if event["type"] == "tool_call":
            return event["name"], event["arguments"]
    return None


def offered(one: Asked, asked: Sequence[Asked], others: int, draw: random.Random) -> list[Mapping[str, Any]]:
    """The right function among others of other names, in any order."""
    functions = {one.function["name"]: one.function}
    while len(functions) <= others:
        other = draw.choice(asked).function
        functions.setdefault(other["name"], other)
    return draw.sample(list(functions.values()), len(functions))


async def row(
    service: ToolService, sample: Sequence[Asked], asked: Sequence[Asked], others: int, must_call: bool
) -> list[str]:
    """Rates of calls, of the right function, and of calls that are all right."""
    draw, found = random.Random(1), []
    for one in sample:
        try:
            tools = replace(read_tools(offered(one, asked, others, draw), "tools"), must_call=must_call)
            call = await first_call(service, tools, one.query)
        except (ToolschoolError, ApiError) as error:  # a schema that is refused: not answered
            print(f"{one.function['name']}: {error}", file=sys.stderr)
            call = None
        named = call is not None and call[0] == one.function["name"]
        found.append((call is not None, named, call is not None and one.right(*call)))
    return [percent(rate(outcomes)) for outcomes in zip(*found, strict=True)]


async def main(count: int) -> None:
    """Print the table."""
    asked = read()
    service, sample = await open_service(), random.Random(0).sample(asked, count)
    settings = {
        "alone, tool_choice auto": (0, False),
        "alone, required": (0, True),
        f"among {OTHERS} others, auto": (OTHERS, False),
        f"among {OTHERS} others, required": (OTHERS, True),
    }
    rows = [(label, *await row(service, sample, asked, *setting)) for label, setting in settings.items()]
    show(Table(f"{count} requests", ("the function is offered", "called", "right function", "all right"), tuple(rows)))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS))
