"""Evaluate ToolRAG and planner on any file in the format of plans.jsonl, by Ray Data; killed and run again, it goes on.

    python -m jobs.evaluate --config recipes/tinyagent/evaluate.yaml data.path=plans.jsonl output.name=mine
    python -m jobs.evaluate --config recipes/tinyagent/evaluate.yaml split=test toolrag=runs/toolrag/model

Writes below `<storage>/<name>/`: metrics.json, report.html, predictions/ (Parquet), quarantine/ with malformed rows and
why, manifest.json. Without `split` all rows are evaluated, and each split has its own numbers beside those of all: the
shipped models were trained on train rows of the sources in docs/splits.md.
With `data.source=ste` a file of written calls is scored instead (jobs/calls.py); `data.source=ste --help` lists its keys.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from jobs import calls
from jobs.common import ClusterConfig, check_common, run_folder, run_job, session, shape_of
from jobs.sources import generated, hashes, input_path, read_source
from pipelines import files, manifest
from serving.settings import find_model
from toolschool.config import Config, DataConfig, OutputConfig, given
from toolschool.errors import ConfigError, DataError

if TYPE_CHECKING:
    from jobs.baseline import Known
    from jobs.scoring import Scoring
    from pipelines.ingest import Source
    from pipelines.stage import StageResult

PROG = "jobs.evaluate"
GENERATED_ROWS = 200


class EvaluateConfig(Config):
    """One evaluation."""

    data: DataConfig = DataConfig()
    split: Literal["train", "validation", "test"] | None = None
    """Score the rows of this split only; default: all."""
    toolrag: str | None = "assets/tinyagent/toolrag"
    """Folder of the tool retriever; null leaves it out."""
    planner: str | None = "assets/tinyagent/planner"
    """Folder of the planner; null leaves it out."""
    offer: Literal["retrieved", "gold", "all"] = "retrieved"
    """Which tools the planner is offered: those ToolRAG finds, the gold plan's, or all."""
    batch_size: int = Field(default=16, ge=1)
    """Plans written at the same time by one actor."""
    baseline: bool = True
    """Compare ToolRAG with TF-IDF on rows neither saw, where TOOLSCHOOL_DATA has train rows for it."""
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: EvaluateConfig) -> None:
    check_common(config.cluster, config.output)
    input_path(config.data)
    models(config)


def models(config: EvaluateConfig) -> dict[str, str | None]:
    """The model folders, absolute, or hub ids. ConfigError when none is asked for, ModelError when one is not there."""
    found: dict[str, str | None] = {"toolrag": None, "planner": None}
    for name in found:
        given = getattr(config, name)
        if given is None:
            continue
        found[name] = find_model(given, name)
    if not any(found.values()):
        raise ConfigError("nothing to evaluate: set toolrag, planner, or both")
    return found


def sources(config: EvaluateConfig) -> list[Source]:
    path = input_path(config.data)
    if path:
        return [read_source(config.data, path)]
    limit = config.data.limit or GENERATED_ROWS
    return [generated(config.data.source, limit, config.data.seed, config.split or "test")]


def predict(config: EvaluateConfig) -> StageResult:
    """Predictions of all rows into the run's folder. Needs a connected Ray."""
    from jobs.progress import StageBars
    from pipelines.ingest import write_sources
    from pipelines.predict import prediction_stage
    from pipelines.stage import run_stage

    run = run_folder(config.output)
    rows = write_sources(files.join(run, "source"), sources(config))
    shape = shape_of(config.cluster)
    asked = models(config)
    stage = prediction_stage(
        run,
        toolrag=asked["toolrag"],
        planner=asked["planner"],
        offer=config.offer,
        batch_size=config.batch_size,
        split=config.split,
        shape=shape,
    )
    with StageBars(f"evaluate {config.output.name}") as bars:
        return run_stage(stage, bars.start(f"predictions of {rows} rows"))


def evaluate(config: EvaluateConfig) -> tuple[dict[str, Any], Scoring]:
    """Predict, score, write metrics.json and report.html; returns the manifest and what is in them. Needs a connected Ray."""
    from jobs.scoring import score
    from pipelines.predict import read_predictions

    started = time.monotonic()
    run = run_folder(config.output)
    stage = predict(config)
    predictions = read_predictions(run)
    if not predictions:
        raise DataError(f"no row to score: {stage.rows_in} read, {stage.quarantined} quarantined, split={config.split}")
    asked = models(config)
    toolrag, planner = asked["toolrag"] is not None, asked["planner"] is not None
    scoring = score(predictions, toolrag=toolrag, planner=planner, known=_known(config))
    scoring.metrics |= {
        "rows.in": stage.rows_in,
        "rows.scored": len(predictions),
        "rows.quarantined": stage.quarantined,
    }
    content = manifest.write(
        run,
        "evaluate",
        config=config.model_dump(mode="json"),
        inputs=hashes(input_path(config.data)),
        counts=stage.counts(),
        metrics=scoring.metrics,
        wall_s=time.monotonic() - started,
    )
    write_results(run, scoring, content)
    return content, scoring


def _known(config: EvaluateConfig) -> Known | None:
    """Rows for the baseline: those of the same source below TOOLSCHOOL_DATA."""
    from jobs.baseline import read_known

    source = config.data.source
    root = os.environ.get("TOOLSCHOOL_DATA")
    path = files.join(root, source, "plans.jsonl") if root else ""
    return read_known(source, path) if config.baseline and path and files.exists(path) else None


def write_results(run: str, scoring: Scoring, content: Mapping[str, Any]) -> None:
    """metrics.json and report.html into the run's folder."""
    from toolschool.evaluation.metrics import write_metrics
    from toolschool.evaluation.report import Report, manifest_facts, write_report

    facts = {key: content[key] for key in ("job", "finished", "git", "wall_s", "config", "inputs", "versions")}
    report = Report(
        f"TinyAgent: {run.rsplit('/', 1)[-1]}",
        summary=summary(scoring.metrics),
        facts=manifest_facts(facts),
        tables=scoring.tables,
        figures=scoring.figures,
        samples=scoring.samples,
    )
    with tempfile.TemporaryDirectory() as folder:
        write_metrics(Path(folder, "metrics.json"), scoring.metrics)
        write_report(Path(folder, "report.html"), report)
        for name in ("metrics.json", "report.html"):
            files.write_text(files.join(run, name), Path(folder, name).read_text(encoding="utf-8"))


def summary(metrics: Mapping[str, Any]) -> str:
    """One sentence on how many rows were scored and how many refused."""
    scored, refused = metrics["rows.scored"], metrics["rows.quarantined"]
    return f"{scored} rows scored; {refused} malformed rows in quarantine, each with its reason."


def work(config: EvaluateConfig) -> None:
    from toolschool.evaluation.tables import show

    with session(config.cluster, config.output):
        _, scoring = evaluate(config)
    for table in scoring.tables:
        show(table)
    run = run_folder(config.output)
    print(summary(scoring.metrics))
    print(f"metrics: {files.join(run, 'metrics.json')}\nreport:  {files.join(run, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    if given(argv, "data.source") == calls.SOURCE:
        return calls.main(PROG, argv)
    return run_job(PROG, __doc__ or "", EvaluateConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
