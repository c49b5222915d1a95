"""A sweep over any keys of a trial's configuration: Ray Tune with Optuna, trials stopped early by ASHA where they can be.

    result = sweep(config, folder)         # inside a connected Ray; again with the same folder: goes on
    result.best, result.trials, result.front

Tune schedules the drivers of trials (`tuning/driver.py` for a training, `jobs/tune_chain.py` for a chain); what these start asks for its own
workers.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines import files
from toolschool.errors import TrainError
from tuning.capacity import DRIVER_CPUS, cluster_nodes, trials_at_once
from tuning.config import Sweep
from tuning.ledger import Ledger, Trial, front, ranked

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


def sweep(config: Sweep, folder: str, *, at_most: int | None = None) -> SweepResult:
    """Run what is left of the trials inside a connected Ray; ledger, models and logs go below `folder`.

    Trials at the same time: `search.concurrent`, else as many as the nodes carry and not more than `at_most`. ConfigError when the folder's
    sweep is another one, or a trial's workers do not fit on the cluster; TrainError when no trial measured anything.
    """
    from tuning.search import LedgerSearch

    at_once = config.search.concurrent or min(*carried(config), at_most or 10**9)
    Ledger(folder).begin(config)
    search = LedgerSearch(config, folder)
    if search.left:
        note_errors(folder, run(config, folder, search, at_once))
    return outcome_of(config, folder)


def carried(config: Sweep) -> list[int]:
    """How many trials the nodes carry, by each thing that a trial holds."""
    nodes = cluster_nodes()
    return [trials_at_once(nodes, group) for group in config.needs]


def run(config: Sweep, folder: str, search: LedgerSearch, at_once: int) -> ResultGrid:
    """Have Tune run what the search hands out."""
    from ray import tune

    from tuning.search import scheduler

    os.environ["RAY_CHDIR_TO_TRIAL_DIR"] = "0"  # recipes name folders as seen from where the sweep was started
    base = config.model_dump(mode="json", exclude_unset=True)
    driver = tune.with_parameters(config.driver, base=base, folder=f"{folder}/trials")
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


def note_errors(folder: str, grid: ResultGrid) -> None:
    """Write into the ledger why trials failed; Tune tells it at the end."""
    trials = {trial.name: trial for trial in Ledger(folder).read()}
    for result in (grid[k] for k in range(len(grid))):
        if result.error and result.config:
            said = str(result.error).strip().splitlines()[-1][:200]
            Ledger(folder).write(replace(trials[result.config["name"]], end="failed", error=said))


def outcome_of(config: Sweep, folder: str) -> SweepResult:
    """What the ledger says. TrainError when no trial measured what is compared."""
    objectives = config.search.objectives
    trials = ranked(Ledger(folder).read(), objectives)
    if not trials or not trials[0].is_ranked:
        why = trials[0].error if trials else "none ran"
        raise TrainError(f"no trial measured {' and '.join(objectives)}: {why}")
    return SweepResult(trials, folder, front(trials, objectives) if len(objectives) > 1 else ())
