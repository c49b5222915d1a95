"""Plans in one order: the steps of a request as it names them, every look-up right before its first use.

Gold plans of different origin put look-ups first, last or in between; all mean the same graph. Training on one order
spares a small model from learning a choice that no metric rewards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from toolschool.plans.grammar import MAX_ID
from toolschool.plans.references import dependencies, split, write
from toolschool.records import Call, JsonValue, Plan


def canonical(plan: Plan) -> Plan:
    """The same graph, steps numbered from 1: goals in their order, each after what it needs."""
    by_id = {call.id: call for call in plan.calls}
    used = {needed for call in plan.calls for needed in dependencies(call) if needed in by_id and needed != call.id}
    goals = [call for call in plan.calls if call.id not in used] or list(plan.calls)
    ordered: list[Call] = []
    for goal in goals:
        _visit(goal, by_id, ordered, frozenset())
    ordered += [call for call in plan.calls if call not in ordered]  # only cycles are left
    return renumber(ordered, plan.thought)


def _visit(call: Call, by_id: Mapping[int, Call], ordered: list[Call], above: frozenset[int]) -> None:
    if call in ordered or call.id in above:
        return
    for needed in dependencies(call):
        if needed in by_id:
            _visit(by_id[needed], by_id, ordered, above | {call.id})
    ordered.append(call)


def renumber(calls: Sequence[Call], thought: str = "", first_id: int = 1) -> Plan:
    """Calls numbered `first_id`, `first_id + 1`, ... in the order given, references following their steps.

    A reference to a step that comes later or is not there keeps its number.
    """
    new: dict[int, int] = {}
    renumbered = []
    for position, call in enumerate(calls, first_id):
        args = tuple(_rewrite(value, call.id, new) for value in call.args)
        renumbered.append(Call(position, call.tool, args))
        new[call.id] = position
    return Plan(tuple(renumbered), thought)


def _rewrite(value: JsonValue, before: int, new: Mapping[int, int]) -> JsonValue:
    if isinstance(value, str):
        parts = split(value, range(1, before))
        moved = [part if isinstance(part, str) else replace(part, id=new.get(part.id, part.id)) for part in parts]
        return write(moved, range(1, MAX_ID + 1))
    if isinstance(value, list | tuple):
        return [_rewrite(item, before, new) for item in value]
    if isinstance(value, Mapping):
        return {key: _rewrite(item, before, new) for key, item in value.items()}
    return value
