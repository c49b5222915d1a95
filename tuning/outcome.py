"""What a sweep leaves for people beside pictures: a table, a CSV, the best as a recipe, with several objectives one per member of the front. No Ray."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from toolschool.config import to_yaml
from toolschool.evaluation.tables import Table
from tuning.config import Sweep
from tuning.ledger import Trial
from tuning.study import ENOUGH
from tuning.sweep import SweepResult

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


def table(config: Sweep, result: SweepResult) -> Table:
    """One row per trial, best first."""
    keys = list(result.best.values)
    objectives = config.search.objectives
    usual = [name for name in COLUMNS if name != "step" or not config.measures_once]
    known = [*usual, *(name for name in objectives if name not in COLUMNS)]
    columns = [name for name in known if any(name in trial.metrics for trial in result.trials)]
    leading = {trial.name for trial in result.front}
    rows = tuple(
        (
            str(rank),
            *(show(trial.values[key]) for key in keys),
            *(show(trial.metrics.get(name)) for name in columns),
            (trial.end or "cut off") + (", front" if trial.name in leading else ""),
        )
        for rank, trial in enumerate(result.trials, start=1)
    )
    header = ("rank", *keys, *(COLUMNS.get(name, name) for name in columns), "end")
    return Table("Sweep", header, rows, _note(config, result))


def _note(config: Sweep, result: SweepResult) -> str:
    """What the rows show."""
    shown = " and ".join(f"{name} ({mode})" for name, mode in config.search.objectives.items())
    when = "each trial at its end" if config.measures_once else "each trial at the step of its saved model"
    if result.front:
        return f"Validation rows, {when}, by {shown}; first the front, by {config.search.first}."
    ended = sum(trial.is_done for trial in result.trials)
    few = f" {ended} trials are too few to say which key mattered." if ended < ENOUGH else ""
    best = when if config.measures_once else "best evaluation of each trial"
    return f"Validation rows, {best} by {shown}.{few}"


def show(value: Any) -> str:
    """A value as a table cell."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def to_csv(result: SweepResult) -> str:
    """All trials with everything that the evaluation measured by which they are compared."""
    names = sorted({name for trial in result.trials for name in trial.metrics})
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["trial", *result.best.values, *names, "end", "error"])
    for trial in result.trials:
        measured = [trial.metrics.get(name, "") for name in names]
        writer.writerow([trial.name, *trial.values.values(), *measured, trial.end, trial.error])
    return buffer.getvalue()


def recipes(config: Sweep, result: SweepResult, name: str) -> dict[str, str]:
    """By file name: best.yaml and, with several objectives, front/1.yaml and on, as ranked; each runs with the sweep's `verb`."""
    members = {f"front/{rank}.yaml": trial for rank, trial in enumerate(result.front, start=1)}
    found = {"best.yaml": best_yaml(config, result.best, f"{name}-best")}
    return found | {
        file: best_yaml(config, trial, f"{name}-{file.removesuffix('.yaml').replace('/', '-')}")
        for file, trial in members.items()
    }


def best_yaml(config: Sweep, best: Trial, name: str) -> str:
    """A trial as a ready-to-run configuration of the sweep's `verb`."""
    chosen = config.recipe(best.values, name)
    shown = ", ".join(f"{key}={show(value)}" for key, value in best.values.items())
    measured = ", ".join(f"{metric} {show(best.metrics.get(metric))}" for metric in config.search.objectives)
    head = f"# {best.name} of a sweep over {', '.join(config.space)}: {shown}; {measured}\n#   python -m {config.verb} --config THIS_FILE\n"
    return head + to_yaml(chosen)
