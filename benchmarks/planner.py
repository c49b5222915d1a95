"""The shipped planner: batched against one by one, with and without its grammar, on llama.cpp where it is installed, and the time of one query.

Requests are generated (test part) with the gold tools offered. One thread, so that ratios do not depend on the machine's cores.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
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


class Free:
    """An engine that ignores the grammar: what constrained decoding costs is the difference."""

    def __init__(self, engine: Any) -> None:
        self.engine, self.tokenizer = engine, engine.tokenizer

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, grammars: Sequence[str] | None = None
    ) -> list[Generation]:
        return self.engine.generate(prompts, max_new_tokens=max_new_tokens)

    def stream(self, prompt: str, *, max_new_tokens: int, grammar: str | None = None) -> Any:
        return self.engine.stream(prompt, max_new_tokens=max_new_tokens)


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
    free = Planner(Free(planner.engine), planner.template, planner.catalog)
    examples = list(generate(11, 400, "test"))
    requests = [PlanRequest(e.query, e.tools, e.now) for e in examples[:REQUESTS] if e.now]
    three = [PlanRequest(e.query, e.tools, e.now) for e in examples if len(e.plan.calls) == 3 and e.now]
    arms: dict[str, Callable[[], object]] = {
        "one by one": lambda: planner.plan_many(requests, batch_size=1),
        "batches of 16": lambda: planner.plan_many(requests, batch_size=16),
        "batches of 16, no grammar": lambda: free.plan_many(requests, batch_size=16),
    }
    if importlib.util.find_spec("llama_cpp"):
        from toolschool.models.llama_cpp_engine import LlamaCppEngine

        other = Planner.load(PLANNER, desk_catalog(), open_engine=LlamaCppEngine.load)
        arms["one by one, llama.cpp"] = lambda: other.plan_many(requests, batch_size=1)
    seconds = alternate(arms)
    spent = three_call_seconds(planner, three[: ROUNDS * LATENCIES])
    said = f"p50 {1000 * statistics.median(spent):.0f} ms, worst {1000 * max(spent):.0f} ms"
    return Measured(
        f"{table(seconds, 'one by one')}\n\n{len(spent)} three-call queries, one at a time: {said}.",
        claims(seconds, spent),
    )


def claims(seconds: Mapping[str, list[float]], spent: Sequence[float]) -> tuple[Claim, ...]:
    """What batches, the grammar and llama.cpp do to the time, and the latencies' medians of each round, in seconds."""
    medians = tuple(statistics.median(spent[at : at + LATENCIES]) for at in range(0, len(spent), LATENCIES))
    found = [
        Claim("planner/batched", ratios(seconds, "one by one", "batches of 16")),
        Claim("planner/grammar", ratios(seconds, "batches of 16", "batches of 16, no grammar")),
        Claim("planner/three-calls", medians),
    ]
    if "one by one, llama.cpp" in seconds:
        found.append(Claim("planner/llama.cpp", ratios(seconds, "one by one", "one by one, llama.cpp")))
    return tuple(found)
