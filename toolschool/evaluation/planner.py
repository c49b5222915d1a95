"""All planner metrics of a test set in one dataclass, each with its 95 % Wilson interval.

    rows = [PlanRow(id, query, prediction=text, gold=example.plan, gold_text=example.raw_plan, now=example.now), ...]
    scores = score_plans(rows, catalog)
    scores.success_published.value, scores.dag_strict, scores.verdicts[0].parse_problem

Every rate is over all rows. Truncated, empty and unreadable plans stay among them and are also counted, each row under one
of the three, because each has another cure. A tool that was not offered is a parse failure and changes no state, but the two
graph metrics compare what was written. `state` runs both plans on simulated desks (`state.py`) and is None when not
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from toolschool.errors import DataError
from toolschool.evaluation import published, strict
from toolschool.evaluation.intervals import Interval, rate
from toolschool.plans.grammar import format_plan
from toolschool.records import Plan
from toolschool.tools.catalog import Catalog


@dataclass(frozen=True)
class PlanRow:
    """A prediction and what it should have been."""

    id: str
    query: str
    prediction: str  # text in the plan language, as the planner wrote it
    gold: Plan
    gold_text: str = ""  # as the source wrote it; empty: the gold plan formatted
    offered: tuple[str, ...] | None = None  # tools in the prompt; None: the whole catalogue
    now: datetime | None = None  # dates are scored only where it is known
    truncated: bool = False  # generation ran into its token limit
    empty: bool = False  # nothing was generated, or no tool was retrieved


@dataclass(frozen=True)
class Verdict:
    """What was found about one row; `state` is None where it was not run."""

    id: str
    published: bool
    published_error: str | None
    parse_problem: str | None  # None when the plan parses and validates
    dag_strict: bool
    args_strict: bool
    state: bool | None
    truncated: bool
    empty: bool

    @property
    def parse_failed(self) -> bool:
        """Written to its end, and still no valid plan."""
        return self.parse_problem is not None and not self.truncated and not self.empty


@dataclass(frozen=True)
class PlannerScores:
    """Rates over `rows` rows."""

    rows: int
    success_published: Interval
    dag_strict: Interval
    args_strict: Interval
    state: Interval | None
    parse_failures: Interval
    truncated: Interval
    empty: Interval
    published_errors: Interval  # predictions for which the published code raises an exception
    verdicts: tuple[Verdict, ...]


SameEffect = Callable[[Sequence[tuple[Plan, PlanRow]]], Sequence[bool]]
"""Says for each (predicted plan, row) whether the prediction changes the world as the gold plan does."""


def score_plans(rows: Sequence[PlanRow], catalog: Catalog, *, same_effect: SameEffect | None = None) -> PlannerScores:
    """Score all rows. `same_effect` (see `state.same_effects`) adds the state metric. DataError when there are no rows."""
    if not rows:
        raise DataError("no plans to score; give at least one row")
    parsed = [read_row(row, catalog) for row in rows]
    states: list[bool | None] = [None] * len(rows)
    if same_effect is not None:
        runnable = [k for k, (plan, _) in enumerate(parsed) if plan is not None]
        states = [False] * len(rows)
        found = same_effect([(plan, rows[k]) for k in runnable if (plan := parsed[k][0]) is not None])
        for k, same in zip(runnable, found, strict=True):
            states[k] = same
    verdicts = tuple(
        judge(row, plan, problem, state, catalog)
        for row, (plan, problem), state in zip(rows, parsed, states, strict=True)
    )
    return summarise(verdicts)


def read_row(row: PlanRow, catalog: Catalog) -> tuple[Plan | None, str | None]:
    """The predicted plan (None where it cannot be read or is empty) and the first problem with it."""
    offered = catalog if row.offered is None else catalog.subset(row.offered)
    if row.empty or not row.prediction.strip():
        return None, "nothing was generated"
    read = strict.read(row.prediction, offered)
    return read.plan, read.problems[0] if read.problems else None


def judge(row: PlanRow, plan: Plan | None, problem: str | None, state: bool | None, catalog: Catalog) -> Verdict:
    """Put one row's findings together; `plan` and `problem` are from `read_row`."""
    if not row.gold.calls:
        return _nothing_to_do(row, plan)
    outcome = published.compare(row.prediction, row.gold_text or format_plan(row.gold), catalog.names)
    dag = plan is not None and strict.dag_strict(plan, row.gold)
    return Verdict(
        id=row.id,
        published=outcome.success and not row.empty,
        published_error=outcome.error,
        parse_problem=problem,
        dag_strict=dag,
        args_strict=dag and plan is not None and strict.args_strict(plan, row.gold, catalog, dates=row.now is not None),
        state=state,
        truncated=row.truncated,
        empty=row.empty or not row.prediction.strip(),
    )


def _nothing_to_do(row: PlanRow, plan: Plan | None) -> Verdict:
    """A request that no tool can serve: the empty plan is right in every respect, and no fault."""
    right = not row.truncated and (row.empty or (plan is not None and not plan.calls))
    return Verdict(row.id, right, None, None, right, right, right, row.truncated, empty=False)


def summarise(verdicts: Sequence[Verdict]) -> PlannerScores:
    """Rates of a list of verdicts; the state metric only if every row has one."""
    states = [verdict.state for verdict in verdicts if verdict.state is not None]
    return PlannerScores(
        rows=len(verdicts),
        success_published=rate([verdict.published for verdict in verdicts]),
        dag_strict=rate([verdict.dag_strict for verdict in verdicts]),
        args_strict=rate([verdict.args_strict for verdict in verdicts]),
        state=rate(states) if verdicts and len(states) == len(verdicts) else None,
        parse_failures=rate([verdict.parse_failed for verdict in verdicts]),
        truncated=rate([verdict.truncated for verdict in verdicts]),
        empty=rate([verdict.empty for verdict in verdicts]),
        published_errors=rate([verdict.published_error is not None for verdict in verdicts]),
        verdicts=tuple(verdicts),
    )
