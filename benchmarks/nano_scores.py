"""What a compact planner can do: real requests, written ones, generated ones with names and phrasings kept apart.

    export TOOLSCHOOL_DATA=../shared/data
    python -m benchmarks.nano_scores assets/tinyagent/planner assets/nano            # validation rows
    python -m benchmarks.nano_scores assets/tinyagent/planner --part test            # to report, never to choose

Real rows of tinyagent get ToolRAG's tools, the others their gold tools and up to two more. `copied`: of the plans with the right
calls and references, how many have all their names, titles, numbers and dates right. Limit: written rows have no test part.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.encode import UNKNOWN_NOW, offered_tools
from toolschool.datasets import desk, registry, written
from toolschool.evaluation.planner import PlannerScores, PlanRow, score_plans
from toolschool.evaluation.state import same_effects
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.records import Example
from toolschool.tools.desk import desk_catalog

if TYPE_CHECKING:
    from toolschool.methods.tinyagent.planner import Planner

ASSETS = Path(__file__).resolve().parents[1] / "assets"
NEGATIVES = (0, 2)
DESK_ROWS = 300


def real_examples(part: str) -> list[Example]:
    """Rows of tinyagent with well-formed calls."""
    purpose = "test" if part == "test" else "select"
    found = registry.examples("tinyagent", split=part, purpose=purpose)
    return [example for example in found if not example.damage]


def written_examples(part: str) -> list[Example]:
    """Every written request of the part that has a plan, once."""
    found: dict[str, Example] = {}
    for example in written.generate(0, 100_000, part):
        if example.query in found:
            break
        found[example.query] = example
    return [example for example in found.values() if example.plan.calls]


def desk_examples(part: str) -> list[Example]:
    return [example for example in desk.generate(5, DESK_ROWS, part) if example.plan.calls]


def offered(examples: Iterable[Example]) -> list[PlanRequest]:
    """Requests with their gold tools and a few others."""
    names = desk_catalog().names
    return [
        PlanRequest(e.query, offered_tools(e.tools, names, NEGATIVES, e.id), e.now or UNKNOWN_NOW) for e in examples
    ]


def retrieved(examples: Sequence[Example], toolrag: Path) -> list[PlanRequest]:
    """Requests with the tools that ToolRAG finds for them."""
    from toolschool.methods.tinyagent.toolrag import ToolRag

    found = ToolRag.load(toolrag).search([example.query for example in examples])
    return [
        PlanRequest(e.query, tuple(tool.name for tool in tools), e.now or UNKNOWN_NOW)
        for e, tools in zip(examples, found, strict=True)
    ]


def score(planner: Planner, examples: Sequence[Example], requests: Sequence[PlanRequest]) -> PlannerScores:
    outputs = planner.plan_many(requests)
    rows = [
        PlanRow(e.id, e.query, o.text, e.plan, e.raw_plan, r.tools, e.now, o.truncated, o.empty)
        for e, r, o in zip(examples, requests, outputs, strict=True)
    ]
    return score_plans(rows, planner.catalog, same_effect=same_effects)


def all_scores(planner: Planner, part: str, toolrag: Path) -> dict[str, PlannerScores]:
    """Scores by kind of request."""
    real, made = real_examples(part), desk_examples(part)
    kinds = {"real": (real, retrieved(real, toolrag)), "desk": (made, offered(made))}
    if part != "test":
        told = written_examples(part)
        kinds["written"] = (told, offered(told))
    return {kind: score(planner, examples, requests) for kind, (examples, requests) in kinds.items()}


def copied(args_strict: float, dag_strict: float) -> float:
    """Of the plans with the right calls and references, the share whose names, titles, numbers and dates are right, too."""
    return args_strict / dag_strict if dag_strict else 0.0


def line(name: str, kind: str, found: PlannerScores) -> str:
    right = copied(found.args_strict.value, found.dag_strict.value)
    return (
        f"| {name} | {kind} ({found.rows}) | {found.success_published} | {found.dag_strict} | {found.args_strict} "
        f"| {found.state} | {right:.2f} |"
    )


HEADER = "| model | requests | published success | dag_strict | args_strict | same state | copied |\n|---|---|---|---|---|---|---|"


def main(argv: Sequence[str] | None = None) -> int:
    from toolschool.methods.tinyagent.planner import Planner

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", help="planner folders")
    parser.add_argument("--part", choices=("validation", "test"), default="validation")
    parser.add_argument("--toolrag", type=Path, default=ASSETS / "tinyagent" / "toolrag")
    options = parser.parse_args(argv)
    print(HEADER)
    for folder in options.folders:
        planner = Planner.load(folder, desk_catalog())
        for kind, found in all_scores(planner, options.part, options.toolrag).items():
            print(line(folder, kind, found), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
