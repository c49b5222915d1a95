"""The shipped planner: batched against one by one, with and without its grammar, and the time of one query.

Requests are generated (test part) with the gold tools offered. One thread, so that ratios do not depend on the machine's cores.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.timing import alternate, table
from toolschool.datasets.desk import generate
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.models.engines import Generation
from toolschool.tools.desk import desk_catalog

PLANNER = Path(__file__).resolve().parents[1] / "assets" / "tinyagent" / "planner"
REQUESTS = 32


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


def three_call_latency(planner: Planner, requests: Sequence[PlanRequest]) -> str:
    """Milliseconds of single queries whose plan has three calls."""
    spent = []
    for request in requests:
        started = time.perf_counter()
        planner.plan_many([request], batch_size=1)
        spent.append(1000 * (time.perf_counter() - started))
    spent.sort()
    return f"{len(spent)} three-call queries, one at a time: p50 {statistics.median(spent):.0f} ms, worst {spent[-1]:.0f} ms"


def report() -> str:
    import torch

    torch.set_num_threads(1)
    planner = Planner.load(PLANNER, desk_catalog())
    free = Planner(Free(planner.engine), planner.template, planner.catalog)
    examples = list(generate(11, 400, "test"))
    requests = [PlanRequest(e.query, e.tools, e.now) for e in examples[:REQUESTS] if e.now]
    three = [PlanRequest(e.query, e.tools, e.now) for e in examples if len(e.plan.calls) == 3 and e.now][:20]
    arms = {
        "one by one": lambda: planner.plan_many(requests, batch_size=1),
        "batches of 16": lambda: planner.plan_many(requests, batch_size=16),
        "batches of 16, no grammar": lambda: free.plan_many(requests, batch_size=16),
    }
    return f"{table(alternate(arms), 'one by one')}\n\n{three_call_latency(planner, three)}"
