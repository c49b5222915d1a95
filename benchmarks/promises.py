"""Every ratio that this project was asked for or has written down, and how a run stands to it.

    PROMISES["training/loop"].says                  # at least 0.97
    table(claims)                                   # Markdown: those that fall short first, those not measured last

`asked` is what the work was to reach, `stated` what documents said before this run. A ratio falls short if the median over the rounds misses
what was asked; where nothing was asked, if every round misses what was stated. A promise of neither is a ratio that is only shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.results import Claim

HEADER = ("claim", "asked", "stated before", "this run", "least to most", "rounds", "tokens, ours / peer's", "")
SHORT, KEPT, SHOWN, MISSING = "**short**", "kept", "", "not measured yet"


@dataclass(frozen=True)
class Promise:
    """`what` reads as a ratio. With `cost`, less is better, and what was asked is the most that may be."""

    what: str
    asked: float | None = None
    stated: float | None = None
    cost: bool = False

    @property
    def says(self) -> str:
        return "" if self.asked is None else f"{'at most' if self.cost else 'at least'} {self.asked:g}"

    def reached(self, value: float, figure: float) -> bool:
        return value <= figure if self.cost else value >= figure

    def verdict(self, claim: Claim) -> str:
        """SHORT, KEPT, or SHOWN where there is nothing to reach."""
        if self.asked is not None:
            return KEPT if self.reached(claim.median, self.asked) else SHORT
        if self.stated is not None:
            return KEPT if any(self.reached(value, self.stated) for value in claim.ratios) else SHORT
        return SHOWN

    def reach(self, claim: Claim) -> float:
        """The median as a share of what was to be reached; above 1 is more than that."""
        wanted = self.asked if self.asked is not None else self.stated
        if wanted is None:
            return float("inf")
        return wanted / claim.median if self.cost else claim.median / wanted


PROMISES = {
    "training/loop": Promise("our loop, torch alone: speed of a bare loop", 0.97, 0.99),
    "training/zero": Promise("our loop, ZeRO-0: speed of a bare loop", 0.97, 1.00),
    "training/ray": Promise("our loop, ZeRO-0 in a Ray Train worker: speed of a bare loop", 0.97, 1.00),
    "training/trl": Promise("training by length: useful tokens/s of TRL's default", 1.5, 2.35),
    "training/trl-packed": Promise("training packed: useful tokens/s of TRL's packing", 1.0, 1.08),
    "training/length-packed": Promise("training by length: useful tokens/s of TRL's packing", stated=1.30),
    "serving/throughput": Promise("16 clients: requests/s of `generate` one by one", 5, 1.9),
    "serving/latency": Promise("one client, p50: of `generate`'s", 1.3, 1.34, cost=True),
    "serving/first-tool": Promise("time to the whole plan, of the time to the first tool", 2, 2.9),
    "serving/throughput, llama.cpp": Promise("16 clients, llama.cpp: requests/s of `generate` one by one", 5, 1.9),
    "serving/latency, llama.cpp": Promise("one client, llama.cpp, p50: of `generate`'s", 1.3, 0.82, cost=True),
    "serving/first-tool, llama.cpp": Promise("llama.cpp: time to the whole plan, of that to the first tool", 2, 2.0),
    "ste/2 x 1": Promise("exploring, two workers: share of linear", 0.9, 0.99),
    "ste/4 x 1": Promise("exploring, four workers: share of linear", 0.9, 0.96),
    "ste/1 x 4": Promise("exploring, one worker with four tools: share of linear", stated=0.97),
    "toolgen/trie": Promise("a step under the trie at 50,000 tools: of a free step (worst setting)", 1.2, cost=True),
    "toolgen/forward": Promise("tools by one forward: speed of five beams"),
    "any_tools/4,076": Promise("retrieval among 4,076 tools, p50: of that among 16", 3, cost=True),
    "toolformer/screened": Promise("filter, screened: speed of three forwards a call, one by one", 10, 11.6),
    "toolformer/screened-best": Promise("filter, screened: speed of three forwards a call, best batch", 3, 8.6),
    "toolformer/screened-upstream": Promise("filter, screened: speed of toolformer-pytorch", 1, 8.6),
    "toolformer/exact": Promise("filter, float32: speed of three forwards a call, one by one", 10, 6.4),
    "toolformer/exact-best": Promise("filter, float32: speed of three forwards a call, best batch", 3, 4.8),
    "toolformer/exact-upstream": Promise("filter, float32: speed of toolformer-pytorch", 1, 4.8),
    "toolformer/annotate": Promise("annotation: speed of `generate`, best number of places at once", 2, 18.7),
    "toolformer/annotate-upstream": Promise("annotation: speed of toolformer-pytorch", 1, 21.5),
    "toolken/batch": Promise("an epoch on features: speed of the model in the loop, 16 texts a step", 50, 106),
    "toolken/text": Promise("an epoch on features: speed of the model in the loop, a text a step", 50, 166),
    "toolken/sweep": Promise("reading and eight trainings: cost of reading and one", 2, 1.73, cost=True),
    "executor/streamed": Promise("a plan run while it is written: speed of one call after the other"),
    "planner/batched": Promise("planning in batches of 16: speed of one by one"),
    "planner/grammar": Promise("planning under the grammar: cost of planning without", cost=True),
    "planner/three-calls": Promise("a plan of three calls, p50: of one second", 1, 0.273, cost=True),
    "planner/llama.cpp": Promise("planning one by one on llama.cpp: speed of transformers", stated=3),
    "floor/scoring": Promise("scoring at its best batch: share of the matrix-multiply floor", 0.5),
}


def ordered(claims: Sequence[Claim]) -> list[Claim]:
    """Those that fall short first, the farthest from what was to be reached before the others."""
    rank = {SHORT: 0, KEPT: 1, SHOWN: 2}

    def key(claim: Claim) -> tuple[int, float]:
        promise = PROMISES[claim.promise]
        return rank[promise.verdict(claim)], promise.reach(claim)

    return sorted(claims, key=key)


def table(claims: Sequence[Claim]) -> str:
    """Markdown with a line for every promise."""
    found = {claim.promise for claim in claims}
    rows = [_measured(claim) for claim in ordered(claims)]
    rows += [_cells(promise, "", "", "", "", MISSING) for key, promise in PROMISES.items() if key not in found]
    lines = [
        f"| {' | '.join(HEADER)} |",
        "|---|---|---:|---:|---|---:|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join([summary(claims), "", *lines])


def summary(claims: Sequence[Claim]) -> str:
    """One sentence: how many were measured, and how many fall short."""
    short = sum(PROMISES[claim.promise].verdict(claim) == SHORT for claim in claims)
    return f"{len(claims)} of {len(PROMISES)} ratios are measured; {short} fall{'s' if short == 1 else ''} short."


def _measured(claim: Claim) -> tuple[str, ...]:
    promise = PROMISES[claim.promise]
    tokens = " / ".join(f"{count:,.0f}" for count in claim.tokens or ())
    spread = f"{number(min(claim.ratios))} to {number(max(claim.ratios))}"
    return _cells(promise, number(claim.median), spread, str(len(claim.ratios)), tokens, promise.verdict(claim))


def _cells(promise: Promise, median: str, spread: str, rounds: str, tokens: str, verdict: str) -> tuple[str, ...]:
    stated = "" if promise.stated is None else f"{promise.stated:g}"
    return (promise.what, promise.says, stated, median, spread, rounds, tokens, verdict)


def number(value: float) -> str:
    """Three digits that matter."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
