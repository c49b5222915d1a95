"""Requests for tools of a catalogue as tasks: Seal-Tools' calls with their arguments, MetaTool's choice of a tool.

The right tools are offered among OTHERS of the catalogue, drawn for each request and always the same. Seal-Tools is judged call by call,
one to one, with arguments that mean the same (`ste_strict.same_value`); requests whose calls need results of other calls are left out, as
nothing runs there. MetaTool's tools have no arguments: the set of names is judged.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from toolschool.datasets import registry
from toolschool.errors import RowError
from toolschool.evaluation.endpoints.tasks import OTHERS, Call, Outcome, Task, Verdict, user
from toolschool.evaluation.ste_strict import same_value

Function = Mapping[str, Any]
_RESULT = re.compile(r"API_call_\d+")  # stands for the result of another call


def sealtools_functions() -> dict[str, Function]:
    """The catalogue's functions by name."""
    from toolschool.tools.simulated import read_apis

    return {
        api.name: {"name": api.name, "description": api.description, "parameters": dict(api.parameters)}
        for api in read_apis("sealtools")
    }


def metatool_functions() -> dict[str, Function]:
    rows = (row for row in registry.load("metatool", split="train") if row["kind"] == "tool")
    nothing = {"type": "object", "properties": {}}
    return {
        row["tools"][0]: {"name": row["tools"][0], "description": row["description"], "parameters": nothing}
        for row in rows
    }


def sealtools_task(row: Mapping[str, Any], functions: Mapping[str, Function]) -> Task:
    """RowError for a request whose calls need results, or of an API that the catalogue does not have."""
    from toolschool.tools.simulated import sealtools_gold

    gold = [Call(call.api, dict(call.arguments)) for call in sealtools_gold(row["gold"]["calls"])]
    if _RESULT.search(json.dumps([call.arguments for call in gold])):
        raise RowError("its calls need results of other calls, which nothing gives here")
    group = "single" if len(gold) == 1 else "several"
    return _task("sealtools", group, row, [call.name for call in gold], functions, lambda said: judge_calls(gold, said))


def metatool_task(row: Mapping[str, Any], functions: Mapping[str, Function]) -> Task:
    names = list(row["tools"])
    return _task("metatool", str(row["group"]), row, names, functions, lambda said: judge_names(names, said))


def judge_calls(gold: Sequence[Call], outcome: Outcome) -> Verdict:
    """All gold calls and no other, in any order, each with its arguments."""
    left = list(outcome.calls)
    matched = 0
    for wanted in gold:
        fits = next((call for call in left if _same(wanted, call)), None)
        if fits is not None:
            left.remove(fits)
            matched += 1
    why = outcome.problem
    if not why and Counter(call.name for call in gold) != Counter(call.name for call in outcome.calls):
        why = "other tools"
    elif not why and matched < len(gold):
        why = "other arguments"
    return Verdict(not why, why, len(gold), len(outcome.calls), matched)


def judge_names(names: Sequence[str], outcome: Outcome) -> Verdict:
    """The tools, whatever is said to them."""
    called = {call.name for call in outcome.calls}
    why = outcome.problem or ("" if called == set(names) else "other tools" if called else "no call")
    return Verdict(not why, why, len(set(names)), len(called), len(called & set(names)))


def _same(wanted: Call, made: Call) -> bool:
    return wanted.name == made.name and made.arguments is not None and same_value(wanted.arguments, made.arguments)


def _task(
    source: str, group: str, row: Mapping[str, Any], names: Sequence[str], functions: Mapping[str, Function], judge: Any
) -> Task:
    if missing := [name for name in names if name not in functions]:
        raise RowError(f"{missing[0]} is not in the catalogue of {source}")
    if not isinstance(row["query"], str) or not row["query"].strip() or not names:
        raise RowError("a request needs a query and at least one tool")
    offered = _among(names, functions, random.Random(f"{source}/{row['id']}"))
    return Task(source, group, str(row["id"]), user(row["query"]), offered, judge)


def _among(names: Sequence[str], functions: Mapping[str, Function], draw: random.Random) -> list[Function]:
    """The named functions among others, in any order."""
    right = set(names)
    others = draw.sample([name for name in functions if name not in right], min(OTHERS, len(functions) - len(right)))
    return [functions[name] for name in draw.sample([*sorted(right), *others], len(right) + len(others))]
