"""A sweep over any keys of a training configuration: Ray Tune with Optuna, trials stopped early by ASHA.

    result = sweep(config, folder)         # inside a connected Ray; again with the same folder: goes on
    result.best, result.trials, result.front

Each trial is a small driver function that fits a trainer of its own (the driver-function pattern): Tune schedules the
drivers, the trainers ask for their workers themselves, and `TuneReportCallback`, used here and nowhere else, carries
every evaluation to ASHA. A trial that was cut off begins by telling what it had measured, then its training resumes.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipelines import files
from toolschool.config import build
from toolschool.errors import TrainError
from training.config import TrainConfig
from tuning.capacity import DRIVER_CPUS, cluster_nodes, trials_at_once
from tuning.config import SweepConfig, trial_config
from tuning.ledger import Ledger, Trial, front, numbers, ranked

if TYPE_CHECKING:
    from ray.tune import ResultGrid

    from tuning.search import LedgerSearch


@dataclass(frozen=True)
class SweepResult:
    """All trials, best first."""

    trials: Sequence[Trial]
    folder: str
    front: Sequence[Trial] = ()  # with several objectives: those that no other trial dominates, best first

    @property
    def best(self) -> Trial:
        """The best by the first objective."""
        return self.trials[0]


def sweep(config: SweepConfig, folder: str, *, at_most: int | None = None) -> SweepResult:
    """Run what is left of the trials inside a connected Ray; ledger, models and logs go below `folder`.

    Trials at the same time: `search.concurrent`, else as many as the nodes carry and not more than `at_most`. ConfigError when the folder's
    sweep is another one, or a trial's workers do not fit on the cluster; TrainError when no trial measured anything.
    """
    from tuning.search import LedgerSearch

    at_once = config.search.concurrent or min(trials_at_once(cluster_nodes(), config.trial.workers), at_most or 10**9)
    Ledger(folder).begin(config)
    search = LedgerSearch(config, folder)
    if search.left:
        note_errors(folder, run(config, folder, search, at_once))
    return outcome_of(config, folder)


def run(config: SweepConfig, folder: str, search: LedgerSearch, at_once: int) -> ResultGrid:
    """Have Tune run what the search hands out."""
    from ray import tune

    from tuning.search import scheduler

    base = config.trial.model_dump(mode="json", exclude_unset=True)
    driver = tune.with_parameters(run_trial, base=base, folder=f"{folder}/trials")
    tuner = tune.Tuner(
        tune.with_resources(driver, {"CPU": DRIVER_CPUS}),
        tune_config=tune.TuneConfig(
            num_samples=search.left,
            max_concurrent_trials=at_once,
            search_alg=search,
            scheduler=scheduler(config, search.ledger.read()),
        ),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=folder,
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=1),  # a driver's node may be lost; the training resumes
        ),
    )
    # Tune prints boxes even when told to be silent; they go to a file beside the trials.
    with redirect_stdout(io.StringIO()) as printed:
        grid = tuner.fit()
    files.write_text(files.join(folder, "tune.log"), printed.getvalue())
    return grid


def run_trial(given: dict[str, Any], base: dict[str, Any], folder: str) -> None:
    """The driver function: runs in an actor of Tune's, tells what it had measured before, builds one trainer and fits it."""
    from ray import tune

    from training.trainer import fit

    name = given["name"]
    config = trial_config(build(TrainConfig, base), given["values"], folder, name)
    known = recorded(f"{folder}/{name}")
    for row in known:
        tune.report(row)
    fit(config, callbacks=[_reporter(after=known[-1]["step"] if known else 0)])


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


def recorded(run: str) -> list[dict[str, float]]:
    """The evaluations in a training's metrics.jsonl, by step; a line that a kill cut off is left out."""
    log = files.join(run, "metrics.jsonl")
    steps: dict[float, dict[str, float]] = {}
    for line in files.read_lines(log) if files.exists(log) else ():
        try:
            row = json.loads(line)
        except ValueError:
            break  # the last line; the training writes the step again
        steps[row["step"]] = steps.get(row["step"], {}) | numbers(row)
    return [steps[step] for step in sorted(steps) if is_evaluation(steps[step])]


def note_errors(folder: str, grid: ResultGrid) -> None:
    """Write into the ledger why trials failed; Tune tells it at the end."""
    trials = {trial.name: trial for trial in Ledger(folder).read()}
    for result in (grid[k] for k in range(len(grid))):
        if result.error and result.config:
            said = str(result.error).strip().splitlines()[-1][:200]
            Ledger(folder).write(replace(trials[result.config["name"]], end="failed", error=said))


def outcome_of(config: SweepConfig, folder: str) -> SweepResult:
    """What the ledger says. TrainError when no trial measured what is compared."""
    objectives = config.search.objectives
    trials = ranked(Ledger(folder).read(), objectives)
    if not trials or not trials[0].is_ranked:
        why = trials[0].error if trials else "none ran"
        raise TrainError(f"no trial measured {' and '.join(objectives)}: {why}")
    return SweepResult(trials, folder, front(trials, objectives) if len(objectives) > 1 else ())
