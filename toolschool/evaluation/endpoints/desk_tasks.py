"""Requests for the desk as tasks: the model calls the desk's tools turn by turn, and what it leaves behind is compared.

Each task is played on a desk of its own, where every look-up succeeds; done is what leaves the rows that the gold plan leaves
(`evaluation/state.py`), whatever the way. Precision and recall of calls count tools by name. Where nobody knows what day it is for a
request (TinyAgent's published ones), dates of both sides are replaced by fixed ones.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from toolschool.errors import RowError
from toolschool.evaluation.endpoints.tasks import Bench, Outcome, Task, Verdict, function_of, told
from toolschool.evaluation.state import NO_CLOCK, State, run_on_desk, same_state, without_dates
from toolschool.records import Call, Example, JsonValue, Plan
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import Desk, desk_catalog

RULES = "You are an assistant with the user's contacts, mail, calendar, notes and files. Do what is asked by calling functions; then say that it is done."


class DeskBench:
    """A desk for one play. `now` None: dates mean nothing."""

    def __init__(self, example: Example) -> None:
        self._dated = example.now is not None
        self._desk = Desk(example.now or NO_CLOCK, open_world=True)
        self._catalog = self._desk.catalog()

    async def run(self, name: str, arguments: Mapping[str, Any]) -> str:
        """See `Bench.run`."""
        return await told(self._catalog, name, arguments if self._dated else _undated(name, arguments, self._catalog))

    def close(self) -> State:
        """The rows in the end."""
        try:
            return self._desk.state()
        finally:
            self._desk.close()


def _undated(name: str, arguments: Mapping[str, JsonValue], catalog: Catalog) -> dict[str, JsonValue]:
    """The arguments with dates replaced as `state.without_dates` does it."""
    tool = catalog.get(name)
    if tool is None:
        return dict(arguments)
    known = {key: value for key, value in arguments.items() if key in tool.argument_names}
    (call,) = without_dates(Plan((Call(1, name, tuple(known.get(key) for key in tool.argument_names)),)), catalog).calls
    fixed = dict(zip(tool.argument_names, call.args, strict=True))
    return {key: fixed.get(key, value) for key, value in arguments.items()}


def desk_task(source: str, example: Example) -> Task:
    """RowError for a plan that does not run through."""
    gold = example.plan if example.now else without_dates(example.plan, desk_catalog())
    wanted, trace = asyncio.run(run_on_desk(gold, example.now or NO_CLOCK))
    if not trace.ok:
        raise RowError("its gold plan does not run through")
    tools = Counter(call.tool for call in gold.calls)
    today = f" It is {example.now:%A, %Y-%m-%d %H:%M}." if example.now else ""
    messages = [{"role": "system", "content": RULES + today}, {"role": "user", "content": example.query}]
    functions = [function_of(tool) for tool in desk_catalog()]

    def bench() -> Bench:
        return DeskBench(example)

    return Task(
        source, source, example.id, messages, functions, lambda said: judge(wanted, tools, said), bench, now=example.now
    )


def judge(wanted: State, tools: Counter[str], outcome: Outcome) -> Verdict:
    """The same rows, and the tools of the plan by name."""
    made = Counter(call.name for call in outcome.calls)
    why = outcome.problem
    if not why and tools and not made:  # look-ups leave the rows as they are: so does doing nothing
        why = "no call"
    elif not why and not same_state(outcome.state, wanted):
        why = "another state"
    return Verdict(not why, why, tools.total(), made.total(), (made & tools).total())
