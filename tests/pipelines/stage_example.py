"""A stage of the tests, and a program that runs it, so that it can be killed from outside.

python -c "import stage_example; stage_example.main()" SOURCE RUN SECONDS_PER_BATCH LOG
"""

import sys
import time

import pyarrow as pa

from pipelines.stage import Stage, each
from toolschool.errors import RowError

SCHEMA = pa.schema([("id", pa.string()), ("value", pa.int64()), ("words", pa.list_(pa.string()))])


class Square:
    """`value` squared; odd rows go to odd/, even rows twice to even/; negative values are refused."""

    def __init__(self, pause: float = 0.0, log: str = "") -> None:
        self.pause, self.log = pause, log

    def __call__(self, rows):
        time.sleep(self.pause)
        if self.log:
            with open(self.log, "a") as file:
                file.write("".join(f"{row['key']}\n" for row in rows))
        return each(self.square, rows)

    def square(self, row):
        value = int(row["raw"])
        if value < 0:
            raise RowError("negative value")
        out = {"id": row["key"], "value": value * value, "words": ["w"] * (value % 3)}
        return {"odd": [out]} if value % 2 else {"even": [out, out]}


def stage(source: str, run: str, pause: float = 0.0, log: str = "", **more) -> Stage:
    kwargs = {"pause": pause, "log": log}
    outputs = {"odd": SCHEMA, "even": SCHEMA}
    return Stage("square", source, run, Square, outputs, kwargs, block_rows=20, batch_size=20, **more)


def main() -> None:
    import ray

    from pipelines.stage import run_stage

    ray.init(address="local", num_cpus=3, log_to_driver=False)
    run_stage(stage(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]))
