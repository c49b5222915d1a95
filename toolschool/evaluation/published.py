"""The success rate TinyAgent published: same tools and dependencies, arguments ignored. Bug for bug.

    success('1. open_note("a", "")\\n2. join()<END_OF_PLAN>', gold_text)   # True or False
    compare(prediction, gold)                                             # the same with the reason of an error

Reference: `tinyagent_success` of Erdogan et al. 2024 (arXiv 2409.00608), whose published numbers (80.06, 84.95, ...) mean
exactly this. It reads the text with a parser of its own, because its quirks are part of the number: only the first
`$k` of a string counts, `${k}` and deeper lists are not seen, `$k` means the k-th step *printed*, and a plan with every
literal argument wrong is still a success. Report `toolschool/evaluation/strict.py` next to it, always.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from toolschool.records import JsonValue
from toolschool.tools.desk import DESK_TOOLS

JOIN = "join"
# Not anchored to a line, as upstream: a step is found in the middle of other text too.
_STEP = re.compile(r"(?:Thought: ([^\n]*)\n)?\s*\n*(\d+)\. (\w+)\((.*)\)(\s*#\w+\n)?")
_REFERENCE = re.compile(r"\$\d+")
# What `ast.literal_eval` raises on text that is no literal, deep nesting included.
_NOT_A_LITERAL = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


class GraphError(ValueError):
    """The plan has no graph: a reference out of range, to itself, or in a circle. Such a plan scores 0."""


@dataclass(frozen=True)
class Step:
    """A tool and its arguments as upstream reads them."""

    tool: str
    args: Sequence[JsonValue]


@dataclass(frozen=True)
class Outcome:
    """Whether the prediction counts as a success; `error` says why a plan had no graph, else None."""

    success: bool
    error: str | None = None


@dataclass
class PlanGraph:
    """Edges between positions 1..n, and for each position its tool with all it depends on, as nested tuples' ids.

    `phantom` marks a `$0`: upstream then makes a node that matches nothing.
    """

    trees: dict[int, JsonValue] = field(default_factory=dict)
    edges: set[tuple[int, int]] = field(default_factory=set)
    phantom: bool = False


def success(prediction: str, gold: str, tools: Collection[str] = DESK_TOOLS) -> bool:
    """Whether the two plan texts have isomorphic graphs, by the published rule. Never raises."""
    return compare(prediction, gold, tools).success


def compare(prediction: str, gold: str, tools: Collection[str] = DESK_TOOLS) -> Outcome:
    """Score one prediction against the gold plan, both as text in the plan language."""
    trees = _TreeIds()
    try:
        gold_graph = build_graph(parse_steps(gold, tools), trees)
    except ValueError as error:  # GraphError, or a number of thousands of digits
        return Outcome(False, f"gold plan: {error}")
    try:
        graph = build_graph(parse_steps(prediction, tools), trees)
    except ValueError as error:
        return Outcome(False, str(error))
    if graph.phantom or gold_graph.phantom:
        return Outcome(False, "$0 refers to no step")
    return Outcome(_isomorphic(graph, gold_graph))


def parse_steps(text: str, tools: Collection[str] = DESK_TOOLS) -> list[Step]:
    """Steps up to and including the first join; cut before the first tool that is not in `tools`.

    A number printed twice overwrites its first step in place.
    """
    by_number: dict[int, Step] = {}
    for _, number, tool, args, _ in _STEP.findall(text):
        by_number[int(number)] = Step(tool, _parse_args(args))
        if tool == JOIN:
            break
    steps = list(by_number.values())
    unknown = (position for position, step in enumerate(steps) if step.tool != JOIN and step.tool not in tools)
    return steps[: next(unknown, len(steps))]


def build_graph(steps: Sequence[Step], trees: _TreeIds | None = None) -> PlanGraph:
    """The graph of the plan. Raises GraphError where upstream's code raised an exception.

    Upstream compares dependency trees recursively after sorting the children stably by tool name. That is equality of
    the sorted trees, so every tree gets a number here and a plan of doubled references stays linear.
    """
    trees = trees or _TreeIds()
    graph = PlanGraph()
    done: dict[int, int] = {}

    def visit(position: int, path: tuple[int, ...]) -> int:
        if position in path:
            raise GraphError(
                f"step {position} depends on itself" if position == path[-1] else "steps refer in a circle"
            )
        if position not in done:
            step = steps[position - 1]
            children = []
            for reference in _references(step.args):
                target = _position(reference, len(steps))
                graph.edges.add((target, position))
                graph.phantom |= target == 0
                if target:
                    children.append((steps[target - 1].tool, visit(target, (*path, position))))
            done[position] = trees.id_of(step.tool, children)
        return done[position]

    for position in range(1, len(steps) + 1):
        graph.trees[position] = visit(position, ())
    return graph


class _TreeIds:
    """Gives equal dependency trees the same number."""

    def __init__(self) -> None:
        self._ids: dict[JsonValue, int] = {}

    def id_of(self, tool: str, children: list[tuple[str, int]]) -> int:
        in_order = tuple(sorted(children, key=lambda child: child[0]))  # stable, by tool name only, as upstream
        return self._ids.setdefault((tool, in_order), len(self._ids))


def _parse_args(text: str) -> Sequence[JsonValue]:
    """A literal tuple; one list stands for the arguments themselves; no literal becomes one raw string."""
    if text == "":
        return ()
    try:
        value = ast.literal_eval(text)
    except _NOT_A_LITERAL:
        return (text,)
    return value if isinstance(value, list | tuple) else (value,)


def _references(args: Sequence[JsonValue]) -> Iterator[str]:
    """The first `$k` of each string argument and of each string in a list argument; duplicates stay."""
    for arg in args:
        for item in arg if isinstance(arg, list) else [arg]:
            match = _REFERENCE.search(item) if isinstance(item, str) else None
            if match:
                yield match.group()


def _position(reference: str, steps: int) -> int:
    position = int(reference[1:])
    if position > steps:
        raise GraphError(f"{reference} is out of range: the plan has {steps} steps, join included")
    return position


def _isomorphic(first: PlanGraph, second: PlanGraph) -> bool:
    import networkx as nx

    def graph_of(plan: PlanGraph) -> nx.DiGraph:
        graph = nx.DiGraph()
        graph.add_nodes_from((position, {"tree": tree}) for position, tree in plan.trees.items())
        graph.add_edges_from(plan.edges)
        return graph

    def same_tree(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]) -> bool:
        return one["tree"] == other["tree"]

    if sorted(first.trees.values()) != sorted(second.trees.values()):
        return False  # necessary, and keeps the search away from hopeless cases
    return nx.is_isomorphic(graph_of(first), graph_of(second), node_match=same_tree)
