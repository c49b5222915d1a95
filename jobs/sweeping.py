"""What every sweep does inside a connected Ray, and what it leaves: manifest.json, trials.csv, recipes, pictures, report.html.

    result = run_sweep(plan, job, run_folder(job.output), at_most=profile.trials)

`plan` is the sweep as it runs, `job` the configuration as it was given (`jobs/tune.py`, `jobs/tune_chain.py`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines import files, manifest
from toolschool.config import Config
from tuning.config import Sweep

if TYPE_CHECKING:
    from jobs.progress import Progress
    from tuning.sweep import SweepResult


def run_sweep(plan: Sweep, job: Config, folder: str, at_most: int | None) -> SweepResult:
    """Run what is left of the sweep and write what it found."""
    from jobs.progress import Progress
    from tuning import ledger
    from tuning.sweep import sweep

    started = time.monotonic()
    with (
        Progress(f"tune {folder.rsplit('/', 1)[-1]}", unit="trials") as progress,
        progress.every(2.0, lambda: _move(progress, folder, plan.search.trials)),
    ):
        result = sweep(plan, folder, at_most=at_most)
    made = manifest.write(
        folder,
        "tune",
        config=job.model_dump(mode="json"),
        inputs=ledger.content(plan),
        counts={"trials": len(result.trials), "finished": sum(trial.finished for trial in result.trials)},
        metrics={"best": dict(result.best.metrics), "values": dict(result.best.values), "front": len(result.front)},
        wall_s=time.monotonic() - started,
    )
    write_results(plan, result, made)
    return result


def _move(progress: Progress, folder: str, total: int) -> None:
    """How far the trials are, from the ledger."""
    from tuning.ledger import Ledger

    trials = Ledger(folder).read()
    evaluations = sum(len(trial.history) for trial in trials)
    failed = sum(trial.end == "failed" for trial in trials)
    said = f"{len(trials)} begun, {evaluations} evaluations" + (f", {failed} failed" if failed else "")
    progress.to(sum(trial.is_done for trial in trials), total, said)


def write_results(plan: Sweep, result: SweepResult, content: Mapping[str, Any]) -> None:
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


def show_results(plan: Sweep, result: SweepResult) -> None:
    """The table, and where the rest is."""
    from toolschool.evaluation.tables import show
    from tuning import outcome

    show(outcome.table(plan, result))
    print(f"best: {files.join(result.folder, 'best.yaml')}\nreport: {files.join(result.folder, 'report.html')}")
