"""What a sweep leaves for people: a table, a CSV, a picture, the best as a recipe.

No Ray. The picture is the metric against what was varied first. Where tools are retrieved it is coverage against number of tools instead, a line
per trial: with a saved model the trade-off curve over thresholds on validation rows, otherwise (stopped early) the points its evaluations
measured at the threshold of the objective.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.config import to_yaml
from toolschool.evaluation.tables import Table
from toolschool.evaluation.toolrag import CurvePoint, curve
from tuning.sweep import SweepConfig, SweepResult, Trial, trial_config

if TYPE_CHECKING:
    import numpy as np

COLUMNS: Mapping[str, str] = {
    "val_average_precision": "average precision",
    "val_coverage": "set coverage",
    "val_mean_tools": "tools per query",
    "val_tool_accuracy": "tool right",
    "val_precision": "precision",
    "val_recall": "recall",
    "val_f1": "F1",
    "val_loss": "loss",
    "step": "best step",
}


def table(result: SweepResult, metric: str) -> Table:
    """One row per trial, best first."""
    keys = list(result.best.values)
    columns = [name for name in COLUMNS if any(name in trial.metrics for trial in result.trials)]
    rows = tuple(
        (
            str(rank),
            *(show(trial.values[key]) for key in keys),
            *(show(trial.metrics.get(name)) for name in columns),
            "failed" if trial.error else "finished" if trial.finished else "stopped early",
        )
        for rank, trial in enumerate(result.trials, start=1)
    )
    header = ("rank", *keys, *(COLUMNS[name] for name in columns), "end")
    return Table("Sweep", header, rows, f"Validation rows, best evaluation of each trial by {metric}.")


def show(value: Any) -> str:
    """A value as a table cell."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def to_csv(result: SweepResult) -> str:
    """All trials with everything their best evaluation measured."""
    names = sorted({name for trial in result.trials for name in trial.metrics})
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["trial", *result.best.values, *names, "finished", "error"])
    for trial in result.trials:
        measured = [trial.metrics.get(name, "") for name in names]
        writer.writerow([trial.name, *trial.values.values(), *measured, trial.finished, trial.error])
    return buffer.getvalue()


def coverage_picture(config: SweepConfig, result: SweepResult) -> bytes | None:
    """PNG of coverage against tools per query, a line per trial; None when the objective does not measure them."""
    from toolschool.evaluation.plots import coverage_plot

    trials = [trial for trial in result.trials if "val_mean_tools" in trial.metrics]
    if not trials:
        return None
    lines: dict[str, Sequence[CurvePoint]] = {}
    marks = {}
    for rank, trial in enumerate(trials[:7], start=1):  # more lines than colours cannot be told apart
        label = f"{rank}: " + ", ".join(f"{key.split('.')[-1]} {show(value)}" for key, value in trial.values.items())
        lines[label] = trial_curve(config, trial, result.folder)
        if rank == 1:
            marks[label] = _point(trial.metrics, config.trial.objective_args.threshold)
    return coverage_plot(lines, marks, title="Trials on validation rows")


def metric_picture(config: SweepConfig, result: SweepResult) -> bytes | None:
    """PNG of the metric against the first number of the space, a colour per choice of the rest; None where the space has no number."""
    from toolschool.evaluation.plots import sweep_plot

    metric = config.search.metric
    trials = [trial for trial in result.trials if metric in trial.metrics]
    numbers = [key for key in config.space if all(_is_number(trial.values[key]) for trial in trials)]
    if not trials or not numbers:
        return None
    choices = [key for key in config.space if key not in numbers]
    groups: dict[str, list[tuple[float, float]]] = {}
    for trial in trials:
        name = ", ".join(f"{key.split('.')[-1]} {trial.values[key]}" for key in choices) or "trials"
        groups.setdefault(name, []).append((trial.values[numbers[0]], trial.metrics[metric]))
    return sweep_plot(dict(sorted(groups.items())), numbers[0], metric, title="Trials on validation rows")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def trial_curve(config: SweepConfig, trial: Trial, folder: str) -> list[CurvePoint]:
    """The trade-off of a trial's saved model, or the points it reported."""
    model = Path(folder, "trials", trial.name, "model")
    if "://" not in folder and (model / "toolschool.json").is_file():
        probabilities, labels = _validation(config, str(model))
        return curve(probabilities, labels)
    threshold = config.trial.objective_args.threshold
    return sorted((_point(row, threshold) for row in trial.history), key=lambda point: point.mean_tools)


def _validation(config: SweepConfig, model: str) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    from toolschool.methods.tinyagent.selection import sigmoid
    from toolschool.models.classifier import ToolClassifier, predict_logits
    from training.rows import read_folder

    rows = list(read_folder(f"{config.trial.rows}/validation"))
    logits = predict_logits(ToolClassifier.from_pretrained(model), [row.input_ids.tolist() for row in rows]).numpy()
    return sigmoid(logits), np.stack([row.labels for row in rows])


def _point(measured: Mapping[str, float], threshold: float) -> CurvePoint:
    return CurvePoint(
        threshold=threshold,
        mean_tools=measured.get("val_mean_tools", math.nan),
        set_coverage=measured.get("val_coverage", math.nan),
        mean_recall=measured.get("val_recall", math.nan),
        precision=measured.get("val_precision", math.nan),
    )


def best_yaml(config: SweepConfig, best: Trial, name: str) -> str:
    """The best trial as a ready-to-run configuration of `jobs.train`."""
    chosen = trial_config(config.trial, best.values, config.trial.output.storage, name)
    shown = ", ".join(f"{key}={show(value)}" for key, value in best.values.items())
    head = f"# Best of a sweep over {', '.join(config.space)}: {shown}\n#   python -m jobs.train --config THIS_FILE\n"
    return head + to_yaml(chosen)
