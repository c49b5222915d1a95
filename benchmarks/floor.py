"""The machine's floor, and the share of it that each stage reaches: matrix products and memory measured bare, then nano's stages beside them.

One thread but where two are named, float32 on a CPU, bfloat16 on a GPU. *Share*: operations a second of a stage, of those of the large square product
in the same round. A stage's operations are its real tokens' matrix products alone (`floor_work.py`). Scoring is tried at several batches; the best one is
profiled, and so says where the rest goes. Decoding is also held against reading the weights once a step. nano fits into a CPU's cache, so there it may pass
the memory's floor.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Mapping, Sequence

from benchmarks import floor_profile
from benchmarks.floor_rates import WORK, Rate, Sizes, memory_rates, product, rates
from benchmarks.floor_work import Did, scored_rows, scoring, stages
from benchmarks.results import Claim, Measured
from benchmarks.timing import ROUNDS, alternate, ratios

ROWS = 128
BUDGETS = (256, 512, 1024, 2048, 8192)  # padded tokens of a batch
SQUARE = "the square product"


def report() -> Measured:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtypes = ("float32", "bfloat16")
    parts = ["### Rates", rates_table(device, dtypes)]
    torch.set_num_threads(1)
    found = shares(device, "float32" if device == "cpu" else "bfloat16", ROWS, BUDGETS, ROUNDS)
    return Measured("\n\n".join([*parts, found.text]), found.claims)


def rates_table(device: str, dtypes: Sequence[str], sizes: Sizes | None = None) -> str:
    """Markdown: all rates, with one thread and with all."""
    import torch

    lines = ["| what | threads | median | least | most |", "|---|---:|---:|---:|---:|"]
    threads = (1, os.cpu_count() or 1) if device == "cpu" else (1,)
    for number in dict.fromkeys(threads):
        torch.set_num_threads(number)
        for dtype in dtypes:
            lines += [line(f"{rate.what}, {dtype}", number, rate) for rate in rates(device, dtype, sizes)]
        lines += [line(f"memory, {rate.what}", number, rate) for rate in memory_rates(device, sizes)]
    return "\n".join(lines)


def line(what: str, threads: int, rate: Rate) -> str:
    unit = "Gop/s" if rate.unit == "op/s" else "GB/s"
    values = (statistics.median(rate.each), min(rate.each), max(rate.each))
    return f"| {what} | {threads} | " + " | ".join(f"{value / 1e9:,.1f} {unit}" for value in values) + " |"


def shares(device: str, dtype: str, rows: int, budgets: Sequence[int], rounds: int) -> Measured:
    """The sweep of scoring's batches, all stages beside the square product, and the profile of the best batch."""
    from toolschool.models.engines import TransformersEngine

    engine = TransformersEngine.load("assets/nano", dtype)
    engine.model.to(device)
    some = scored_rows(engine.tokenizer, rows)
    square, amount = product((Sizes().square,) * 3, device, dtype, WORK[device])
    floor: dict[str, Callable[[], Did]] = {SQUARE: lambda: _did(square, amount)}
    batches = {f"{budget:,} tokens a batch": scoring(engine.model, some, budget) for budget in budgets}
    swept = beside({**floor, **batches}, rounds)
    medians = [statistics.median(swept.of(name)) for name in batches]
    best = budgets[medians.index(max(medians))]
    stood = beside({**floor, **stages(device, dtype, best, some)}, rounds)
    spent = floor_profile.profile(scoring(engine.model, some, best), engine.model.config.vocab_size, device)
    read = next(rate for rate in memory_rates(device) if rate.what == "read")
    text = [
        f"### Scoring by its batch\n\n{rows} rows of {sum(len(row.ids) for row in some) / rows:.0f} tokens on average.",
        swept.table(),
        "### Stages",
        stood.table(statistics.median(read.each)),
        f"### Where scoring's time goes, {best:,} tokens a batch",
        floor_profile.table(spent),
    ]
    return Measured("\n\n".join(text), (Claim("floor/scoring", swept.of(f"{best:,} tokens a batch")),))


def _did(run: Callable[[], object], operations: float) -> Did:
    run()
    return Did(operations, 0.0)


class Beside:
    """Stages after the square product: what each did, and its seconds in every round."""

    def __init__(self, did: Mapping[str, Did], seconds: Mapping[str, list[float]]) -> None:
        self.did, self.seconds = did, dict(seconds)

    def of(self, name: str) -> tuple[float, ...]:
        """The stage's share of the square product's rate, round by round."""
        factor = self.did[name].operations / self.did[SQUARE].operations
        return tuple(factor * ratio for ratio in ratios(self.seconds, SQUARE, name))

    def table(self, read: float | None = None) -> str:
        """Markdown; with bytes a second that memory is read, decoding's share of that, too."""
        lines = [
            "| stage | tokens | tokens/s | Gop/s | share of the product | least | most |"
            + (" share of reading the weights |" if read else ""),
            "|---|---:|---:|---:|---:|---:|---:|" + ("---:|" if read else ""),
        ]
        for name, spent in self.seconds.items():
            did, took, share = self.did[name], statistics.median(spent), self.of(name)
            cells = [
                name,
                f"{did.tokens:,.0f}" if did.tokens else "",
                f"{did.tokens / took:,.0f}" if did.tokens else "",
                f"{did.operations / took / 1e9:,.1f}",
                *(f"{value:.0%}" for value in (statistics.median(share), min(share), max(share))),
            ]
            if read:
                cells.append(f"{did.weights / took / read:.0%}" if did.weights else "")
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)


def beside(arms: Mapping[str, Callable[[], Did]], rounds: int) -> Beside:
    """Alternating rounds."""
    did: dict[str, Did] = {}

    def kept(name: str) -> Callable[[], None]:
        return lambda: did.update({name: arms[name]()})

    return Beside(did, alternate({name: kept(name) for name in arms}, rounds))
