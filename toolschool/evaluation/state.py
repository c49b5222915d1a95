"""Does a plan change the world as the gold plan does? Both run on fresh desks, then the desks' rows are compared.

    await same_effect(predicted, gold, now=datetime(2026, 3, 2, 9), world=default_world())
    scores = score_plans(rows, catalog, same_effect=same_effects)      # planner.py

Nothing about the way counts: a plan with another order, another look-up that finds the same person, or a spare look-up
is right. A plan whose steps fail is wrong, unless the gold plan's fail too.

Where the row's "today" is not known (`now` None), dates mean nothing and are replaced by fixed ones in both plans.
Rows are equal when names agree up to case and spaces, and free text has token-F1 >= TEXT_F1 and the same numbers,
addresses and links: those carry what was looked up. Limits: look-ups alone leave no rows but the file opened or map
shown, so a plan of nothing else is compared by little; names in an open world all exist.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from toolschool.evaluation.literals import DATE_SLOTS, TEXT_F1, token_f1
from toolschool.plans.executor import Executor
from toolschool.plans.grammar import format_plan
from toolschool.plans.references import find
from toolschool.plans.trace import Trace
from toolschool.records import Call, JsonValue, Plan
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import Desk, World, desk_catalog, is_failure

if TYPE_CHECKING:
    from toolschool.evaluation.planner import PlanRow

NO_CLOCK = datetime(2024, 1, 1, 8)
"""Time on both desks where the row's own is not known."""
PLAN_TIMEOUT_S = 30.0
# Free text of the desk's tables; every other column is a name, an address, a date or a number.
TEXT_COLUMNS = frozenset({"subject", "body", "notes", "about"})
_TELLING = re.compile(r"\S*[\d@]\S*")  # numbers, addresses, links: must agree exactly

State = Mapping[str, Sequence[Mapping[str, JsonValue]]]


async def same_effect(
    prediction: Plan,
    gold: Plan,
    *,
    now: datetime | None,
    world: World | None = None,
    open_world: bool = True,
    allowed: Collection[str] | None = None,
) -> bool:
    """Run both plans and compare; the prediction may use the tools `allowed` (None: all), as in an agent.

    With `open_world` every look-up succeeds, so that any query can be judged; what `world` has is found first.
    """
    if now is None:
        prediction, gold = (without_dates(plan, desk_catalog()) for plan in (prediction, gold))
    clock = now or NO_CLOCK
    wanted, gold_trace = await run_on_desk(gold, clock, world=world, open_world=open_world)
    found, trace = await run_on_desk(prediction, clock, world=world, open_world=open_world, allowed=allowed)
    return (trace.ok or not gold_trace.ok) and same_state(found, wanted)


def same_effects(
    pairs: Sequence[tuple[Plan, PlanRow]], *, world: World | None = None, open_world: bool = True
) -> list[bool]:
    """`same_effect` for every (prediction, row); may be called inside a running event loop."""

    async def all_pairs() -> list[bool]:
        return [
            await same_effect(plan, row.gold, now=row.now, world=world, open_world=open_world, allowed=row.offered)
            for plan, row in pairs
        ]

    with ThreadPoolExecutor(max_workers=1) as thread:  # a notebook's thread has a loop of its own already
        return thread.submit(asyncio.run, all_pairs()).result()


async def run_on_desk(
    plan: Plan,
    now: datetime,
    *,
    world: World | None = None,
    open_world: bool = True,
    allowed: Collection[str] | None = None,
) -> tuple[State, Trace]:
    """The rows of a fresh desk after the plan, and the trace of running it."""
    desk = Desk(now, world=world, open_world=open_world)
    try:
        executor = Executor(desk.catalog(), allowed=allowed, is_failure=is_failure)
        trace = await executor.run(_chunks(format_plan(plan)), timeout_s=PLAN_TIMEOUT_S)
        return desk.state(), trace
    finally:
        desk.close()


def without_dates(plan: Plan, catalog: Catalog) -> Plan:
    """The plan with every literal date replaced by one fixed for its slot, so that dates cannot differ."""
    return replace(plan, calls=tuple(_without_dates(call, catalog) for call in plan.calls))


def same_state(first: State, second: State) -> bool:
    """Whether the tables can be matched row by row with equal rows."""
    return first.keys() == second.keys() and all(_same_table(rows, second[table]) for table, rows in first.items())


def same_row(first: Mapping[str, JsonValue], second: Mapping[str, JsonValue]) -> bool:
    """Whether two rows of one table say the same; see the module's docstring."""
    return all(
        same_text(str(value), str(second[column]))
        if column in TEXT_COLUMNS
        else _plain(value) == _plain(second[column])
        for column, value in first.items()
    )


def same_text(first: str, second: str) -> bool:
    """Token-F1 >= TEXT_F1 and the same numbers, addresses and links as often."""
    telling = (
        Counter(word.strip(".,;:!?()\"'") for word in _TELLING.findall(text.lower())) for text in (first, second)
    )
    return next(telling) == next(telling) and token_f1(first, second) >= TEXT_F1


def _same_table(first: Sequence[Mapping[str, JsonValue]], second: Sequence[Mapping[str, JsonValue]]) -> bool:
    if len(first) != len(second):
        return False
    # Most rows are exactly equal: only the rest need matching, and equality of texts is not transitive.
    rest_first, rest_second = list(first), list(second)
    for row in first:
        if row in rest_second:
            rest_first.remove(row)
            rest_second.remove(row)
    if not rest_first:
        return True
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    differs = np.array([[not same_row(row, other) for other in rest_second] for row in rest_first], dtype=int)
    return int(differs[linear_sum_assignment(differs)].sum()) == 0


def _plain(value: JsonValue) -> JsonValue:
    """Text case-folded with single spaces, lists as sorted plain values, everything else as it is."""
    if isinstance(value, str):
        return " ".join(value.casefold().split())
    return sorted(map(_plain, value)) if isinstance(value, list) else value


def _without_dates(call: Call, catalog: Catalog) -> Call:
    tool = catalog.get(call.tool)
    if tool is None or not DATE_SLOTS & set(tool.argument_names):
        return call
    names = (*tool.argument_names, *[""] * len(call.args))  # stray arguments have no name
    args = tuple(_fixed_date(name, value, call.id) for name, value in zip(names, call.args, strict=False))
    return replace(call, args=args)


def _fixed_date(name: str, value: JsonValue, step: int) -> JsonValue:
    if name not in DATE_SLOTS or not isinstance(value, str) or not value.strip() or find(value, step):
        return value
    return "2024-01-01 10:00:00" if name == "end_date" else "2024-01-01 09:00:00"


async def _chunks(text: str) -> AsyncIterator[str]:
    yield text
