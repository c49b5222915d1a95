"""How much faster does a plan run as a graph than step by step? Generated plans, tools that take 100 ms, tokens that take 4 ms.

`streamed` is the executor as it is served: calls start while the plan is still being written. `after the plan` waits for the
last token first. `one by one` is that with a chain of steps, what a plain loop over the calls does. The floor is the
time of writing the plan plus the last tool, or the critical path where that is longer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from benchmarks.results import Claim, Measured
from benchmarks.timing import alternate, ratios, table
from toolschool.datasets.desk import generate
from toolschool.plans.executor import Executor
from toolschool.plans.grammar import format_plan
from toolschool.plans.references import dependencies
from toolschool.records import Plan, Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import desk_catalog

TOOL_S, TOKEN_S, PLANS = 0.1, 0.004, 8


def slow_catalog() -> Catalog:
    """The desk's tools with the same schemas, each taking TOOL_S."""

    async def run(**_: object) -> str:
        await asyncio.sleep(TOOL_S)
        return "done"

    return Catalog(replace(tool, run=run) for tool in desk_catalog())


async def written(plan: Plan, token_s: float) -> AsyncIterator[str]:
    """The plan's text, four characters at a time."""
    text = format_plan(plan)
    for start in range(0, len(text), 4):
        await asyncio.sleep(token_s)
        yield text[start : start + 4]


async def streamed(catalog: Catalog, plan: Plan) -> None:
    await Executor(catalog).run(written(plan, TOKEN_S))


async def after(catalog: Catalog, plan: Plan) -> None:
    async for _ in written(plan, TOKEN_S):
        pass
    await Executor(catalog).run(written(plan, 0))


async def one_by_one(catalog: Catalog, plan: Plan) -> None:
    async for _ in written(plan, TOKEN_S):
        pass
    for call in plan.calls:
        tool: Tool = catalog[call.tool]
        assert tool.run
        await tool.run(**tool.named(call.args))


def critical_path(plan: Plan) -> int:
    """Longest chain of dependent calls."""
    depth: dict[int, int] = {}
    for call in plan.calls:
        depth[call.id] = 1 + max((depth[needed] for needed in dependencies(call) if needed in depth), default=0)
    return max(depth.values())


def floor(plans: Sequence[Plan]) -> float:
    """Seconds no executor can beat: writing, then at least one tool; or the chain."""
    return sum(max(len(format_plan(plan)) / 4 * TOKEN_S + TOOL_S, critical_path(plan) * TOOL_S) for plan in plans)


def report() -> Measured:
    catalog = slow_catalog()
    plans = [example.plan for example in generate(7, 200, "test") if len(example.plan.calls) >= 4][:PLANS]

    def arm(run: object) -> object:
        async def every() -> None:
            for plan in plans:
                await run(catalog, plan)  # type: ignore[operator]

        return lambda: asyncio.run(every())

    arms = {"one by one": arm(one_by_one), "after the plan": arm(after), "streamed": arm(streamed)}
    seconds = alternate(arms)  # type: ignore[arg-type]
    text = f"{table(seconds, 'one by one')}\n\nfloor: {floor(plans):.3f} s for {len(plans)} plans"
    return Measured(text, (Claim("executor/streamed", ratios(seconds, "one by one", "streamed")),))
