"""A sweep over any keys of a training configuration: Ray Tune with Optuna, trials stopped early by ASHA.

    result = sweep(config, cpus=session.cpus, gpus=session.gpus)
    result.best, result.trials

Each trial is a small driver function that fits a trainer of its own (the driver-function pattern): Tune schedules the
drivers, the trainers ask for their workers themselves, and `TuneReportCallback`, used here and nowhere else, carries
every evaluation to ASHA. Limit: all trials share the encoded rows, so keys that change the encoding are refused.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field, model_validator

from pipelines import files
from toolschool.config import Config, build, override
from toolschool.errors import ConfigError, TrainError
from training.config import TrainConfig
from tuning.space import check_dimension, concurrent_trials, corner, flatten, to_tune

DRIVER_CPUS = 0.1
FROZEN = ("rows", "output", "workers", "objective", "model.name")


class SearchConfig(Config):
    """How trials are chosen and stopped."""

    trials: int = Field(default=8, ge=1)
    """How many."""
    metric: str = "val_average_precision"
    """What is compared; an evaluation metric of the objective."""
    mode: Literal["max", "min"] = "max"
    """Whether more or less of it is better."""
    grace: int = Field(default=1, ge=1)
    """Evaluations a trial gets before it can be stopped."""
    reduction: int = Field(default=2, ge=2)
    """At each rung one trial in so many goes on."""
    evaluations: int = Field(default=10, ge=1)
    """Evaluations of a whole trial at most."""
    concurrent: int | None = Field(default=None, ge=1)
    """Trials at the same time; default: as many as the cluster's CPUs and GPUs carry."""
    seed: int = 0
    """Seed of the search."""


class SweepConfig(Config):
    """A base configuration, what varies, and how to search. `trial.output` is set by the sweep."""

    trial: TrainConfig
    space: dict[str, dict[str, list[Any]]] = Field(min_length=1)
    """Dotted keys of the training configuration -> {kind: arguments}; kinds are listed in tuning/space.py."""
    search: SearchConfig = SearchConfig()

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        values = dict(values)
        if isinstance(values.get("trial"), Mapping):
            values["trial"] = {"output": {"name": "trial"}, **values["trial"]}
        if isinstance(values.get("space"), Mapping):
            values["space"] = flatten(values["space"])
        return values

    @model_validator(mode="after")
    def _space_fits(self) -> SweepConfig:
        for key, dimension in self.space.items():
            if any(key == frozen or key.startswith(f"{frozen}.") for frozen in FROZEN):
                raise ValueError(f"space.{key}: trials cannot differ in {key}")
            try:
                check_dimension(key, dimension)
            except ConfigError as error:
                raise ValueError(str(error)) from error
        try:
            trial_config(self.trial, corner(self.space), self.trial.output.storage, "corner")
        except ConfigError as error:
            raise ValueError(f"the space does not fit the training configuration: {error}") from error
        return self


@dataclass(frozen=True)
class Trial:
    """One trial: what was varied, what its best evaluation measured, how far it came."""

    name: str
    values: Mapping[str, Any]  # by dotted key
    metrics: Mapping[str, float] = field(default_factory=dict)
    history: Sequence[Mapping[str, float]] = ()  # every evaluation, in order
    finished: bool = False  # not stopped early
    error: str = ""


@dataclass(frozen=True)
class SweepResult:
    """All trials, best first."""

    trials: Sequence[Trial]
    folder: str

    @property
    def best(self) -> Trial:
        return self.trials[0]


def trial_config(base: TrainConfig, values: Mapping[str, Any], storage: str, name: str) -> TrainConfig:
    """The training configuration of one trial. ConfigError when a key does not exist or a value does not fit."""
    given = override(base.model_dump(mode="json", exclude_unset=True), values)
    return build(TrainConfig, given, {"output": {"storage": storage, "name": name}})


def run_trial(values: dict[str, Any], base: dict[str, Any], folder: str) -> None:
    """The driver function: runs in an actor of Tune's, builds one trainer and fits it."""
    from ray import tune
    from ray.tune.integration.ray_train import TuneReportCallback

    from training.trainer import fit

    name = f"trial-{tune.get_context().get_trial_id()}"
    fit(trial_config(build(TrainConfig, base), values, folder, name), callbacks=[TuneReportCallback()])


def sweep(config: SweepConfig, folder: str, *, cpus: float, gpus: float) -> SweepResult:
    """Run all trials inside a connected Ray with so many CPUs and GPUs; models and logs go below `folder`.

    Raises TrainError when no trial measured anything.
    """
    from ray import tune
    from ray.tune.schedulers import ASHAScheduler
    from ray.tune.search.optuna import OptunaSearch

    search = config.search
    base = config.trial.model_dump(mode="json", exclude_unset=True)
    driver = tune.with_parameters(run_trial, base=base, folder=f"{folder}/trials")
    tuner = tune.Tuner(
        tune.with_resources(driver, {"CPU": DRIVER_CPUS}),
        param_space=to_tune(config.space),
        tune_config=tune.TuneConfig(
            metric=search.metric,
            mode=search.mode,
            num_samples=search.trials,
            max_concurrent_trials=search.concurrent or _concurrent(config, cpus, gpus),
            search_alg=OptunaSearch(seed=search.seed),
            scheduler=ASHAScheduler(
                time_attr="training_iteration",
                max_t=max(search.evaluations, search.grace),
                grace_period=search.grace,
                reduction_factor=search.reduction,
            ),
        ),
        run_config=tune.RunConfig(name="tune", storage_path=folder, verbose=0),
    )
    # Tune prints boxes even when told to be silent; they go to a file beside the trials.
    with redirect_stdout(io.StringIO()) as printed:
        grid = tuner.fit()
    files.write_text(files.join(folder, "tune.log"), printed.getvalue())
    trials = [_trial(grid[k], config) for k in range(len(grid))]
    measured = [trial for trial in trials if search.metric in trial.metrics]
    if not measured:
        raise TrainError(f"no trial measured {search.metric}: {trials[0].error if trials else 'none ran'}")
    sign = -1 if search.mode == "max" else 1
    ranked = sorted(measured, key=lambda trial: sign * trial.metrics[search.metric])
    return SweepResult([*ranked, *(trial for trial in trials if trial not in measured)], folder)


def _concurrent(config: SweepConfig, cpus: float, gpus: float) -> int:
    group = config.trial.workers
    return concurrent_trials(
        cpus,
        gpus,
        workers=max(1, group.count),
        cpus_per_worker=group.cpus,
        use_gpu=group.gpu,
        driver_cpus=DRIVER_CPUS,
    )


def _trial(result: Any, config: SweepConfig) -> Trial:
    """A Tune result in our terms; the metrics are those of its best evaluation."""
    frame = result.metrics_dataframe
    history = [] if frame is None else [_numbers(row) for row in frame.to_dict("records")]
    metric = config.search.metric
    measured = [row for row in history if metric in row]
    sign = 1 if config.search.mode == "max" else -1
    best = max(measured, key=lambda row: sign * row[metric], default={})
    return Trial(
        name=f"trial-{(result.metrics or {}).get('trial_id', '')}",
        values={key: result.config[key] for key in config.space},
        metrics=best,
        history=measured,
        finished=result.error is None and len(measured) >= 1 and not _stopped_early(measured, config),
        error=str(result.error).strip().splitlines()[-1][:200] if result.error else "",
    )


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    """What the training loop measured, without Tune's own bookkeeping and what is missing."""
    wanted = {key: value for key, value in row.items() if key in ("step", "epoch", "loss") or key.startswith("val_")}
    return {key: float(value) for key, value in wanted.items() if value is not None and value == value}


def _stopped_early(measured: Sequence[Mapping[str, float]], config: SweepConfig) -> bool:
    """Whether ASHA ended it: its last evaluation lies before its last epoch (or step)."""
    options = config.trial.train
    last = measured[-1]
    if options.max_steps:
        return last.get("step", 0) < options.max_steps
    return last.get("epoch", 0) < options.epochs - 1e-6
