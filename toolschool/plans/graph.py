"""A plan as a graph: what depends on what, whether it may run, how parallel it is, and when two plans are the same.

Edges go from a step to the steps that use its result. Only references to earlier steps make edges, so the graph of any
plan, however wrong, is acyclic; `validate` names the references that do not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping

import networkx as nx

from toolschool.plans.arguments import check_arguments
from toolschool.plans.references import Reference, dependencies, split
from toolschool.records import Call, JsonValue, Plan
from toolschool.tools.catalog import Catalog


def graph(plan: Plan) -> nx.DiGraph:
    """Nodes are step ids with attribute `tool`, edges dependency -> step."""
    result = nx.DiGraph()
    for call in plan.calls:
        result.add_node(call.id, tool=call.tool)
    for call in plan.calls:
        result.add_edges_from((k, call.id) for k in dependencies(call) if k < call.id and k in result)
    return result


def waves(plan: Plan) -> list[tuple[int, ...]]:
    """Steps that can run at the same time, wave by wave (topological generations)."""
    return [tuple(sorted(wave)) for wave in nx.topological_generations(graph(plan))]


def critical_path(plan: Plan) -> tuple[int, ...]:
    """The longest chain of steps, every step costing one; its length is the least number of waves."""
    return tuple(nx.dag_longest_path(graph(plan)))


def validate(plan: Plan, catalog: Catalog, *, first_id: int = 1) -> list[str]:
    """Everything that keeps the plan from running as written, one line each; empty for a plan that may run.

    Checked: ids consecutive from `first_id`, tools in the catalogue, number and types of arguments, references only to
    earlier steps. Steps before `first_id` count as done, as after a replan.
    """
    problems = []
    known = set(range(1, first_id))
    for expected, call in enumerate(plan.calls, start=first_id):
        if call.id != expected:
            problems.append(f"step {call.id}: should have number {expected}, ids are consecutive from {first_id}")
        problems += [f"step {call.id}: {problem}" for problem in check_call(call, catalog, known)]
        known.add(call.id)
    return problems


def check_call(
    call: Call, catalog: Catalog, known: Collection[int], *, allowed: Collection[str] | None = None
) -> list[str]:
    """What is wrong with one call: its tool, arguments, and references to steps other than `known`, one line each."""
    problems = [_reference_problem(k, call.id) for k in dependencies(call) if k not in known or k >= call.id]
    tool = catalog.get(call.tool)
    if tool is None:
        return [f"unknown tool {call.tool}, known are {', '.join(catalog.names)}", *problems]
    if allowed is not None and call.tool not in allowed:
        return [f"tool {call.tool} is not offered for this request, use one of {', '.join(sorted(allowed))}", *problems]
    return [*problems, *check_arguments(call, tool)]


def _reference_problem(k: int, own: int) -> str:
    if k == own:
        return f"${k} refers to the step itself"
    if k > own:
        return f"${k} refers to a later step, only earlier results can be used"
    return f"${k} refers to step {k}, which the plan does not have"


def step_hashes(plan: Plan) -> dict[int, str]:
    """A hash per step id that does not depend on numbering or on the order of independent steps.

    hash(tool, arguments with each reference replaced by the hash of its step), as in the TinyAgent reference, 9.2. Two
    valid plans are the same graph with the same arguments if and only if the multisets of their hashes are equal.
    References that lead nowhere keep their number.
    """
    hashes: dict[int, str] = {}
    for call in sorted(plan.calls, key=lambda call: call.id):
        body = [call.tool, [_canonical(value, call.id, hashes) for value in call.args]]
        hashes[call.id] = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return hashes


def _canonical(value: JsonValue, own: int, hashes: Mapping[int, str]) -> JsonValue:
    """The value with every string as {"text": parts}, so that no text can be mistaken for a reference."""
    if isinstance(value, str):
        return {"text": [_canonical_part(part, own, hashes) for part in split(value, range(1, own))]}
    if isinstance(value, list | tuple):
        return [_canonical(item, own, hashes) for item in value]
    if isinstance(value, Mapping):
        return {key: _canonical(item, own, hashes) for key, item in value.items()}
    return value


def _canonical_part(part: str | Reference, own: int, hashes: Mapping[int, str]) -> JsonValue:
    if isinstance(part, str):
        return part
    target = hashes.get(part.id) if part.id < own else None
    return {"result": target or part.id, "fields": part.fields}
