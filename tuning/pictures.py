"""The pictures of a sweep, by file name; which there are depends on what was measured. No Ray.

coverage.png (tool classifiers: coverage against number of tools) or trials.png (the metric against the first number), parallel.png,
curves.png (where trials are evaluated on their way), importance.png (from four trials and two keys on), front.png (several objectives).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolschool.evaluation.report import Figure
from toolschool.evaluation.toolrag import CurvePoint, curve
from tuning.config import Sweep, SweepConfig, trial_config
from tuning.ledger import Trial
from tuning.outcome import show
from tuning.space import is_log
from tuning.study import importances
from tuning.sweep import SweepResult

if TYPE_CHECKING:
    import numpy as np


def pictures(config: Sweep, result: SweepResult) -> Iterator[tuple[str, Figure]]:
    """File name and figure of everything that can be drawn."""
    first = config.search.first
    if isinstance(config, SweepConfig) and (png := coverage_picture(config, result)):
        yield "coverage.png", Figure("Coverage against tools", png, "Set coverage against mean tools, per trial")
    elif png := metric_picture(config, result):
        yield "trials.png", Figure("Trials", png, f"{first} of every trial against what was varied first")
    if png := front_picture(config, result):
        yield "front.png", Figure("Front", png, "Trials by two objectives, the front joined")
    yield (
        "parallel.png",
        Figure(
            "All trials",
            parallel_picture(config, result),
            f"A line per trial over what was varied, coloured by {first}",
        ),
    )
    if not config.measures_once:
        about = f"{first} by evaluation, and where each trial ended"
        yield "curves.png", Figure("Learning curves", curves_picture(config, result), about)
    for metric in config.search.objectives:
        if png := importance_picture(config, result, metric):
            name = "importance.png" if metric == first else f"importance-{metric}.png"
            yield name, Figure(f"What mattered for {metric}", png, f"Share of each key in the variance of {metric}")


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
            marks[label] = _point(trial.metrics, threshold_of(config, trial))
    return coverage_plot(lines, marks, title="Trials on validation rows")


def metric_picture(config: Sweep, result: SweepResult) -> bytes | None:
    """PNG of the metric against the first number of the space, a colour per choice of the rest; None where the space has no number."""
    from toolschool.evaluation.plots import sweep_plot

    metric = config.search.first
    trials = [trial for trial in result.trials if metric in trial.metrics]
    numbers = [key for key in config.space if all(_is_number(trial.values[key]) for trial in trials)]
    if not trials or not numbers:
        return None
    choices = [key for key in config.space if key not in numbers]
    groups: dict[str, list[tuple[float, float]]] = {}
    for trial in trials:
        name = ", ".join(f"{key.split('.')[-1]} {trial.values[key]}" for key in choices) or "trials"
        groups.setdefault(name, []).append((trial.values[numbers[0]], trial.metrics[metric]))
    mode = config.search.objectives[metric]
    return sweep_plot(dict(sorted(groups.items())), numbers[0], metric, title="Trials on validation rows", mode=mode)


def parallel_picture(config: Sweep, result: SweepResult) -> bytes:
    """PNG of parallel coordinates over all trials that measured something."""
    from toolschool.evaluation.sweep_plots import Axis, Line, parallel_plot

    metric = config.search.first
    trials = [trial for trial in result.trials if metric in trial.metrics]
    axes = [Axis(key, is_log(dimension), tuple(dimension.get("choice", ()))) for key, dimension in config.space.items()]
    lines = [Line([trial.values[key] for key in config.space], trial.metrics[metric]) for trial in trials]
    return parallel_plot(axes, lines, metric, title="Trials on validation rows")


def curves_picture(config: Sweep, result: SweepResult) -> bytes:
    """PNG of the first objective at every evaluation of every trial."""
    from toolschool.evaluation.sweep_plots import Course, curves_plot

    search = config.search
    courses = [
        Course(trial.name, [row[search.first] for row in trial.history if search.first in row], trial.end)
        for trial in result.trials
        if trial.metrics
    ]
    return curves_plot(courses, search.first, rungs(config), title="Trials on validation rows")


def rungs(config: Sweep) -> list[int]:
    """Evaluations after which ASHA compares; none with several objectives."""
    search = config.search
    if len(search.objectives) > 1:
        return []
    found = [search.grace]
    while found[-1] * search.reduction <= search.evaluations:
        found.append(found[-1] * search.reduction)
    return found


def importance_picture(config: Sweep, result: SweepResult, metric: str) -> bytes | None:
    """PNG of each key's share in the metric; None with too few trials or keys."""
    from toolschool.evaluation.sweep_plots import importance_plot

    found = importances(config, result.trials, metric) if len(config.space) > 1 else None
    if found is None:
        return None
    shares, reached = found
    when = "" if config.measures_once else f" at evaluation {reached}, which every trial reached"
    return importance_plot(shares, metric, title=f"What mattered{when}")


def front_picture(config: Sweep, result: SweepResult) -> bytes | None:
    """PNG of the first two objectives; None when there is one."""
    from toolschool.evaluation.sweep_plots import Point, front_plot

    if len(config.search.objectives) < 2:
        return None
    y, x, *_ = config.search.objectives.items()
    leading = {trial.name: str(rank) for rank, trial in enumerate(result.front, start=1)}
    points = [
        Point(leading.get(trial.name, ""), trial.metrics[x[0]], trial.metrics[y[0]], trial.name in leading)
        for trial in result.trials
        if trial.metrics
    ]
    return front_plot(points, x, y, title="Front on validation rows; numbers as in front/")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def threshold_of(config: SweepConfig, trial: Trial) -> float:
    """The threshold at which a trial's evaluations counted tools."""
    return trial_config(config.trial, trial.values, "-", trial.name).objective_args.threshold


def trial_curve(config: SweepConfig, trial: Trial, folder: str) -> list[CurvePoint]:
    """The trade-off of a trial's saved model, or the points it reported."""
    model = Path(folder, "trials", trial.name, "model")
    if "://" not in folder and (model / "toolschool.json").is_file():
        probabilities, labels = _validation(trial.values.get("rows", config.trial.rows), str(model))
        return curve(probabilities, labels)
    threshold = threshold_of(config, trial)
    return sorted((_point(row, threshold) for row in trial.history), key=lambda point: point.mean_tools)


def _validation(rows: str, model: str) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    from toolschool.methods.tinyagent.selection import sigmoid
    from toolschool.models.classifier import ToolClassifier, predict_logits
    from training.rows import read_folder

    read = list(read_folder(f"{rows}/validation"))
    logits = predict_logits(ToolClassifier.from_pretrained(model), [row.input_ids.tolist() for row in read]).numpy()
    return sigmoid(logits), np.stack([row.labels for row in read])


def _point(measured: Mapping[str, float], threshold: float) -> CurvePoint:
    return CurvePoint(
        threshold=threshold,
        mean_tools=measured.get("val_mean_tools", math.nan),
        set_coverage=measured.get("val_coverage", math.nan),
        mean_recall=measured.get("val_recall", math.nan),
        precision=measured.get("val_precision", math.nan),
    )
