"""A stage of ours on a real Ray with 1, 2 and 4 actors that wait instead of computing: what `reality.WAITED` holds.

    python -m benchmarks.scaling.waiting

Each text takes as long as an annotated one would in proportion to its length, asleep, so that two cores can carry four actors. All the rest is
real: reading, cutting into blocks, the actor pool, writing, checkpoints, collecting. Seconds of `run_stage` from its first to its last line.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.scaling.figures import LENGTHS
from benchmarks.scaling.reality import BLOCK, TEXT_S, TEXTS, WAITED
from pipelines.stage import Rows, Stage, run_stage


class Wait:
    """A transform that sleeps for its rows."""

    def __call__(self, rows: Rows) -> list[dict[str, Any]]:
        time.sleep(sum(LENGTHS[int(row["key"]) % len(LENGTHS)] for row in rows) * TEXT_S)
        return [{"waited": [{"key": row["key"]}]} for row in rows]


def seconds(actors: int) -> float:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.mkdir()
        keys = [f"{i:05d}" for i in range(TEXTS)]
        pq.write_table(pa.table({"key": keys, "raw": keys}), source / "part-0.parquet")
        outputs = {"waited": pa.schema([("key", pa.string())])}
        stage = Stage(
            "wait", str(source), folder, Wait, outputs, actors=actors, cpus=0.5, batch_size=BLOCK, block_rows=BLOCK
        )
        return run_stage(stage).wall_s


def main() -> None:
    import ray

    ray.init(address="local", num_cpus=6, log_to_driver=False)
    try:
        seconds(1)  # starts what stays
        for actors in WAITED:
            print(f"{actors} actors: {seconds(actors):.1f} s", flush=True)
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main()
