"""What a sweep is told: a base configuration, what varies, how to search. Light: neither Ray, Optuna nor torch.

search: {metric: val_f1, mode: max}                          # one objective: trials are stopped early by ASHA
search: {metric: {val_coverage: max, val_mean_tools: min}}   # several: every trial runs to its end, the result is a front
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from toolschool.config import Config, build, override
from toolschool.errors import ConfigError
from training.config import TrainConfig
from tuning.space import check_dimension, corner, flatten

FROZEN = ("output", "workers", "objective", "model.name")
Mode = Literal["max", "min"]


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
        from training.objectives.base import higher_is_better

        return {self.metric: self.mode or ("max" if higher_is_better(self.metric) else "min")}

    @property
    def first(self) -> str:
        """The metric that decides which trial is the best."""
        return next(iter(self.objectives))


class SweepConfig(Config):
    """A base configuration, what varies, and how to search. `trial.output` is set by the sweep."""

    trial: TrainConfig
    space: dict[str, dict[str, list[Any]]] = Field(min_length=1)
    """Dotted keys of the training configuration -> {kind: arguments}; kinds are listed in tuning/space.py.

    `rows: {choice: [FOLDER, ...]}` compares prepared folders, encodings for example."""
    search: SearchConfig = SearchConfig()

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        values = dict(values)
        if isinstance(values.get("space"), Mapping):
            values["space"] = flatten(values["space"])
        if isinstance(values.get("trial"), Mapping):
            values["trial"] = {"output": {"name": "trial"}, **_first_rows(values), **values["trial"]}
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
        folders = self.space.get("rows", {"choice": [""]}).get("choice", [None])
        if not all(isinstance(folder, str) for folder in folders):
            raise ValueError("space.rows: give {choice: [FOLDER, ...]}, folders of prepared rows")
        try:
            trial_config(self.trial, corner(self.space), self.trial.output.storage, "corner")
        except ConfigError as error:
            raise ValueError(f"the space does not fit the training configuration: {error}") from error
        return self

    @property
    def rows(self) -> list[str]:
        """Every folder of rows that a trial may read."""
        return list(self.space["rows"]["choice"]) if "rows" in self.space else [self.trial.rows]


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
