"""The shipped agent's two models as its users meet them: ToolRAG picks the tools, the planner writes the plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.methods.tinyagent.toolrag import ToolRag
from toolschool.plans.grammar import parse_plan
from toolschool.records import Plan
from toolschool.tools.desk import desk_catalog

ASSETS = Path(__file__).resolve().parents[2] / "assets"
NOW = datetime(2025, 3, 3, 10, 30)  # a Monday
Ask = Callable[[Sequence[str]], list[Plan]]


@pytest.fixture(scope="session")
def planner() -> Planner:
    return Planner.load(ASSETS / "tinyagent" / "planner", desk_catalog())


@pytest.fixture(scope="session")
def toolrag() -> ToolRag:
    return ToolRag.load(ASSETS / "tinyagent" / "toolrag")


@pytest.fixture(scope="session")
def ask(planner: Planner, toolrag: ToolRag) -> Ask:
    """Plans for requests, as served: nothing is told to the models but the request and the clock."""

    def plans(queries: Sequence[str]) -> list[Plan]:
        offered = [tuple(tool.name for tool in found) for found in toolrag.search(list(queries))]
        requests = [PlanRequest(query, tools, NOW) for query, tools in zip(queries, offered, strict=True)]
        return [parse_plan(output.text) for output in planner.plan_many(requests)]

    return plans


@pytest.fixture(scope="session")
def now() -> Any:
    return NOW
