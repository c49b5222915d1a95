"""Search for better settings of a training run: Optuna proposes, ASHA stops the hopeless, the best becomes a recipe.

    python -m jobs.tune --config recipes/tinyagent/tune.yaml trial.rows=runs/tinyagent-rows/toolrag search.trials=8

Writes below `<storage>/<name>/`: trials.csv, best.yaml (run it with jobs.train; with several objectives front/1.yaml and on, too), report.html and its
pictures (tuning/pictures.py), manifest.json, and the trials' models and logs in trials/. Run again with the same output.name, a killed sweep
goes on: trials that ended are not run again, those cut off resume; search.trials may be raised. How: docs/tuning.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobs.common import ClusterConfig, check_common, profile_of, run_folder, run_job, session
from jobs.train import check_rows, profile_defaults
from pipelines import files, manifest
from toolschool.config import OutputConfig, build
from tuning.config import SweepConfig

if TYPE_CHECKING:
    from cluster.connect import Profile
    from jobs.progress import Progress
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
    given = config.model_dump(mode="json", exclude_unset=True)
    parts: dict[str, Any] = {key: value for key, value in given.items() if key in SweepConfig.model_fields}
    return build(SweepConfig, {"trial": profile_defaults(profile, config.trial)}, parts)


def tune(config: TuneJob) -> SweepResult:
    """Run the sweep inside a connected Ray and write what it found."""
    from jobs.progress import Progress
    from tuning.sweep import sweep

    started = time.monotonic()
    folder = run_folder(config.output)
    profile = profile_of(config.cluster)
    plan = with_profile(config, profile)
    with (
        Progress(f"tune {config.output.name}", unit="trials") as progress,
        progress.every(2.0, lambda: _move(progress, folder, plan.search.trials)),
    ):
        result = sweep(plan, folder, at_most=profile.trials)
    content = manifest.write(
        folder,
        "tune",
        config=config.model_dump(mode="json"),
        inputs={rows: files.sha256(files.join(rows, "train")) for rows in plan.rows},
        counts={"trials": len(result.trials), "finished": sum(trial.finished for trial in result.trials)},
        metrics={"best": dict(result.best.metrics), "values": dict(result.best.values), "front": len(result.front)},
        wall_s=time.monotonic() - started,
    )
    write_results(plan, result, content)
    return result


def _move(progress: Progress, folder: str, total: int) -> None:
    """How far the trials are, from the ledger."""
    from tuning.ledger import Ledger

    trials = Ledger(folder).read()
    evaluations = sum(len(trial.history) for trial in trials)
    progress.to(sum(trial.is_done for trial in trials), total, f"{len(trials)} begun, {evaluations} evaluations")


def write_results(plan: SweepConfig, result: SweepResult, content: Mapping[str, Any]) -> None:
    """trials.csv, recipes, pictures and report.html into the sweep's folder."""
    from toolschool.evaluation.report import Report, manifest_facts, render
    from tuning import outcome
    from tuning.pictures import pictures

    folder = result.folder
    name = folder.rsplit("/", 1)[-1]
    files.remove_folder(files.join(folder, "front"))  # of an earlier, longer front
    texts = {"trials.csv": outcome.to_csv(result), **outcome.recipes(plan, result, name)}
    for file, text in texts.items():
        files.write_text(files.join(folder, file), text)
    drawn = dict(pictures(plan, result))
    for file, figure in drawn.items():
        files.write_bytes(files.join(folder, file), figure.png)
    facts = {key: content[key] for key in ("job", "finished", "git", "wall_s", "counts", "config")}
    report = Report(
        f"Sweep: {name}",
        facts=manifest_facts(facts),
        tables=[outcome.table(plan, result)],
        figures=list(drawn.values()),
    )
    files.write_text(files.join(folder, "report.html"), render(report))


def work(config: TuneJob) -> None:
    from toolschool.evaluation.tables import show
    from tuning import outcome
    from tuning.ledger import Ledger

    for rows in config.rows:
        check_rows(rows)
    Ledger(run_folder(config.output)).check(with_profile(config, profile_of(config.cluster)))
    with session(config.cluster, config.output):
        result = tune(config)
    show(outcome.table(config, result))
    print(f"best: {files.join(result.folder, 'best.yaml')}\nreport: {files.join(result.folder, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", TuneJob, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
