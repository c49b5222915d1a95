"""Strict plan metrics, to be reported next to the published one: does it parse, is it the same DAG, the same arguments.

    parse_ok(text, catalog)                        # the plan language, numbering, offered tools, arity, types
    dag_strict(plan, gold)                         # same tools and references, edges labelled with their argument slot
    args_strict(plan, gold, catalog, dates=False)  # dag_strict and equal literals (`literals.py` has the thresholds)

The order of independent calls does not matter, nor does the numbering. Equality is graph isomorphism with labelled
nodes and edges (networkx), so a shared look-up and two separate ones differ although their outputs would not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolschool.errors import PlanError
from toolschool.evaluation.literals import same_arguments, slot_kind
from toolschool.plans.grammar import parse_plan
from toolschool.plans.graph import validate
from toolschool.plans.references import find
from toolschool.records import Call, JsonValue, Plan
from toolschool.tools.catalog import Catalog

if TYPE_CHECKING:
    import networkx as nx

Attributes = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Parsed:
    """A plan read strictly: `plan` is None where the text is not in the language, `problems` is empty if all is well."""

    plan: Plan | None
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def read(text: str, catalog: Catalog) -> Parsed:
    """Parse and validate a predicted plan against the tools that were offered. Never raises."""
    try:
        plan = parse_plan(text)
    except PlanError as error:
        return Parsed(None, (str(error),))
    problems = validate(plan, catalog)
    return Parsed(plan, tuple(problems) or (() if plan.calls else ("the plan has no calls",)))


def parse_ok(text: str, catalog: Catalog) -> bool:
    """Consecutive ids from 1, one final join, offered tools, arity, types, no self or forward reference."""
    return read(text, catalog).ok


def dag_strict(plan: Plan, gold: Plan) -> bool:
    """Same tools, and the same references in the same argument slots; literals do not matter."""

    def same_edge(one: Attributes, other: Attributes) -> bool:
        return set(one["slots"]) == set(other["slots"])

    return _same_graph(plan, gold, lambda one, other: one.tool == other.tool, same_edge)


def args_strict(plan: Plan, gold: Plan, catalog: Catalog, *, dates: bool) -> bool:
    """`dag_strict` with the same literals; `dates` only where the row's "today" is known."""

    def same_call(one: Call, other: Call) -> bool:
        if one.tool != other.tool or one.tool not in catalog:
            return False
        return same_arguments(catalog[one.tool], one, other, dates=dates)

    texts = {
        (tool.name, k)
        for tool in catalog
        for k, (name, schema) in enumerate(tool.parameters.get("properties", {}).items())
        if slot_kind(name, schema) == "text"
    }

    def same_edge(one: Attributes, other: Attributes) -> bool:
        if set(one["slots"]) != set(other["slots"]):
            return False
        # A free text has the same references as often; in a list of people a double counts once.
        return all(n == other["slots"][slot] for slot, n in one["slots"].items() if (one["tool"], slot[0]) in texts)

    return _same_graph(plan, gold, same_call, same_edge)


def dag(plan: Plan) -> nx.DiGraph:
    """Steps as nodes `(position, id)` with attribute `call`; edges carry `slots`: {(argument position, fields): how often}.

    Positions keep repeated ids apart; a reference means the last earlier step of that id, and one to no step makes a
    node of its own, so that it equals nothing valid.
    """
    import networkx as nx

    graph = nx.DiGraph()
    latest: dict[int, JsonValue] = {}
    for position, call in enumerate(plan.calls):
        node = (position, call.id)
        graph.add_node(node, call=call)
        for source, slots in _references(call).items():
            graph.add_edge(latest.get(source, ("missing", source)), node, slots=slots, tool=call.tool)
        latest[call.id] = node
    return graph


def _references(call: Call) -> dict[int, Counter[JsonValue]]:
    """Referenced step -> how often in which slot."""
    edges: dict[int, Counter[JsonValue]] = {}
    for position, value in enumerate(call.args):
        for reference in find(value, call.id):
            edges.setdefault(reference.id, Counter())[position, reference.fields] += 1
    return edges


def _same_graph(
    plan: Plan,
    gold: Plan,
    same_call: Callable[[Call, Call], bool],
    same_edge: Callable[[Attributes, Attributes], bool],
) -> bool:
    from networkx.algorithms.isomorphism import DiGraphMatcher

    def same_node(one: Attributes, other: Attributes) -> bool:
        # a reference to no step has no call: it equals nothing
        return "call" in one and "call" in other and same_call(one["call"], other["call"])

    if Counter(call.tool for call in plan.calls) != Counter(call.tool for call in gold.calls):
        return False  # necessary, and spares most of the searches
    return bool(DiGraphMatcher(dag(plan), dag(gold), node_match=same_node, edge_match=same_edge).is_isomorphic())
