"""Optuna's part: which values are tried next, given all that was measured; and which of them mattered. No Ray.

    proposals = Proposals(config, ledger.read())
    values = proposals.next("trial-004")
    proposals.tell(trial)

The study is built from the ledger, so a sweep that was killed proposes with all it has learnt. Several objectives: TPE over
the front (Ozaki et al. 2022, multi-objective TPE).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tuning.config import Sweep
from tuning.ledger import Trial, measured
from tuning.space import distributions

if TYPE_CHECKING:
    import optuna

ENOUGH = 4  # trials from which importances are computed


class Proposals:
    """A study that knows the trials that have ended and those that run."""

    def __init__(self, config: Sweep, known: Sequence[Trial]) -> None:
        self.config = config
        # Another seed after every stop: the same one would draw the first values once more.
        self.study = new_study(config, seed=config.search.seed + len(known))
        self.asked: dict[str, optuna.trial.Trial] = {}
        for trial in known:
            if trial.is_done:
                self.tell(trial)

    def next(self, name: str) -> dict[str, Any]:
        """Values by dotted key for the trial of that name."""
        self.asked[name] = self.study.ask(fixed_distributions=distributions(self.config.space))
        return dict(self.asked[name].params)

    def tell(self, trial: Trial) -> None:
        """Learn how a trial ended."""
        state, values, course = ending(trial, self.config.search.objectives)
        asked = self.asked.pop(trial.name, None)
        if asked is None:
            last = values or list(course.values())[-1:] or None  # as `tell` sets it
            self.study.add_trial(frozen(trial, self.config, last, state, course))
            return
        for step, value in course.items():
            asked.report(value, step)
        self.study.tell(asked, values, state=state)


def ending(
    trial: Trial, objectives: Mapping[str, str]
) -> tuple[optuna.trial.TrialState, list[float] | None, dict[int, float]]:
    """State, values and course of a trial as Optuna sees them.

    One that was stopped early tells its course alone, which TPE ranks behind whole ones; with several objectives there is no course.
    """
    from optuna.trial import TrialState

    if trial.end == "failed" or not trial.metrics:
        return TrialState.FAIL, None, {}
    values = [trial.metrics[name] for name in objectives]
    if len(objectives) > 1:
        return TrialState.COMPLETE, values, {}
    metric = next(iter(objectives))
    course = {number: row[metric] for number, row in enumerate(measured(trial.history, objectives), start=1)}
    return (TrialState.COMPLETE, values, course) if trial.finished else (TrialState.PRUNED, None, course)


def new_study(config: Sweep, seed: int) -> optuna.Study:
    """An empty study in memory, one direction per objective."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    ways = {"max": optuna.study.StudyDirection.MAXIMIZE, "min": optuna.study.StudyDirection.MINIMIZE}
    directions = [ways[mode] for mode in config.search.objectives.values()]
    return optuna.create_study(directions=directions, sampler=optuna.samplers.TPESampler(seed=seed))


def frozen(
    trial: Trial, config: Sweep, values: Sequence[float] | None, state: Any, course: Mapping[int, float]
) -> optuna.trial.FrozenTrial:
    """A trial of the ledger as Optuna keeps it."""
    import optuna

    return optuna.trial.create_trial(
        state=state,
        values=values,
        params=dict(trial.values),
        distributions=distributions(config.space),
        intermediate_values=dict(course),
    )


def importances(config: Sweep, trials: Sequence[Trial], metric: str) -> tuple[dict[str, float], int] | None:
    """Each key's share in the variance of a metric (fANOVA, Hutter et al. 2014), largest first, and the evaluation it is of.

    All trials are compared at the last evaluation that every one of them reached: those that went on were chosen, and had longer. None
    with fewer than four trials, or where nothing differs.
    """
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    courses = {trial.name: [row[metric] for row in trial.history if metric in row] for trial in trials}
    told = [trial for trial in trials if trial.is_done and courses[trial.name]]
    if len(told) < ENOUGH:
        return None
    reached = min(len(courses[trial.name]) for trial in told)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study()
    for trial in told:
        study.add_trial(frozen(trial, config, [courses[trial.name][reached - 1]], TrialState.COMPLETE, {}))
    if len({trial.value for trial in study.trials}) == 1:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return dict(sorted(found.items(), key=lambda item: -item[1])), reached
