"""A training run with torch alone: one process, CPU or one GPU, neither Ray nor DeepSpeed.

    python -m training.plain --config recipes/tinyagent/planner-tinyllama.yaml output.name=planner

The same loop, objectives, checks and resuming as on a cluster; `engine`, `deepspeed` and `workers` of the configuration are
unused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from toolschool.config import parse
from toolschool.errors import ConfigError
from training import loop, objectives, rows, storage
from training.checkpoints import FolderReporter, State
from training.config import TrainConfig, TrainResult
from training.engines import PlainEngine
from training.finish import write_model
from training.tracking import tracker
from training.world import World


def fit_plain(config: TrainConfig, notify: Callable[[dict[str, float]], None] | None = None) -> TrainResult:
    """Train, then write `<run>/model/` from the best checkpoint. A run of the same name is resumed."""
    if storage.is_uri(config.output.storage):
        raise ConfigError("training without a cluster needs a local output.storage")
    objective = objectives.make(config)
    train = rows.read_folder(storage.join(config.rows, "train"))
    validation = rows.read_validation(config)
    run_dir = Path(storage.absolute(config.output.storage)) / config.output.name
    metric = "loss" if validation is None else config.train.metric or objective.metric
    reporter = FolderReporter(run_dir, metric, config.train.num_to_keep, notify)
    outcome = loop.run(
        config,
        objective,
        lambda model: PlainEngine(model, config.train, World()),
        train,
        validation,
        World(),
        reporter,
        str(run_dir),
        [opened] if (opened := tracker(config)) else [],
    )
    best = reporter.best()
    return write_model(config, objective, best, dict(State.read(best).metrics), outcome["step"], str(run_dir))


def main(argv: Sequence[str] | None = None) -> int:
    command = parse(TrainConfig, argv, "training.plain", "Train without Ray and DeepSpeed, in this process.")
    if not command.dry_run:
        print(fit_plain(command.config).model_dir)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
