"""What the end of an annotation's stage costs a text, and how large a scored text is: `COLLECT_S` and `BYTES` of figures.py.

    python -m benchmarks.scaling.collecting

Processor time of pipelines/collect.py over made-up rows of the size that GSM8K's have: 20 places and 63 calls each. No model, no Ray.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from pipelines import annotate
from pipelines.collect import block_schema, collect
from pipelines.toolformer import BLOCK

TEXTS, WORDS, PLACES, CALLS = 2000, 55, 20, 63


def scored_row(number: int, draw: random.Random) -> dict[str, Any]:
    key = f"{number:08d}"
    text = " ".join(f"{draw.choice('abcdefghijk')}{draw.randrange(999)}" for _ in range(WORDS))
    where = [{"tool": "Calculator", "place": i, "at": 4 * i} for i in range(PLACES)]
    row = {
        "key": key,
        "raw": json.dumps({"text": text}),
        "text": text,
        "date": None,
        "tools": ["Calculator"],
        "places": [{**at, "probability": draw.random(), "loss": draw.random(), "pruned": False} for at in where],
        "calls": [
            {**where[i % PLACES], "argument": f"{draw.randrange(99)}*{draw.randrange(99)}", "samples": 1}
            for i in range(CALLS)
        ],
        "failures": [],
        "results": [{"result": str(draw.randrange(9999)), "error": None} for _ in range(CALLS)],
        "losses": [
            {**{name: draw.random() for name in ("plain", "empty", "done", "gain")}, "kept": False}
            for _ in range(CALLS)
        ],
    }
    return {"key": key, "scored": [row], "kept": [], "quarantine": []}


def measure(texts: int = TEXTS) -> tuple[float, float]:
    """Seconds and bytes of a text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw = random.Random(0)
    rows = [scored_row(i, draw) for i in range(texts)]
    outputs = {"scored": annotate.scored_schema(), "kept": annotate.kept_schema()}
    with tempfile.TemporaryDirectory() as folder:
        blocks = Path(folder, "blocks")
        blocks.mkdir()
        for start in range(0, texts, BLOCK):
            block = pa.Table.from_pylist(rows[start : start + BLOCK], schema=block_schema(outputs))
            pq.write_table(block, blocks / f"{start:08d}.parquet")
        size = sum(path.stat().st_size for path in blocks.iterdir())
        began = time.process_time()
        collect("filter", str(Path(folder, "run")), outputs, str(blocks), [row["key"] for row in rows])
        return (time.process_time() - began) / texts, size / texts


if __name__ == "__main__":
    seconds, size = measure()
    print(f"{1000 * seconds:.2f} ms and {size:,.0f} bytes a text")
