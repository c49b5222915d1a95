"""`jobs.tune` with a `chain` in place of a training: trials are chains of jobs, so that what acts before a training can be searched by what is
measured behind it.

    python -m jobs.tune --config recipes/toolformer/tune-filter.yaml chain.given.scored=runs/mine/scored search.trials=8

`chain` is written as for jobs.chain; `space` has its dotted keys (steps.STEP.set.KEY, given.NAME); `search.metric` is STEP.METRIC, as it stands in a
chain's manifest.json. Trials run in trials/<trial>/<step>/ and go on at their step; what `given` names is watched as the rows of a training
are. Nothing is stopped early: a chain measures at its end. No step may read test rows. Limit: a chain has a driver on any node, so
data sets and files must be seen by all.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import model_validator

from jobs import chain
from jobs.chain import Chain, ChainConfig, Todo
from jobs.common import ClusterConfig, check_common, profile_of, run_folder, run_job, session
from jobs.sweeping import run_sweep, show_results
from jobs.train import with_profile
from pipelines import files, manifest
from toolschool.config import OutputConfig, build, override
from toolschool.errors import ConfigError, StorageError
from training.config import WorkerConfig
from tuning.config import Driver, SearchConfig, Sweep
from tuning.space import corner, edges

EARLY = ("grace", "reduction", "evaluations")  # of the search: when trials are stopped
TEST_READERS = ("predict", "calls", "forgetting", "ask")  # verbs that know no other part


class ChainSweep(Sweep):
    """One sweep of chains and where it runs."""

    verb = "jobs.chain"
    measures_once = True

    chain: Chain
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig

    @model_validator(mode="after")
    def _fits_a_chain(self) -> ChainSweep:
        steps = ", ".join(self.chain.steps)
        for name in self.search.objectives:
            if not self.is_metric(name):
                raise ValueError(f"search.metric: no step measures '{name}'; write STEP.METRIC, the steps are {steps}")
        for name in EARLY:
            if getattr(self.search, name) != SearchConfig.model_fields[name].default:
                raise ValueError(
                    f"search.{name}: a chain measures once, at its end, so no trial is stopped early; leave it out"
                )
        for key in self.space:
            if not self._is_setting(key):
                raise ValueError(
                    f"space.{key}: chains differ in steps.STEP.set.KEY or given.NAME; the steps are {steps}"
                )
        return self

    def _is_setting(self, key: str) -> bool:
        part, _, rest = key.partition(".")
        name, _, rest = rest.partition(".")
        return name in self.chain.given if part == "given" else name in self.chain.steps and rest.startswith("set.")

    def recipe(self, values: Mapping[str, Any], name: str, storage: str | None = None) -> ChainConfig:
        given = override(self.chain.model_dump(mode="json", exclude_unset=True), values)
        output = {"storage": storage or self.output.storage, "name": name}
        return build(ChainConfig, given, {"cluster": self.cluster.model_dump(mode="json"), "output": output})

    def plan(self, values: Mapping[str, Any]) -> list[Todo]:
        """The steps of a trial that is never run."""
        return chain.plan(self.recipe(values, "trial", self.trials))

    @property
    def trials(self) -> str:
        return files.join(run_folder(self.output), "trials")

    @property
    def driver(self) -> Driver:
        return run_chain

    @property
    def base(self) -> dict[str, Any]:
        """Every step as it is at the corner of the space, recipes included."""
        return {"chain": _resolved(self.plan(corner(self.space)))}

    @property
    def inputs(self) -> list[str]:
        return [value for value in self.chain.given.values() if isinstance(value, str) and _is_there(value)]

    @property
    def needs(self) -> Sequence[WorkerConfig]:
        """Workers of each training; for stages of Ray Data their actors, and a task beside them that reads and writes."""
        profile = profile_of(self.cluster)
        data, steps = profile.data, self.plan(corner(self.space))
        trainings = [with_profile(each.config, profile).workers for each in steps if each.step.verb == "train"]
        gpu = data.gpus_per_actor > 0
        return [*trainings, WorkerConfig(count=data.actors + (not gpu), cpus=max(1, data.cpus_per_actor), gpu=gpu)]

    def is_metric(self, key: str) -> bool:
        step, dot, _ = key.partition(".")
        return bool(dot) and step in self.chain.steps

    def is_last(self, values: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
        return True


def _resolved(steps: Sequence[Todo]) -> dict[str, Any]:
    """By step the verb and its whole configuration, without where it runs."""
    return {
        each.name: {"verb": each.step.verb, **each.config.model_dump(mode="json", exclude={"output", "cluster"})}
        for each in steps
    }


def _is_there(place: str) -> bool:
    try:
        return files.exists(place)
    except StorageError:  # an address of something else
        return False


def run_chain(given: dict[str, Any], base: dict[str, Any], folder: str) -> None:
    """The driver of a trial: runs its chain, from where it was cut off, and tells what it measured."""
    from ray import tune

    sweep = build(ChainSweep, base)
    config = sweep.recipe(given["values"], given["name"], folder)
    chain.check(config)
    chain.work(config)
    made = manifest.read(run_folder(config.output)) or {}
    tune.report({"step": 1, **measured(made["metrics"], sweep.search.objectives)})


def measured(metrics: Mapping[str, Any], objectives: Mapping[str, str]) -> dict[str, float]:
    """The numbers of a chain. ConfigError where a metric that is compared is no name among them; one without a value is only missing."""
    for name in objectives:
        if name not in metrics:
            near = difflib.get_close_matches(name, metrics, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it measures {', '.join(metrics)}"
            raise ConfigError(f"search.metric: the chain measures no {name}; {hint}")
    return {name: value for name, value in metrics.items() if isinstance(value, int | float)}


def check(config: ChainSweep) -> None:
    """What can be said of every step at the edges of the space, without Ray."""
    check_common(config.cluster, config.output)
    low = checked(config, corner(config.space))
    moves: dict[str, bool] = {}
    for key, values in edges(config.space):
        moves[key] = (checked(config, values) != low) or moves.get(key, False)
    if idle := [key for key, moved in moves.items() if not moved]:
        raise ConfigError(f"space.{idle[0]} changes no step; vary what a step takes or refers to")


def checked(config: ChainSweep, values: Mapping[str, Any]) -> dict[str, Any]:
    """The steps of a trial with these values, resolved. ConfigError where one of them is wrong, or is not for sweeps."""
    steps = config.plan(values)
    for each in steps:
        refuse_test_rows(each)
    chain.check(config.recipe(values, "trial", config.trials))
    return _resolved(steps)


def refuse_test_rows(todo: Todo) -> None:
    """ConfigError for a step by which a sweep would choose with test rows (docs/splits.md), and for a sweep inside a sweep."""
    name, verb = todo.name, todo.step.verb
    if verb == "tune":
        raise ConfigError(f"step {name}: a sweep is no step of a sweep")
    if verb in TEST_READERS:
        raise ConfigError(f"step {name}: {verb} reads test rows, by which nothing is chosen; measure by another job")
    if getattr(todo.config, "split", "validation") in ("test", None):
        raise ConfigError(f"step {name}: nothing is chosen by test rows; set steps.{name}.set.split=validation")


def work(config: ChainSweep) -> None:
    from tuning.ledger import Ledger

    folder = run_folder(config.output)
    Ledger(folder).check(config)
    with session(config.cluster, config.output):
        result = run_sweep(config, config, folder, profile_of(config.cluster).trials)
    show_results(config, result)


def main(prog: str, argv: Sequence[str] | None) -> int:
    return run_job(prog, __doc__ or "", ChainSweep, argv, check, work)
