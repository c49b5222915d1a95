"""How cost grows with rows, tools and concurrent runs, over three decades each; exponents by benchmarks/fit.py.

*Rows*: nano scoring rows of 16 tokens, and a stage on Ray Data that counts words (two actors), with the start of its actors. *Tools*: building a trie
over codes of six tokens and a thousand steps under it (sixteen rows), a BM25 index over descriptions and a hundred queries of it, and a hundred retrievals by
ToolRAG's finder; the reading of a request by its models is left out, for they do not know how many tools there are. *Concurrent runs*: plans of three calls,
one waiting for another, whose tools take 10 ms, in one executor. One thread. A cost below half a minute is the median of three runs; a curve ends behind a
point that took a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.results import Curve, Measured

ROWS = (100, 316, 1_000, 3_162, 10_000, 31_623, 100_000)
TOOLS = (16, 50, 160, 506, 1_600, 5_060, 16_000)
RUNS = (1, 3, 10, 32, 100, 316, 1_000)
TIMES, LONG_S, LAST_S = 3, 30.0, 900.0
ROW_TOKENS, STEP_ROWS, CODE = 16, 16, 6
WAIT_S = 0.01
PLAN = '1. look("a")\n2. look("b")\n3. look("$1")\n4. join()\n'
VERBS = "find list make send book play move count check open".split()
NOUNS = "table flight song parcel recipe meeting invoice room photo ticket river doctor lesson garden engine".split()

Cost = Callable[[int], Callable[[], object]]  # makes all ready for a size; what comes back is timed


def report() -> Measured:
    import torch

    torch.set_num_threads(1)
    curves = [*rows_curves(ROWS), *tools_curves(TOOLS), curve("runs of an executor", "concurrent runs", RUNS, runs)]
    lines = ["| cost of | " + " | ".join(f"{k + 1}" for k in range(len(ROWS))) + " |", "|---" * (1 + len(ROWS)) + "|"]
    for one in curves:
        cells = [f"{size:,}: {spent:.3g} s" for size, spent in zip(one.sizes, one.seconds, strict=True)]
        lines.append(f"| {' | '.join([one.name, *cells, *[''] * (len(ROWS) - len(cells))])} |")
    return Measured("\n".join(lines), curves=tuple(curves))


def curve(name: str, of: str, sizes: Sequence[int], cost: Cost) -> Curve:
    """Seconds at each size, up to the first that takes longer than LAST_S."""
    seconds: list[float] = []
    for size in sizes:
        if seconds and seconds[-1] > LAST_S:
            break
        seconds.append(timed(cost(size)))
        print(f"  {name}: {size:,} {of}: {seconds[-1]:.3g} s", flush=True)
    return Curve(name, of, tuple(sizes[: len(seconds)]), tuple(seconds))


def timed(run: Callable[[], object]) -> float:
    """Seconds of a run: the median of TIMES, or of one that is long."""
    spent: list[float] = []
    while len(spent) < TIMES and (not spent or spent[0] < LONG_S):
        began = time.perf_counter()
        run()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def rows_curves(sizes: Sequence[int]) -> list[Curve]:
    import ray

    scored = curve("scoring", "rows", sizes, scoring)
    ray.init(address="local", num_cpus=6, log_to_driver=False, include_dashboard=False)  # its tasks need some, too
    try:
        return [scored, curve("a stage on Ray Data", "rows", sizes, stage)]
    finally:
        ray.shutdown()


def scoring(count: int) -> Callable[[], object]:
    import numpy as np

    from toolschool.models.backbone import open_model
    from toolschool.models.scoring import Row, Scorer

    scorer = Scorer(open_model("assets/nano")[0])
    ids = np.random.default_rng(0).integers(5, 2000, (count, ROW_TOKENS)).tolist()
    return lambda: scorer.score([Row(row, wanted=(ROW_TOKENS - 1,)) for row in ids])


class CountWords:
    """A transform that costs next to nothing."""

    def __call__(self, rows: Any) -> list[dict[str, list[dict[str, Any]]]]:
        return [{"counted": [{"words": len(row["raw"].split())}]} for row in rows]


def stage(count: int) -> Callable[[], object]:
    """A whole stage into a folder of its own each time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipelines.stage import Stage, run_stage

    folder = tempfile.TemporaryDirectory()
    source = Path(folder.name, "source")
    source.mkdir()
    rows = [{"key": f"{k:08d}", "raw": f"row {k} of {count}"} for k in range(count)]
    pq.write_table(pa.Table.from_pylist(rows), source / "rows.parquet")
    outputs = {"counted": pa.schema([("words", pa.int64())])}

    def run() -> None:
        with tempfile.TemporaryDirectory(dir=folder.name) as work:
            run_stage(Stage("count", str(source), work, CountWords, outputs, actors=2, cpus=0.5))

    return run


def tools_curves(sizes: Sequence[int]) -> list[Curve]:
    costs: dict[str, Cost] = {
        "a trie, built": trie_built,
        "a step under the trie": trie_step,
        "a BM25 index, built": partial(bm25, query=False),
        "a query of BM25": partial(bm25, query=True),
        "a retrieval by ToolRAG's finder": finder,
    }
    return [curve(name, "tools", sizes, cost) for name, cost in costs.items()]


def codes(count: int) -> list[list[int]]:
    """Different codes of CODE tokens."""
    draw, found = random.Random(0), set[tuple[int, ...]]()
    while len(found) < count:
        found.add(tuple(draw.randrange(10, 2000) for _ in range(CODE)))
    return [list(code) for code in found]


def trie_built(count: int) -> Callable[[], object]:
    from toolschool.models.trie import Trie

    made = codes(count)
    return lambda: Trie(made, vocabulary=2048, end=2)


def trie_step(count: int) -> Callable[[], object]:
    """The mask over the scores of rows that have written half of a code, a thousand times."""
    import torch

    from toolschool.models.trie import Trie, TrieMask

    made = codes(count)
    trie, scores = Trie(made, vocabulary=2048, end=2), torch.zeros(STEP_ROWS, 2048)
    written = torch.tensor([made[k % count][: CODE // 2] for k in range(STEP_ROWS)])

    def run() -> None:
        for _ in range(1000):
            TrieMask(trie, 0)(written, scores)

    return run


def documents(count: int) -> list[tuple[str, str]]:
    """Names and descriptions of tools that differ."""
    draw = random.Random(0)
    return [
        (f"tool_{k}", f"{draw.choice(VERBS)} a {draw.choice(NOUNS)} by {draw.choice(NOUNS)} number {k}")
        for k in range(count)
    ]


def bm25(count: int, query: bool) -> Callable[[], object]:
    """The index, or a hundred queries of it."""
    from toolschool.models.lexical import Bm25

    texts = [text for _, text in documents(count)]
    if not query:
        return lambda: Bm25(texts)
    index = Bm25(texts)
    return lambda: [index.scores(f"please {texts[k % count]}").argmax() for k in range(100)]


def finder(count: int) -> Callable[[], object]:
    """A hundred requests of two clauses, with made-up unit vectors."""
    import json

    import numpy as np

    from toolschool.methods.tinyagent.finder import FinderCard, Reading, ToolFinder
    from toolschool.records import Tool

    card = FinderCard.from_json(json.loads(Path("assets/tinyagent/toolrag/toolschool.json").read_text()))
    tools = [Tool(name, text, {"type": "object", "properties": {}}) for name, text in documents(count)]
    vectors = np.random.default_rng(0).normal(size=(count + 3, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = ToolFinder.of(tools, vectors[3:], card)
    reading = Reading(["find a song, then book a table", "find a song", "book a table"], vectors[:3])
    return lambda: [found.search(reading) for _ in range(100)]


def runs(count: int) -> Callable[[], object]:
    """So many plans at once in one executor."""
    from toolschool.plans.executor import Executor
    from toolschool.records import Tool
    from toolschool.tools.catalog import Catalog

    async def look(what: str) -> str:
        await asyncio.sleep(WAIT_S)
        return what

    parameters = {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}
    executor = Executor(Catalog([Tool("look", "Looks.", parameters, run=look)]))

    async def plan() -> AsyncIterator[str]:
        yield PLAN

    async def every() -> None:
        traces = await asyncio.gather(*(executor.run(plan()) for _ in range(count)))
        assert all(trace.ok for trace in traces)

    return lambda: asyncio.run(every())
