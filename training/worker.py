"""What runs in each Ray Train worker: rows from the data shards, an engine, the loop, reports to Ray.

Rows: the data sets are not split (`DataConfig(datasets_to_split=[])`); every worker reads them all through its own
iterator, sorts them by id and picks its part of each step by rank. docs/decisions/training-order.md says why.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ToolschoolError
from training import loop, objectives, storage
from training import rows as encoded
from training.checkpoints import FolderReporter, Reporter, Write
from training.config import TrainConfig
from training.deepspeed_engine import DeepSpeedEngine, process_group
from training.engines import Engine, PlainEngine
from training.logs import OpenListener
from training.metrics import RunGauges
from training.tracking import tracker
from training.world import Distributed, World

if TYPE_CHECKING:
    import torch

    from training.rows import Rows

Notify = Callable[[dict[str, float]], None]


class RayReporter:
    """Metrics and checkpoints through `ray.train.report`, which is a barrier over all workers."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch

    def latest(self) -> Path | None:
        import ray.train

        checkpoint = ray.train.get_checkpoint()
        return Path(checkpoint.to_directory(str(self.scratch / "resume"))) if checkpoint else None

    def report(self, metrics: Mapping[str, float], write: Write | None) -> None:
        import ray.train

        if write is None:
            ray.train.report(dict(metrics))
            return
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            write(Path(folder))  # every worker writes its shard; Ray merges the folders
            ray.train.report(
                dict(metrics),
                checkpoint=ray.train.Checkpoint.from_directory(folder),
                checkpoint_dir_name=f"step-{int(metrics['step']):08d}",
            )

    def warned(self) -> bool:
        import ray.train

        return ray.train.get_preemption_info() is not None


def train(settings: Mapping[str, Any], notify: Notify | None = None) -> dict[str, Any]:
    """The worker function. An error the user can put right is returned, not raised: restarting would not help.

    All workers come to the same verdict (losses and preflight errors are shared), so none is left waiting.
    """
    settings = dict(settings)
    run_dir = settings.pop("run_dir")
    config = TrainConfig.model_validate(settings)
    try:
        with process_group(config.workers.gpu), _scratch() as scratch:
            return _train(config, run_dir, scratch, notify)
    except ToolschoolError as error:
        return {"error": error}


def _train(config: TrainConfig, run_dir: str, scratch: Path, notify: Notify | None) -> dict[str, Any]:
    world = Distributed()
    objective = objectives.make(config)
    if config.workers.count == 0:
        rows, validation = encoded.read_folder(storage.join(config.rows, "train")), encoded.read_validation(config)
    else:
        rows, validation = shard("train"), _validation_shard(config)
    metric = "loss" if validation is None else config.train.metric or objective.metric
    reporter: Reporter = RayReporter(scratch)
    if config.workers.count == 0:  # local mode keeps no checkpoints of its own
        reporter = FolderReporter(Path(run_dir), metric, config.train.num_to_keep, notify)
    return loop.run(
        config,
        objective,
        lambda model: _engine(model, config, world),
        rows,
        validation,
        world,
        reporter,
        run_dir,
        _listeners(config),
    )


def _listeners(config: TrainConfig) -> list[OpenListener]:
    """Prometheus where Ray exports it, and the tracker that is asked for."""
    gauges: list[OpenListener] = [lambda folder, step: RunGauges(config.output.name)] if config.workers.count else []
    tracked = tracker(config)
    return [*gauges, tracked] if tracked else gauges


def _engine(model: torch.nn.Module, config: TrainConfig, world: World) -> Engine:
    return (
        DeepSpeedEngine(model, config, world)
        if config.engine == "deepspeed"
        else PlainEngine(model, config.train, world)
    )


def shard(name: str) -> Rows:
    """All rows of a data set, through this worker's iterator."""
    import ray.train

    iterator = ray.train.get_dataset_shard(name)
    return encoded.from_tables(iterator.iter_batches(batch_size=4096, batch_format="pyarrow"))


def _validation_shard(config: TrainConfig) -> Rows | None:
    if not encoded.parquet_files(storage.join(config.rows, "validation")):
        return None
    return encoded.some(shard("validation"), config.train.eval_rows)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="toolschool-train-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
