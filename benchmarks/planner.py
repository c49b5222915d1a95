"""The shipped planner: batched against one by one, with and without its grammar, on llama.cpp where it is installed, and the time of one query.

Requests are generated (test part) with the gold tools offered. One thread, so that ratios do not depend on the machine's cores.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.results import Claim, Measured
from benchmarks.timing import ROUNDS, alternate, ratios, table
from toolschool.datasets.desk import generate
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.models.engines import Generation
from toolschool.tools.desk import desk_catalog

PLANNER = Path(__file__).resolve().parents[1] / "assets" / "tinyagent" / "planner"
REQUESTS = 32
LATENCIES = 4  # three-call queries of a round


class Counted:
    """An engine that keeps how many tokens its last prompts and answers had. `free`: without the grammar, to tell what that costs."""

    def __init__(self, engine: Any, free: bool = False) -> None:
        self.engine, self.tokenizer, self.free, self.tokens = engine, engine.tokenizer, free, 0

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, grammars: Sequence[str] | None = None
    ) -> list[Generation]:
        held = None if self.free else grammars
        made = self.engine.generate(prompts, max_new_tokens=max_new_tokens, grammars=held)
        read = self.tokenizer(list(prompts), add_special_tokens=False)["input_ids"]
        self.tokens += sum(map(len, read)) + sum(one.tokens for one in made)
        return made


@dataclass(frozen=True)
class Arm:
    """Plans of all requests in batches of a size."""

    planner: Planner
    batch: int

    def plan(self, requests: Sequence[PlanRequest]) -> None:
        self.planner.engine.tokens = 0
        self.planner.plan_many(requests, batch_size=self.batch)


def three_call_seconds(planner: Planner, requests: Sequence[PlanRequest]) -> list[float]:
    """Of single queries whose plan has three calls."""
    spent = []
    for request in requests:
        started = time.perf_counter()
        planner.plan_many([request], batch_size=1)
        spent.append(time.perf_counter() - started)
    return spent


def report() -> Measured:
    import torch

    torch.set_num_threads(1)
    planner = Planner.load(PLANNER, desk_catalog())

    def arm(engine: Any, batch: int, free: bool = False) -> Arm:
        return Arm(Planner(Counted(engine, free), planner.template, planner.catalog), batch)

    examples = list(generate(11, 400, "test"))
    requests = [PlanRequest(e.query, e.tools, e.now) for e in examples[:REQUESTS] if e.now]
    three = [PlanRequest(e.query, e.tools, e.now) for e in examples if len(e.plan.calls) == 3 and e.now]
    arms = {
        "one by one": arm(planner.engine, 1),
        "batches of 16": arm(planner.engine, 16),
        "batches of 16, no grammar": arm(planner.engine, 16, free=True),
    }
    if importlib.util.find_spec("llama_cpp"):
        from toolschool.models.llama_cpp_engine import LlamaCppEngine

        other = Planner.load(PLANNER, desk_catalog(), open_engine=LlamaCppEngine.load)
        arms["one by one, llama.cpp"] = arm(other.engine, 1)
    seconds = alternate({name: partial(each.plan, requests) for name, each in arms.items()})
    tokens = {name: each.planner.engine.tokens for name, each in arms.items()}
    spent = three_call_seconds(planner, three[: ROUNDS * LATENCIES])
    said = f"p50 {1000 * statistics.median(spent):.0f} ms, worst {1000 * max(spent):.0f} ms"
    return Measured(
        f"{table(seconds, 'one by one')}\n\n{len(spent)} three-call queries, one at a time: {said}.",
        claims(seconds, spent, tokens),
    )


def claims(
    seconds: Mapping[str, list[float]], spent: Sequence[float], tokens: Mapping[str, float]
) -> tuple[Claim, ...]:
    """What batches, the grammar and llama.cpp do to the time, and the latencies' medians of each round, in seconds."""

    def claim(promise: str, above: str, below: str, ours: str) -> Claim:
        peer = below if ours == above else above
        return Claim(promise, ratios(seconds, above, below), (tokens[ours], tokens[peer]))

    medians = tuple(statistics.median(spent[at : at + LATENCIES]) for at in range(0, len(spent), LATENCIES))
    found = [
        claim("planner/batched", "one by one", "batches of 16", ours="batches of 16"),
        claim("planner/grammar", "batches of 16", "batches of 16, no grammar", ours="batches of 16"),
        Claim("planner/three-calls", medians),
    ]
    if "one by one, llama.cpp" in seconds:
        llama = "one by one, llama.cpp"
        found.append(claim("planner/llama.cpp", "one by one", llama, ours=llama))
    return tuple(found)
