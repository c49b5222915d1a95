"""What a sweep is told: a base configuration, what varies, how to search. Light: neither Ray, Optuna nor torch.

search: {metric: val_f1, mode: max}                          # one objective: trials are stopped early by ASHA
search: {metric: {val_coverage: max, val_mean_tools: min}}   # several: every trial runs to its end, the result is a front

`Sweep` is what all sweeps share, and names what a kind of trial says of itself. Two kinds there are: trainings (`SweepConfig`), and
chains of jobs (`jobs/tune_chain.py`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from toolschool.config import Config, build, override
from toolschool.errors import ConfigError
from training.config import TrainConfig, WorkerConfig
from training.objectives import default_metric
from training.objectives.base import higher_is_better
from tuning.space import check_dimension, corner, flatten

FROZEN = ("output", "workers", "objective", "model.name")
Mode = Literal["max", "min"]
Row = Mapping[str, Any]
Driver = Callable[
    [dict[str, Any], dict[str, Any], str], None
]  # a trial's name and values, the sweep as JSON, the folder of trials


class SearchConfig(Config):
    """How trials are chosen and stopped."""

    trials: int = Field(default=8, ge=1)
    """How many; may be raised when the sweep is run again."""
    metric: str | dict[str, Mode] = "val_average_precision"
    """What is compared: an evaluation metric, or several with the better direction of each; the first decides which trial is the best."""
    mode: Mode | None = None
    """Whether more or less of a single metric is better; default: less of a loss, more of anything else."""
    grace: int = Field(default=1, ge=1)
    """Evaluations a trial gets before it can be stopped; one metric only."""
    reduction: int = Field(default=2, ge=2)
    """At each rung one trial in so many goes on; one metric only."""
    evaluations: int = Field(default=10, ge=1)
    """Evaluations of a whole trial, up to which rungs are set; the training's own length ends it. One metric only."""
    concurrent: int | None = Field(default=None, ge=1)
    """Trials at the same time; default: as many as the cluster's nodes carry."""
    seed: int = 0
    """Seed of the search."""

    @model_validator(mode="after")
    def _directions(self) -> SearchConfig:
        if isinstance(self.metric, dict) and self.mode:
            raise ValueError("mode is for a single metric: leave it out, the mapping says max or min of each")
        if isinstance(self.metric, dict) and len(self.metric) < 2:
            raise ValueError("a mapping names several metrics; write a single one as metric: NAME, mode: max|min")
        return self

    @property
    def objectives(self) -> dict[str, Mode]:
        """Every metric and its better direction, in the order of the recipe."""
        if isinstance(self.metric, dict):
            return dict(self.metric)
        return {self.metric: self.mode or ("max" if higher_is_better(self.metric) else "min")}

    @property
    def first(self) -> str:
        """The metric that decides which trial is the best."""
        return next(iter(self.objectives))


class Sweep(Config):
    """What varies and how to search, whatever a trial is."""

    verb: ClassVar[str]  # the job that runs a trial's configuration by itself
    measures_once: ClassVar[bool] = False  # at its end: there is nothing to stop a trial by

    space: dict[str, dict[str, list[Any]]] = Field(min_length=1)
    """Dotted keys of a trial's configuration -> {kind: arguments}; kinds are listed in tuning/space.py."""
    search: SearchConfig = SearchConfig()

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and isinstance(values.get("space"), Mapping):
            return {**values, "space": flatten(values["space"])}
        return values

    @model_validator(mode="after")
    def _dimensions(self) -> Sweep:
        for key, dimension in self.space.items():
            try:
                check_dimension(key, dimension)
            except ConfigError as error:
                raise ValueError(str(error)) from error
        return self

    @abstractmethod
    def recipe(self, values: Row, name: str, storage: str | None = None) -> Config:
        """A trial's configuration, by itself. ConfigError when a key does not exist or a value does not fit."""

    @property
    @abstractmethod
    def driver(self) -> Driver:
        """What runs a trial inside an actor of Tune's and reports to it."""

    @property
    @abstractmethod
    def base(self) -> dict[str, Any]:
        """What all trials share, as JSON by field."""

    @property
    @abstractmethod
    def inputs(self) -> list[str]:
        """Files and folders whose content trials depend on."""

    @property
    @abstractmethod
    def needs(self) -> Sequence[WorkerConfig]:
        """What a trial holds of the cluster, one after the other."""

    @abstractmethod
    def is_metric(self, key: str) -> bool:
        """Whether a key of what Tune passes on was measured by a trial."""

    @abstractmethod
    def is_last(self, values: Row, row: Row) -> bool:
        """Whether an evaluation is the last one of a trial with these values."""

    @property
    def counts_by(self) -> tuple[str, Mode]:
        """Which evaluation of a trial counts: the best one by this."""
        return next(iter(self.search.objectives.items()))


class SweepConfig(Sweep):
    """A sweep of trainings. `trial.output` is set by the sweep; `space.rows: {choice: [FOLDER, ...]}` compares prepared folders."""

    verb = "jobs.train"

    trial: TrainConfig

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and isinstance(values.get("trial"), Mapping):
            return {**values, "trial": {"output": {"name": "trial"}, **_first_rows(values), **values["trial"]}}
        return values

    @model_validator(mode="after")
    def _space_fits(self) -> SweepConfig:
        for key in self.space:
            if any(key == frozen or key.startswith(f"{frozen}.") for frozen in FROZEN):
                raise ValueError(f"space.{key}: trials cannot differ in {key}")
        folders = self.space.get("rows", {"choice": [""]}).get("choice", [None])
        if not all(isinstance(folder, str) for folder in folders):
            raise ValueError("space.rows: give {choice: [FOLDER, ...]}, folders of prepared rows")
        try:
            trial_config(self.trial, corner(self.space), self.trial.output.storage, "corner")
        except ConfigError as error:
            raise ValueError(f"the space does not fit the training configuration: {error}") from error
        return self

    def recipe(self, values: Row, name: str, storage: str | None = None) -> TrainConfig:
        return trial_config(self.trial, values, storage or self.trial.output.storage, name)

    @property
    def driver(self) -> Driver:
        from tuning.driver import run_trial

        return run_trial

    @property
    def base(self) -> dict[str, Any]:
        return {"trial": self.trial.model_dump(mode="json", exclude={"output"})}

    @property
    def inputs(self) -> list[str]:
        """Every folder of rows that a trial may read."""
        return list(self.space["rows"]["choice"]) if "rows" in self.space else [self.trial.rows]

    @property
    def needs(self) -> Sequence[WorkerConfig]:
        return [self.trial.workers]

    def is_metric(self, key: str) -> bool:
        return key in ("epoch", "loss") or key.startswith("val_")

    def is_last(self, values: Row, row: Row) -> bool:
        options = self.recipe(values, "trial").train
        if options.max_steps:
            return row.get("step", 0) >= options.max_steps
        return row.get("epoch", 0) >= options.epochs - 1e-6

    @property
    def counts_by(self) -> tuple[str, Mode]:
        """Of one metric its best evaluation, of several the step which is saved as the model, so that one model has them all."""
        if len(self.search.objectives) == 1:
            return super().counts_by
        metric = self.trial.train.metric or default_metric(self.trial.objective)
        return metric, "max" if higher_is_better(metric) else "min"


def _first_rows(values: Mapping[str, Any]) -> dict[str, Any]:
    """`rows` of the base where they vary: the first choice."""
    space = values.get("space")
    dimension = space.get("rows") if isinstance(space, Mapping) else None
    choices = dimension.get("choice") if isinstance(dimension, Mapping) else None
    return {"rows": choices[0]} if choices else {}


def trial_config(base: TrainConfig, values: Mapping[str, Any], storage: str, name: str) -> TrainConfig:
    """The training configuration of one trial. ConfigError when a key does not exist or a value does not fit."""
    given = override(base.model_dump(mode="json", exclude_unset=True), values)
    return build(TrainConfig, given, {"output": {"storage": storage, "name": name}})
