"""Calls of tools that no shipped model was trained with, from request to arguments: found by ToolRAG, written by a caller.

    export TOOLSCHOOL_DATA=../shared/data
    python -m benchmarks.any_tools_calls            # minutes

Seal-Tools' requests with one gold call, over its 4,076 tools and the desk's 16, as a server with the shipped models goes. *Found*: the gold
tool is among those offered. *Called*: the plan is one call, of the gold tool. *Wholly right*: with the gold arguments, compared as STE's
strict rules compare them (`evaluation/ste_strict.py`). Limit: gold arguments hold what no request says (ids in another spelling, dates
made up), so that 100 % cannot be had.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from benchmarks.any_tools_rows import Readers, tools_of
from toolschool.evaluation.intervals import rate
from toolschool.evaluation.ste_strict import same_value
from toolschool.methods.ste.caller import Caller
from toolschool.methods.tinyagent.finder import FinderCard, ToolFinder
from toolschool.methods.tinyagent.guests import PlannerWithGuests
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.plans.grammar import parse_plan
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import desk_catalog
from toolschool.tools.simulated import sealtools_gold

PLANNER, CALLER = "assets/tinyagent/planner", "assets/ste/caller"
NOW = datetime(2026, 3, 2, 9)
REQUESTS = 200


def single_calls(limit: int) -> list[tuple[str, str, dict[str, Any]]]:
    """Query, tool and arguments of `limit` requests with one gold call."""
    from toolschool.datasets import registry

    rows = [
        row
        for part in ("train", "validation", "test")
        for row in registry.load("sealtools", split=part, purpose="test")
    ]
    gold = [(str(row["query"]), sealtools_gold(row["gold"]["calls"])) for row in rows if row["kind"] == "query"]
    found = [(query, calls[0].api, dict(calls[0].arguments)) for query, calls in gold if len(calls) == 1]
    return random.Random(0).sample(found, min(limit, len(found)))


def outcomes(limit: int = REQUESTS) -> dict[str, list[bool]]:
    """What became of each request."""
    readers, catalog = Readers.load(), Catalog([*desk_catalog(), *tools_of("sealtools")])
    finder = ToolFinder.of(catalog.tools, readers.vectors(catalog.tools), FinderCard.from_json(readers.rag.model.card))
    planner = PlannerWithGuests(Planner.load(PLANNER, desk_catalog()), Caller.load(CALLER))
    ended: dict[str, list[bool]] = {"found": [], "called": [], "wholly right": []}
    rows = single_calls(limit)
    read = readers.read([(query, frozenset({name})) for query, name, _ in rows])
    for (query, name, arguments), asked in zip(rows, read, strict=True):
        offered = finder.search(asked.reading)
        names, parts = tuple(tool.name for tool in offered), {tool.name: tool.part for tool in offered if tool.part}
        request = PlanRequest(query, names, NOW, catalog=catalog.subset(names), parts=parts)
        calls = parse_plan("".join(planner.stream(request))).calls
        called = [call.tool for call in calls] == [name]
        given = catalog[name].named(calls[0].args) if called else {}
        ended["found"].append(name in names)
        ended["called"].append(called)
        ended["wholly right"].append(
            called and same_value(arguments, {k: v for k, v in given.items() if v is not None})
        )
    return ended


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, default=REQUESTS, help="requests")
    for name, values in outcomes(parser.parse_args(argv).limit).items():
        print(f"| {name} | {rate(values)} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
