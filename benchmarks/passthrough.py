"""Tools that no training has seen, as the endpoint plans with them when a client brings its own: the shipped planner on BFCL's single calls.

    TOOLSCHOOL_DATA=... python -m benchmarks.passthrough [REQUESTS]        # bfcl/simple_python.json and its answers; default 200

Offered is the right function alone, or among three others. Right is a first call of that function whose every argument is one of the accepted
values; texts are compared without case, spaces and punctuation, as the benchmark does. Limit: no other model is asked here.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.any_tools_rows import Readers
from serving.client_tools import ClientTools, read_tools
from serving.errors import ApiError
from serving.remote import RemoteModels
from serving.service import Task
from serving.threads import pieces
from serving.tool_service import ToolService
from serving.toolbox import Toolbox
from toolschool.errors import ToolschoolError
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
_TYPES = {"dict": "object", "float": "number", "tuple": "array"}  # the benchmark's words, in those of JSON Schema


@dataclass(frozen=True)
class Asked:
    """A request, its function, and the accepted values of its arguments; "" among them: it may be left out."""

    query: str
    function: Mapping[str, Any]
    accepted: Mapping[str, Sequence[Any]]


def read(folder: Path) -> list[Asked]:
    """The benchmark's rows."""
    rows = [json.loads(line) for line in (folder / "simple_python.json").read_text().splitlines()]
    answers = [json.loads(line) for line in (folder / "simple_python_answers.json").read_text().splitlines()]
    found = []
    for row, answer in zip(rows, answers, strict=True):
        function = _plain(row["function"][0])
        accepted = next(iter(answer["ground_truth"][0].values()))
        function["name"] = re.sub(r"[^\w-]", "_", function["name"])
        found.append(Asked(row["question"][0][0]["content"], function, accepted))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _plain(item) for key, item in value.items()}
    kind = plain.get("type")
    if kind == "any":
        del plain["type"]
    elif isinstance(kind, str):
        plain["type"] = _TYPES.get(kind, kind)
    return plain


def right(arguments: Mapping[str, Any], accepted: Mapping[str, Sequence[Any]]) -> bool:
    """Whether all arguments are accepted, and none is missing."""
    known = all(any(_same(value, one) for one in accepted.get(name, ())) for name, value in arguments.items())
    return known and all(name in arguments or "" in values for name, values in accepted.items())


def _same(value: Any, accepted: Any) -> bool:
    if isinstance(value, str) and isinstance(accepted, str):
        return _letters(value) == _letters(accepted)
    if isinstance(value, list) and isinstance(accepted, list):
        return len(value) == len(accepted) and all(map(_same, value, accepted))
    if isinstance(value, dict) and isinstance(accepted, dict):
        return right(value, accepted)
    return bool(value == accepted)


def _letters(text: str) -> str:
    return re.sub(r"[ ,./\-_*^'\"]", "", text).lower()


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
        found.append((call is not None, named, named and call is not None and right(call[1], one.accepted)))
    return [percent(rate(outcomes)) for outcomes in zip(*found, strict=True)]


async def main(count: int) -> None:
    """Print the table."""
    asked = read(Path(os.environ["TOOLSCHOOL_DATA"]) / "bfcl")
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
