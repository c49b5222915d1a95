"""What runs a training as a trial: a small function in an actor of Tune's, that fits a trainer of its own (the driver-function pattern).

`TuneReportCallback`, used here and nowhere else, carries every evaluation to ASHA. A trial that was cut off begins by telling what it had
measured, then its training resumes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from pipelines import files
from toolschool.config import build
from tuning.config import SweepConfig
from tuning.ledger import numbers


def run_trial(given: dict[str, Any], base: dict[str, Any], folder: str) -> None:
    """Tells what the trial had measured before, builds its trainer and fits it."""
    from ray import tune

    from training.trainer import fit

    config, name = build(SweepConfig, base), given["name"]
    known = recorded(f"{folder}/{name}", config)
    for row in known:
        tune.report(row)
    after = known[-1]["step"] if known else 0
    fit(config.recipe(given["values"], name, folder), callbacks=[_reporter(after)])


def _reporter(after: float) -> Any:
    """The callback to Tune. It tells every step once: a training that restarts does so from a checkpoint that may lie before what was told."""
    from ray.tune.integration.ray_train import TuneReportCallback

    class Reporter(TuneReportCallback):
        told = after

        def after_report(self, run_context: Any, metrics: list[dict[str, Any]], checkpoint: Any) -> None:
            if is_evaluation(metrics[0]) and metrics[0]["step"] > self.told:
                self.told = metrics[0]["step"]
                super().after_report(run_context, metrics, checkpoint)

    return Reporter()


def is_evaluation(row: Mapping[str, Any]) -> bool:
    """Whether a training's report measured something; one for a checkpoint out of turn says the worst number there is (training/loop.py)."""
    measured = [value for key, value in row.items() if key.startswith("val_")]
    return bool(measured) and all(abs(value) < sys.float_info.max for value in measured)


def recorded(run: str, config: SweepConfig) -> list[dict[str, float]]:
    """The evaluations in a training's metrics.jsonl, by step; a line that a kill cut off is left out."""
    log = files.join(run, "metrics.jsonl")
    steps: dict[float, dict[str, float]] = {}
    for line in files.read_lines(log) if files.exists(log) else ():
        try:
            row = json.loads(line)
        except ValueError:
            break  # the last line; the training writes the step again
        steps[row["step"]] = steps.get(row["step"], {}) | numbers(row, config)
    return [steps[step] for step in sorted(steps) if is_evaluation(steps[step])]
