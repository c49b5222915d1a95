"""Diagnosis before a long run: a model that cannot learn 20 rows by heart will not learn 20,000.

    healthy, metrics = doctor(config)

Trains on the first 20 training rows until (nearly) every supervised token is the likeliest, and reports how far it came.
A failure points to the rows, the learning rate or frozen weights, not to too little data.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from toolschool.errors import TrainError
from training import loop, objectives, rows, storage
from training.checkpoints import FolderReporter
from training.config import TrainConfig
from training.engines import PlainEngine
from training.world import World

TARGETS = {"causal_lm": ("val_row_accuracy", 0.95), "tool_classifier": ("val_coverage", 0.95)}


def doctor(config: TrainConfig, count: int = 20, steps: int = 200) -> dict[str, float]:
    """Metrics on the `count` rows after at most `steps` steps on them; raises TrainError when they were not learnt."""
    metric, target = TARGETS[config.objective]
    table = rows.read_folder(storage.join(config.rows, "train"))
    few = rows.from_lists([table[i] for i in range(min(count, len(table)))])
    options = config.train.model_copy(
        update={
            "max_steps": steps,
            "eval_every": max(1, steps // 10),
            "batch_size": min(config.train.batch_size, len(few)),
            "grad_accumulation": 1,
            "schedule": "constant",
            "weight_decay": 0.0,
            "metric": metric,
            "patience": None,
        }
    )
    config = config.model_copy(update={"train": options})
    scores: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        reporter = _StopWhenLearnt(Path(folder), metric, target, scores)
        try:
            loop.run(
                config,
                objectives.make(config),
                lambda model: PlainEngine(model, options, World()),
                few,
                few,
                World(),
                reporter,
                folder,
            )
        except _Learnt:
            return scores[-1]
    best = max(score[metric] for score in scores)
    raise TrainError(
        f"after {steps} steps on {len(few)} rows {metric} is {best:.2f}, not {target}: "
        "look at the preflight samples, raise train.lr, or train more weights"
    )


class _Learnt(Exception):
    """Leaves the loop early."""


class _StopWhenLearnt(FolderReporter):
    """Keeps scores instead of checkpoints."""

    def __init__(self, run: Path, metric: str, target: float, scores: list[dict[str, float]]) -> None:
        super().__init__(run, metric, 1)
        self.target, self.scores = target, scores

    def report(self, metrics, write) -> None:  # type: ignore[no-untyped-def]
        self.scores.append(dict(metrics))
        if metrics[self.metric] >= self.target:
            raise _Learnt
