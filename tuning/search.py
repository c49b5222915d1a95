"""Between Tune, Optuna and the ledger: hands out trials, writes down what they say, and has ASHA know the earlier ones.

`LedgerSearch` is a Ray Tune searcher: first the trials that were cut off, by their own names, then new ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from ray.tune.search import Searcher

from pipelines import files
from tuning.config import Sweep
from tuning.ledger import Ledger, Trial, heard, measured, reached_its_end, to_run
from tuning.study import Proposals

if TYPE_CHECKING:
    from ray.tune.schedulers import ASHAScheduler

MODEL_MARK = "model/toolschool.json"  # written last by a training that ended by itself


class LedgerSearch(Searcher):
    """Proposes what is left of a sweep, and keeps its ledger."""

    def __init__(self, config: Sweep, folder: str) -> None:
        super().__init__()
        self.config, self.folder = config, folder
        self.ledger = Ledger(folder)
        known = self.ledger.read()
        self.again, self.new = to_run(known, config.search.trials)
        self.proposals = Proposals(config, known)
        self.running: dict[str, Trial] = {}  # by Tune's id

    @property
    def left(self) -> int:
        """Trials that are not done."""
        return len(self.again) + len(self.new)

    def set_search_properties(self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any) -> bool:
        """Tune offers what the configuration says already."""
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | None:
        """`{"name": ..., "values": {...}}`, on disk before the trial begins; None after the last."""
        if self.again:
            trial = self.again.pop(0)
        elif self.new:
            name = self.new.pop(0)
            trial = Trial(name, self.proposals.next(name))
        else:
            return None
        self._keep(trial_id, trial)
        return {"name": trial.name, "values": dict(trial.values)}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        self._keep(trial_id, heard(self.running[trial_id], result, self.config))

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        trial = self.running[trial_id]
        if result and "step" in result:
            trial = heard(trial, result, self.config)
        whole = reached_its_end(trial, self.config) or self._has_model(trial)
        self._keep(trial_id, replace(trial, end="failed" if error else "finished" if whole else "stopped early"))
        self.proposals.tell(self.running.pop(trial_id))

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the ledger holds the state of the search."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: a new search reads the ledger."""

    def _keep(self, trial_id: str, trial: Trial) -> None:
        self.running[trial_id] = trial
        self.ledger.write(trial)

    def _has_model(self, trial: Trial) -> bool:
        return files.exists(files.join(self.folder, "trials", trial.name, MODEL_MARK))


def scheduler(config: Sweep, known: Sequence[Trial]) -> ASHAScheduler | None:
    """ASHA (Li et al. 2020) that has seen the trials that are done; None where there is nothing to stop by: several objectives have no
    order, and some trials measure nothing before they end."""
    from ray.tune.schedulers import ASHAScheduler

    search = config.search
    if len(search.objectives) > 1 or config.measures_once:
        return None
    (metric, mode), *_ = search.objectives.items()
    made = ASHAScheduler(
        time_attr="training_iteration",
        metric=metric,
        mode=mode,
        max_t=max(search.evaluations, search.grace),
        grace_period=search.grace,
        reduction_factor=search.reduction,
        stop_last_trials=False,  # a training that is to end anyway is left to write its model
    )
    for trial in known:
        if trial.is_done:
            remember(made, trial, metric)
    return made


def remember(asha: ASHAScheduler, trial: Trial, metric: str) -> None:
    """Put an earlier trial's evaluations on the rungs, where later ones are measured against them."""
    stand_in: Any = SimpleNamespace(trial_id=trial.name)
    nobody = cast(Any, None)
    asha.on_trial_add(nobody, stand_in)
    for number, row in enumerate(measured(trial.history, [metric]), start=1):
        asha.on_trial_result(nobody, stand_in, {"training_iteration": number, metric: row[metric]})
    asha.on_trial_remove(nobody, stand_in)
