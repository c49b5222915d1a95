"""A training run on a cluster: rows into Ray Data, workers by `TorchTrainer`, the best step into `<run>/model/`.

    result = fit(build(TrainConfig, read_yaml("recipes/tinyagent/planner-tinyllama.yaml"), {...}))

A run of the same `output.name` is resumed from its latest checkpoint, also after worker or node loss. With
`workers.count=0` the loop runs in this process, without a cluster. Limit: the driver builds the model once more to save
it, so it needs memory for one copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from toolschool.errors import DataError, ToolschoolError, TrainError
from toolschool.models.hub import lasting
from training import objectives, rows, storage
from training.checkpoints import FolderReporter, State, best_of
from training.config import TrainConfig, TrainResult
from training.finish import write_model
from training.objectives.base import higher_is_better

if TYPE_CHECKING:
    from ray.train.v2.api.callback import UserCallback


def fit(config: TrainConfig, callbacks: Sequence[UserCallback] = ()) -> TrainResult:
    """Train and save. Errors: PreflightError, DataError, ModelError, TrainError; all before or instead of a model folder.

    `callbacks` are Ray Train `UserCallback`s (`TuneReportCallback`, for example); they see every report.
    """
    run_dir = storage.join(storage.absolute(config.output.storage), config.output.name)
    metric = _metric(config)
    if config.workers.count == 0:
        return _fit_here(config, run_dir, metric, callbacks)
    result = _fit_on_cluster(config, run_dir, metric, callbacks)
    outcome = _outcome(result.return_value)
    scored = dict(result.best_checkpoints or [])
    best = best_of(scored, metric)
    with best.as_directory() as folder:
        return write_model(
            config, objectives.make(config), Path(folder), dict(scored[best]), int(outcome["step"]), run_dir
        )


def _fit_on_cluster(config: TrainConfig, run_dir: str, metric: str, callbacks: Sequence[UserCallback]) -> Any:
    from ray.train import CheckpointConfig, DataConfig, FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer
    from ray.train.v2.api.exceptions import TrainingFailedError

    from training import worker

    group = config.workers
    trainer = TorchTrainer(
        cast(Any, worker.train),
        train_loop_config=_loop_config(config, run_dir),
        torch_config=TorchConfig(backend="nccl" if group.gpu else "gloo", timeout_s=group.timeout_s),
        scaling_config=ScalingConfig(
            num_workers=group.count, use_gpu=group.gpu, resources_per_worker=_resources(config)
        ),
        datasets=datasets(config),
        dataset_config=DataConfig(datasets_to_split=[]),  # every worker sees all rows, see worker.py
        run_config=RunConfig(
            name=config.output.name,
            storage_path=storage.absolute(config.output.storage),
            failure_config=FailureConfig(max_failures=group.max_failures),
            checkpoint_config=CheckpointConfig(
                num_to_keep=config.train.num_to_keep,
                checkpoint_score_attribute=metric,
                checkpoint_score_order="max" if higher_is_better(metric) else "min",
            ),
            callbacks=cast(Any, list(callbacks)),
        ),
    )
    try:
        return trainer.fit()
    except TrainingFailedError as error:
        raise TrainError(f"the workers failed: {_cause(error)}") from error


def _fit_here(config: TrainConfig, run_dir: str, metric: str, callbacks: Sequence[UserCallback]) -> TrainResult:
    """Local mode: Ray calls the loop in this process. Ray gives callbacks no reports here, so the loop does."""
    from ray.train import ScalingConfig
    from ray.train.torch import TorchTrainer

    from training import worker

    if storage.is_uri(run_dir):
        raise TrainError("workers.count=0 needs a local output.storage; use one worker or more for a URI")

    def notify(metrics: dict[str, float]) -> None:
        for callback in callbacks:
            callback.after_report(run_context=cast(Any, None), metrics=[metrics], checkpoint=None)

    trainer: Any = TorchTrainer(
        cast(Any, lambda settings: worker.train(settings, notify)),
        train_loop_config=_loop_config(config, run_dir),
        scaling_config=ScalingConfig(num_workers=0, use_gpu=config.workers.gpu),
    )
    outcome = _outcome(trainer.fit().return_value)
    best = FolderReporter(Path(run_dir), metric, config.train.num_to_keep).best()
    return write_model(
        config, objectives.make(config), best, dict(State.read(best).metrics), int(outcome["step"]), run_dir
    )


def datasets(config: TrainConfig) -> dict[str, Any]:
    """Training and, where there are any, validation rows as Ray Data sets. DataError when there is nothing to train on.

    The driver reads the files once and the rows stand in the object store. Reading in Ray Data tasks would need a free
    CPU: with a worker on every one of them it waits for ever.
    """
    import ray.data

    found = {}
    for split in ("train", "validation"):
        folder = storage.join(storage.absolute(config.rows), split)
        if rows.parquet_files(folder):
            found[split] = ray.data.from_arrow(rows.read_tables(folder))
    if "train" not in found:
        raise DataError(f"no Parquet files in {config.rows}/train; run the prepare job first")
    return found


def _metric(config: TrainConfig) -> str:
    """The metric that names the best checkpoint, known before any worker starts."""
    if not rows.parquet_files(storage.join(config.rows, "validation")):
        return "loss"
    return config.train.metric or objectives.default_metric(config.objective)


def _loop_config(config: TrainConfig, run_dir: str) -> dict[str, Any]:
    """The configuration for the workers, whose working directory is another: local folders as absolute paths."""
    placed = config.model_dump(mode="json") | {"rows": storage.absolute(config.rows), "run_dir": run_dir}
    placed["model"]["name"] = config.model.name and lasting(config.model.name)
    if config.model.token_words:
        placed["model"]["token_words"] = storage.absolute(config.model.token_words)
    if config.model.fresh:
        placed["model"]["fresh"]["tokenizer"] = lasting(config.model.fresh.tokenizer)
    return placed


def _resources(config: TrainConfig) -> dict[str, float]:
    return {"CPU": config.workers.cpus, **({"GPU": 1} if config.workers.gpu else {})}


def _outcome(value: Any) -> dict[str, Any]:
    error = value.get("error")
    if isinstance(error, ToolschoolError):
        raise error
    return dict(value)


def _cause(error: BaseException) -> str:
    """One line: the first worker's error where Ray names it."""
    failures = getattr(error, "worker_failures", None) or {}
    first = next(iter(failures.values()), error)
    return str(first).strip().splitlines()[-1][:300]
