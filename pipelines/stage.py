"""A stage: Parquet in, Parquet out, on Ray Data; can be killed at any moment and run again.

A stage maps every source row (unique string column `key`, text column `raw`) to rows of named outputs:

    class Parse:                                     # any importable class; heavy state is made once, in __init__
        def __call__(self, rows): return [{"examples/train": [example.to_row()]} | RowError(...) for each row]

    run_stage(Stage("examples", source, run, Parse, outputs={"examples/train": example_schema()}))

A row that raises or returns RowError goes to `<run>/quarantine/` with its reason and raw text; the stage goes on. How a
kill is survived: finished blocks are remembered by Ray Data's checkpoint (two-phase commit per written block), a rerun
handles only the other rows, and `collect.py` puts the blocks in the order of the source, drops repeats, and refuses to
finish unless every source row is there exactly once. `stages/<name>/manifest.json` is written last: with it, and an
unchanged fingerprint (inputs, settings, code version), the stage is not run again.

Limits: the keys of the source are held in memory (not the rows); a row's outputs must fit in one block.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines import files, manifest
from pipelines.collect import QUARANTINE, block_schema, collect
from pipelines.metrics import StageRows
from toolschool.errors import DataError, RowError

if TYPE_CHECKING:
    import pyarrow as pa

Rows = Sequence[dict[str, Any]]
Outputs = Mapping[str, Rows]
Transform = Callable[[Rows], Sequence[Outputs | RowError]]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Stage:
    """What to run: `transform(**kwargs)` makes the callable, `outputs` names folders below `run` and their schemas."""

    name: str
    source: str  # folder of Parquet files with columns key, raw and whatever the transform reads
    run: str  # folder of the run
    transform: Callable[..., Transform]
    outputs: Mapping[str, pa.Schema]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)  # what the fingerprint covers beside source and kwargs
    actors: int = 1
    cpus: float = 1.0
    gpus: float = 0.0  # of each actor
    batch_size: int = 64
    block_rows: int = 256  # a kill costs at most the blocks in flight


@dataclass(frozen=True)
class Shape:
    """How a stage spreads over the cluster (from the profile): actors, and what each of them holds."""

    actors: int = 1
    cpus: float = 1.0
    gpus: float = 0.0


@dataclass(frozen=True)
class StageResult:
    """Counts of a finished stage. `rows_in` = rows without any trouble + rows with a quarantine entry."""

    rows_in: int
    rows_out: Mapping[str, int]
    quarantined: int
    wall_s: float
    skipped: bool  # it was finished already

    def counts(self) -> dict[str, Any]:
        return {"in": self.rows_in, "out": dict(self.rows_out), "quarantined": self.quarantined}


def run_stage(stage: Stage, on_progress: OnProgress | None = None) -> StageResult:
    """Run what is left of a stage. Needs a connected Ray unless the stage is finished.

    `on_progress(done, total)` is called about once a second with the number of rows whose results are safe. Raises
    DataError when the source is empty, its keys repeat, or rows are missing at the end.
    """
    started = time.monotonic()
    home = files.join(stage.run, "stages", stage.name)
    mark = _fingerprint(stage)
    done = manifest.read(home)
    written = all(files.list_files(files.join(stage.run, name), ".parquet") for name in stage.outputs)
    if done and done["fingerprint"] == mark and written:
        counts = done["counts"]
        return StageResult(counts["in"], counts["out"], counts["quarantined"], done["wall_s"], skipped=True)
    keys = source_keys(stage.source)
    work = files.join(home, mark)
    with _watched(files.join(work, "checkpoint"), len(keys), on_progress):
        _run_data(stage, work)
    rows_out = collect(stage.name, stage.run, stage.outputs, files.join(work, "blocks"), keys)
    quarantined = rows_out.pop(QUARANTINE)
    result = StageResult(len(keys), rows_out, quarantined, time.monotonic() - started, skipped=False)
    manifest.write(
        home,
        f"stage {stage.name}",
        config={"source": stage.source, "kwargs": dict(stage.kwargs), "settings": dict(stage.settings)},
        inputs={stage.source: files.sha256(stage.source)},
        counts=result.counts(),
        wall_s=result.wall_s,
        fingerprint=mark,
    )
    files.remove_folder(work)
    return result


def source_keys(source: str) -> list[str]:
    """The sorted keys of a source; DataError when it is empty or a key repeats."""
    import pyarrow.dataset as ds

    place = files.open_uri(source)
    if not files.list_files(source, ".parquet"):
        raise DataError(f"{source} holds no Parquet files")
    keys = ds.dataset(place.path, filesystem=place.files, format="parquet").to_table(columns=["key"])["key"].to_pylist()
    if not keys:
        raise DataError(f"{source} holds no rows")
    if len(set(keys)) != len(keys):
        raise DataError(f"keys repeat in {source}: {len(keys) - len(set(keys))} of {len(keys)} rows")
    return sorted(keys)


def _fingerprint(stage: Stage) -> str:
    shape = {name: str(schema) for name, schema in stage.outputs.items()}
    code = f"{stage.transform.__module__}.{stage.transform.__qualname__}"
    return manifest.fingerprint(
        [files.sha256(stage.source), code, dict(stage.kwargs), dict(stage.settings), shape, stage.name]
    )


class Worker:
    """The actor of `map_batches`: one block row per source row, outputs as lists of structs, errors in quarantine."""

    def __init__(
        self, name: str, transform: Callable[..., Transform], kwargs: Mapping[str, Any], schema: pa.Schema
    ) -> None:
        self.transform = transform(**kwargs)
        self.schema = schema
        self.count = StageRows(name)

    def __call__(self, batch: pa.Table) -> pa.Table:
        import pyarrow as pa

        rows = batch.to_pylist()
        results = self.transform(rows)
        if len(results) != len(rows):
            raise RuntimeError(f"transform gave {len(results)} results for {len(rows)} rows")
        block = [_block_row(row, result) for row, result in zip(rows, results, strict=True)]
        self.count(len(rows), quarantined=sum(bool(row.get(QUARANTINE)) for row in block))
        return pa.Table.from_pylist(block, schema=self.schema)


def _block_row(row: Mapping[str, Any], result: Outputs | RowError) -> dict[str, Any]:
    if isinstance(result, RowError):
        return {"key": row["key"], QUARANTINE: [{"id": row["key"], "reason": str(result), "raw": row["raw"]}]}
    return {"key": row["key"], **result}


def each(function: Callable[[dict[str, Any]], Outputs], rows: Rows) -> list[Outputs | RowError]:
    """Apply a function row by row; a RowError it raises becomes that row's result."""
    results: list[Outputs | RowError] = []
    for row in rows:
        try:
            results.append(function(row))
        except RowError as error:
            results.append(error)
    return results


def _run_data(stage: Stage, work: str) -> None:
    """The only place that meets Ray Data and its beta checkpoints."""
    import ray.data
    from ray.data import ActorPoolStrategy, SaveMode

    with _checkpoints(files.join(work, "checkpoint")):
        dataset = ray.data.read_parquet(files.absolute(stage.source)).repartition(
            target_num_rows_per_block=stage.block_rows
        )
        dataset.map_batches(
            Worker,
            fn_constructor_kwargs={
                "name": stage.name,
                "transform": stage.transform,
                "kwargs": dict(stage.kwargs),
                "schema": block_schema(stage.outputs),
            },
            compute=ActorPoolStrategy(size=stage.actors),
            batch_size=stage.batch_size,
            batch_format="pyarrow",
            num_cpus=stage.cpus,
            num_gpus=stage.gpus,
        ).write_parquet(files.join(files.absolute(work), "blocks"), mode=SaveMode.APPEND)


@contextmanager
def _checkpoints(path: str) -> Iterator[None]:
    """Row checkpoints for the pipelines run inside, and no chatter; both are global to the process, so put back."""
    import logging

    import ray.data
    from ray.data.checkpoint import CheckpointConfig

    context = ray.data.DataContext.get_current()
    chatter = logging.getLogger("ray.data")
    before = context.checkpoint_config, context.enable_progress_bars
    level = chatter.level
    chatter.setLevel(logging.ERROR)
    context.enable_progress_bars = False  # `on_progress` knows more: it also counts what an earlier run finished
    context.checkpoint_config = CheckpointConfig(
        id_column="key", checkpoint_path=files.absolute(path), delete_checkpoint_on_success=False
    )
    try:
        yield
    finally:
        context.checkpoint_config, context.enable_progress_bars = before
        chatter.setLevel(level)


@contextmanager
def _watched(checkpoint: str, total: int, on_progress: OnProgress | None) -> Iterator[None]:
    """Report rows in committed checkpoints until the block ends."""
    if on_progress is None:
        yield
        return
    stop = threading.Event()
    counted: dict[str, int] = {}

    def watch(report: OnProgress) -> None:
        while not stop.wait(1.0):
            report(min(total, _committed(checkpoint, counted)), total)

    thread = threading.Thread(target=watch, args=(on_progress,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _committed(checkpoint: str, counted: dict[str, int]) -> int:
    """Rows in committed checkpoint files; `counted` remembers what was read before."""
    import pyarrow.parquet as pq

    place = files.open_uri(checkpoint)
    for path in files.list_files(checkpoint, ".parquet"):
        if path not in counted and not path.endswith(".pending.parquet"):
            counted[path] = pq.read_metadata(path, filesystem=place.files).num_rows
    return sum(counted.values())
