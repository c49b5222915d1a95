"""Search for better settings of a training run: Optuna proposes, ASHA stops the hopeless, the best becomes a recipe.

    python -m jobs.tune --config recipes/tinyagent/tune.yaml trial.rows=runs/tinyagent-rows/toolrag search.trials=8
    python -m jobs.tune --config recipes/toolformer/tune-filter.yaml     # a chain of jobs instead: jobs/tune_chain.py

Writes below `<storage>/<name>/`: trials.csv, best.yaml (run it with jobs.train; with several objectives front/1.yaml and on, too), report.html and its
pictures (tuning/pictures.py), manifest.json, and the trials' models and logs in trials/. Run again with the same output.name, a killed sweep
goes on: trials that ended are not run again, those cut off resume; search.trials may be raised. How: docs/tuning.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jobs import tune_chain
from jobs.common import ClusterConfig, check_common, profile_of, run_folder, run_job, session
from jobs.sweeping import run_sweep, show_results
from jobs.train import check_rows, profile_defaults
from toolschool.config import OutputConfig, build, given
from tuning.config import SweepConfig

if TYPE_CHECKING:
    from cluster.connect import Profile
    from tuning.sweep import SweepResult

PROG = "jobs.tune"


class TuneJob(SweepConfig):
    """One sweep and where it runs."""

    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: TuneJob) -> None:
    check_common(config.cluster, config.output)
    with_profile(config, profile_of(config.cluster))


def with_profile(config: TuneJob, profile: Profile) -> SweepConfig:
    """The sweep with what the profile says about workers and devices, where the recipe says nothing."""
    told = config.model_dump(mode="json", exclude_unset=True)
    parts: dict[str, Any] = {key: value for key, value in told.items() if key in SweepConfig.model_fields}
    return build(SweepConfig, {"trial": profile_defaults(profile, config.trial)}, parts)


def tune(config: TuneJob) -> SweepResult:
    """Run the sweep inside a connected Ray and write what it found."""
    profile = profile_of(config.cluster)
    return run_sweep(with_profile(config, profile), config, run_folder(config.output), profile.trials)


def work(config: TuneJob) -> None:
    from tuning.ledger import Ledger

    for rows in config.inputs:
        check_rows(rows)
    Ledger(run_folder(config.output)).check(with_profile(config, profile_of(config.cluster)))
    with session(config.cluster, config.output):
        result = tune(config)
    show_results(config, result)


def main(argv: Sequence[str] | None = None) -> int:
    if given(argv, "chain") is not None:
        return tune_chain.main(PROG, argv)
    return run_job(PROG, __doc__ or "", TuneJob, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
