"""Can this model learn at all? Twenty rows by heart: who cannot learn 20 will not learn 20,000.

    metrics = overfit(config)

A fresh model with the recipe's adapter, optimiser, rate and objective, on rows spread evenly over the set. A failure
points to frozen weights, the learning rate or too small a model, not to too little data. Leaves nothing on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from toolschool.errors import TrainError
from training import loop, objectives, storage
from training.checkpoints import State, Write
from training.checks.speed import order_of
from training.config import TrainConfig
from training.engines import PlainEngine
from training.logs import RunLog
from training.rows import Rows, read_folder, some
from training.world import World

LEARNT = 0.95
LOOKS = 10  # evaluations


def overfit(
    config: TrainConfig, count: int = 20, steps: int = 200, say: Callable[[str], None] = lambda text: None
) -> dict[str, float]:
    """Metrics on `count` rows after at most `steps` steps on them; TrainError when they were not learnt by then."""
    few = some(read_folder(storage.join(config.rows, "train")), count)
    metric = target(config)
    reporter = _UntilLearnt(metric, lambda step: say(f"overfit test, step {step} of {steps}"))
    session = _session(config, few, steps, reporter)
    try:
        loop.loop(session, State(), RunLog("", 0, active=False))
    except _Learnt:
        return reporter.all[-1]
    best = max(reporter.all, key=lambda scores: scores[metric])
    shown = ", ".join(f"{name} {best[name]:.2f}" for name in ("val_token_accuracy", "val_loss") if name in best)
    raise TrainError(
        f"after {steps} steps on {len(few)} rows {metric} is {best[metric]:.2f}, not {LEARNT} ({shown}): "
        "try another train.lr, train more weights (model.adapter=full, a higher lora.r), or take a larger model"
    )


def target(config: TrainConfig) -> str:
    """What must come to 1. Where no prompt says which row it is, nobody can guess how a row begins: tokens count."""
    if config.objective == "tool_classifier":
        return "val_coverage"
    return "val_token_accuracy" if config.objective_args.supervise_prompt else "val_row_accuracy"


def _session(config: TrainConfig, few: Rows, steps: int, reporter: _UntilLearnt) -> loop.Session:
    """As the loop prepares one, but without preflight: its rules are for the whole set."""
    import torch

    changes = {"eval_every": max(1, steps // LOOKS), "schedule": "constant", "weight_decay": 0.0, "patience": None}
    options = config.train.model_copy(update={**changes, "checkpoint_every": None, "metric": reporter.metric})
    config = config.model_copy(update={"train": options})
    torch.manual_seed(options.seed)
    objective = objectives.make(config)
    return loop.Session(
        config=config,
        objective=objective,
        engine=PlainEngine(objective.build(), options, World()),
        order=order_of(objective, few, config, min(options.batch_size, len(few))),
        rows=few,
        validation=few,
        weights=[objective.weight(row) for row in few],
        world=World(),
        reporter=reporter,
        total=steps,
    )


class Scores:
    """A reporter that keeps metrics and no checkpoints."""

    def __init__(self) -> None:
        self.all: list[dict[str, float]] = []

    def latest(self) -> Path | None:
        return None

    def report(self, metrics: Mapping[str, float], write: Write | None) -> None:
        self.all.append(dict(metrics))

    def warned(self) -> bool:
        return False


class _Learnt(Exception):
    """Leaves the loop early."""


class _UntilLearnt(Scores):
    def __init__(self, metric: str, on_step: Callable[[int], None]) -> None:
        super().__init__()
        self.metric, self.on_step = metric, on_step

    def report(self, metrics: Mapping[str, float], write: Write | None) -> None:
        super().report(metrics, write)
        self.on_step(int(metrics["step"]))
        if metrics[self.metric] >= LEARNT:
            raise _Learnt
