"""Recorded runs of a served agent as training rows: which are good enough, why the others are not, and what failed.

    run = read_run(line)                       # a line that serving/runlog.py wrote; RowError: it is none
    example_of(run, desk_catalog())            # an Example; RowError says why this run teaches nothing
    calls_of(run)                              # [Called("get_phone_number", "failed", "Text Sid", "no contact called Sid")]

A run is a success where one plan was written and ran to its end: every step ok, no problem, nothing planned again, and the plan is valid against
the catalogue. What a model did for a conversation is no row: the query alone does not say it. Nor is a run with a placeholder of redaction in
query or plan: a planner that learns from it would write `<PHONE>` where a number belongs, and one value for all people is none to copy.
Limit: that every step was ok does not say that the user got what was wanted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from toolschool.errors import PlanError, RowError
from toolschool.plans.grammar import parse_plan
from toolschool.plans.graph import validate
from toolschool.records import Example
from toolschool.redaction import placeholder_in
from toolschool.tools.catalog import Catalog

SOURCE = "harvested"
TRIED = ("failed", "invalid")
"""What is the fault of a tool, or of how it was called; what was skipped, declined or repeated is neither."""

Run = Mapping[str, Any]
_FIELDS: Mapping[str, type] = {
    "id": str, "time": str, "query": str, "earlier": int, "tools": list, "plan": str, "rounds": int, "observations": list,
    "finish": str, "problems": list, "now": str,
}  # fmt: skip


@dataclass(frozen=True)
class Called:
    """What came of one step; `error` is empty where it succeeded."""

    tool: str
    status: str
    query: str
    error: str = ""


def read_run(line: str) -> Run:
    """A record. RowError: no JSON, or not what the server writes."""
    try:
        run = json.loads(line)
        json.dumps(run, ensure_ascii=False).encode()  # half a surrogate pair is text to json, and to nothing else
    except (ValueError, RecursionError) as error:
        raise RowError(f"broken JSON: {error}") from error
    if not isinstance(run, dict):
        raise RowError(f"wrong type: a record must be an object, not {type(run).__name__}")
    for name, kind in _FIELDS.items():
        if not isinstance(run.get(name), kind):
            raise RowError(f"not a record of a run: {name} must be of type {kind.__name__}")
    if not all(isinstance(seen, dict) and {"tool", "status", "error"} <= seen.keys() for seen in run["observations"]):
        raise RowError("not a record of a run: an observation has tool, status and error")
    if not all(isinstance(tool, dict) and isinstance(tool.get("name"), str) for tool in run["tools"]):
        raise RowError("not a record of a run: a tool has a name")
    try:
        datetime.fromisoformat(run["now"])
    except ValueError as error:
        raise RowError(f"not a record of a run: now: {error}") from error
    return run


def example_of(run: Run, catalog: Catalog) -> Example:
    """The run as a row to train on. RowError says why it is none."""
    _check_end(run)
    for name in ("query", "plan"):
        if found := placeholder_in(run[name]):
            raise RowError(f"redacted: the {name} holds {found}")
    try:
        plan = parse_plan(run["plan"])
    except PlanError as error:
        raise RowError(f"the plan does not parse: {error}") from error
    if not plan.calls or not run["query"].strip():
        raise RowError("nothing was done")
    if len(plan.calls) != len(run["observations"]):
        raise RowError("not every step of the plan was observed")
    if unknown := next((call.tool for call in plan.calls if call.tool not in catalog), None):
        raise RowError(
            f"tool of another source: {unknown}; the planner's rows are of the desk, jobs.explore teaches others"
        )
    if problems := validate(plan, catalog):
        raise RowError(f"the plan is not valid: {problems[0]}")
    # Clients may choose the id of a request, and choose it twice.
    mark = hashlib.sha256(f"{run['time']} {run['query']}".encode()).hexdigest()[:8]
    return Example(
        f"{SOURCE}-{run['id']}-{mark}", run["query"], plan, SOURCE, run["plan"], datetime.fromisoformat(run["now"])
    )


def _check_end(run: Run) -> None:
    """RowError unless the run went well from its beginning to its end."""
    if run["earlier"]:
        raise RowError("part of a conversation")
    if run["rounds"] > 1:
        raise RowError("planned again")
    if run["finish"] != "stop":
        raise RowError("cut short")
    if run.get("max_calls") is not None:  # a plan that ends where calls ran out is no plan of the request
        raise RowError("its calls were bounded")
    if run["problems"]:
        raise RowError("the plan had problems")
    if bad := next((seen for seen in run["observations"] if seen["status"] != "ok"), None):
        raise RowError(f"a step was {bad['status']}")


def calls_of(run: Run) -> list[Called]:
    """Steps of tools that were offered, in their order; a name that a model made up is no tool."""
    offered = {tool["name"] for tool in run["tools"]}
    return [
        Called(str(seen["tool"]), str(seen["status"]), run["query"], str(seen["error"] or ""))
        for seen in run["observations"]
        if seen["tool"] in offered
    ]


def request_of(query: str) -> str:
    """What makes two requests the same: words, without case and spaces."""
    return " ".join(query.casefold().split())


def first_of_each(rows: Iterable[Example]) -> tuple[list[Example], list[tuple[Example, Example]]]:
    """Rows without repetition of request and plan, and each row left out with the one that it repeats."""
    kept: dict[tuple[str, str], Example] = {}
    repeated: list[tuple[Example, Example]] = []
    for row in rows:
        key = request_of(row.query), row.plan.to_json()
        if key in kept:
            repeated.append((row, kept[key]))
        else:
            kept[key] = row
    return list(kept.values()), repeated


def targets_of(calls: Iterable[Called], shown: int = 20) -> list[dict[str, Any]]:
    """Tools by how often they went wrong, the most first: `{"tool", "failures", "examples": [{"query", "error"}]}`, each example once."""
    by_tool: dict[str, list[Called]] = {}
    for call in calls:
        if call.status in TRIED:
            by_tool.setdefault(call.tool, []).append(call)
    ordered = sorted(by_tool.items(), key=lambda item: (-len(item[1]), item[0]))
    return [{"tool": tool, "failures": len(found), "examples": _examples(found)[:shown]} for tool, found in ordered]


def _examples(found: Iterable[Called]) -> list[dict[str, str]]:
    pairs = dict.fromkeys((each.query, each.error) for each in found)
    return [{"query": query, "error": error} for query, error in pairs]
