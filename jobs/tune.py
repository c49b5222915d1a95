"""Search for better settings of a training run: Optuna proposes, ASHA stops the hopeless, the best becomes a recipe.

    python -m jobs.tune --config recipes/tinyagent/tune.yaml trial.rows=runs/tinyagent-rows/toolrag search.trials=8

Writes below `<storage>/<name>/`: trials.csv, trials.png (the metric against what was varied first; for a tool classifier coverage.png, set coverage against
number of tools), best.yaml (run it with jobs.train), report.html, manifest.json, and the trials' models and logs in trials/.
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
from tuning.sweep import SweepConfig

if TYPE_CHECKING:
    from cluster.connect import Profile, Session
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
    defaults = {"trial": profile_defaults(profile, config.trial), "search": {"concurrent": profile.trials}}
    return build(SweepConfig, defaults, parts)


def tune(config: TuneJob, found: Session) -> SweepResult:
    """Run the sweep inside a connected Ray and write what it found."""
    from jobs.progress import Progress
    from tuning.sweep import sweep

    started = time.monotonic()
    folder = run_folder(config.output)
    plan = with_profile(config, profile_of(config.cluster))
    with (
        Progress(f"tune {config.output.name}", unit="trials") as progress,
        progress.every(2.0, lambda: _move(progress, folder, plan.search.trials)),
    ):
        result = sweep(plan, folder, cpus=found.cpus, gpus=found.gpus)
    content = manifest.write(
        folder,
        "tune",
        config=config.model_dump(mode="json"),
        inputs={plan.trial.rows: files.sha256(files.join(plan.trial.rows, "train"))},
        counts={"trials": len(result.trials), "finished": sum(trial.finished for trial in result.trials)},
        metrics={"best": dict(result.best.metrics), "values": dict(result.best.values)},
        wall_s=time.monotonic() - started,
    )
    write_results(plan, result, content)
    return result


def _move(progress: Progress, folder: str, total: int) -> None:
    """How far the trials are, from the files they write; one that is stopped early never counts as finished."""
    logs = files.list_files(files.join(folder, "trials"), "metrics.jsonl")
    evaluations = sum("val_" in line for log in logs for line in files.read_lines(log))
    finished = len(files.list_files(files.join(folder, "trials"), "model/toolschool.json"))
    progress.to(finished, total, f"{len(logs)} begun, {evaluations} evaluations")


def write_results(plan: SweepConfig, result: SweepResult, content: Mapping[str, Any]) -> None:
    """trials.csv, best.yaml, a picture and report.html into the sweep's folder."""
    from toolschool.evaluation.report import Figure, Report, manifest_facts, render
    from tuning import outcome

    folder = result.folder
    table = outcome.table(result, plan.search.metric)
    files.write_text(files.join(folder, "trials.csv"), outcome.to_csv(result))
    name = f"{folder.rsplit('/', 1)[-1]}-best"
    files.write_text(files.join(folder, "best.yaml"), outcome.best_yaml(plan, result.best, name))
    figures = []
    if picture := outcome.coverage_picture(plan, result):
        figures = [Figure("Coverage against tools", picture, "Set coverage against mean tools, per trial")]
        files.write_bytes(files.join(folder, "coverage.png"), picture)
    elif picture := outcome.metric_picture(plan, result):
        figures = [Figure("Trials", picture, f"{plan.search.metric} of every trial against what was varied first")]
        files.write_bytes(files.join(folder, "trials.png"), picture)
    facts = {key: content[key] for key in ("job", "finished", "git", "wall_s", "counts", "config")}
    report = Report(f"Sweep: {folder.rsplit('/', 1)[-1]}", facts=manifest_facts(facts), tables=[table], figures=figures)
    files.write_text(files.join(folder, "report.html"), render(report))


def work(config: TuneJob) -> None:
    from toolschool.evaluation.tables import show
    from tuning import outcome

    check_rows(config.trial.rows)
    with session(config.cluster, config.output) as found:
        result = tune(config, found)
    show(outcome.table(result, config.search.metric))
    print(f"best: {files.join(result.folder, 'best.yaml')}\nreport: {files.join(result.folder, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", TuneJob, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
