"""The bias of a tool head by what its agent writes: validation questions answered at many biases; the best one is stored.

    python -m jobs.bias --config recipes/toolken/bias.yaml
    python -m jobs.bias --config recipes/toolken/bias.yaml tasks='{operations: 400}' output.name=careful

Training stores the bias with the best F1 of calls, teacher-forced; this looks at whole answers. Writes below `<storage>/<name>/`: biases/ (Parquet:
every answer), curve.png, model/ (the head with the best bias), metrics.json, report.html, manifest.json.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, PositiveInt

from jobs.common import ClusterConfig, check_common, run_folder, run_job, session, shape_of
from jobs.questions import check_answering, check_tasks, questions
from pipelines import files, manifest
from pipelines.quiz import HeadAnswering
from toolschool.config import Config, OutputConfig
from toolschool.errors import ConfigError

if TYPE_CHECKING:
    from toolschool.evaluation.bias_curve import Point

PROG = "jobs.bias"


class BiasConfig(Config):
    """One look at the bias."""

    tasks: dict[str, PositiveInt] = Field(default_factory=lambda: {"operations": 200})
    """Validation questions of each source, as for jobs.quiz."""
    seed: int = 0
    """Which questions are drawn."""
    head: HeadAnswering
    """The head and how it answers; its own bias is the middle."""
    offsets: tuple[float, ...] = Field(default=(-6, -4, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 6), min_length=2)
    """What is added to the head's own bias."""
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: BiasConfig) -> None:
    check_common(config.cluster, config.output)
    check_tasks(config.tasks)
    if "://" in config.output.storage:
        raise ConfigError(
            "the calibrated head is written by this process: output.storage must be a local or mounted folder"
        )


def calibrate(config: BiasConfig) -> tuple[list[Point], float]:
    """Answer inside a connected Ray, then choose; writes head, report and manifest, and returns the curve and the bias before."""
    from jobs.progress import StageBars
    from pipelines.calibrating import answer_at_biases
    from toolschool.evaluation.bias_curve import best_of
    from toolschool.models.tool_head import ToolHead

    started = time.monotonic()
    run = run_folder(config.output)
    head = ToolHead.from_pretrained(config.head.head)
    own = float(head.bias[0]) if config.head.bias is None else config.head.bias
    asked = questions(config.tasks, "validation", config.seed)
    biases = sorted({own + offset for offset in config.offsets})
    with StageBars(f"bias {config.output.name}") as bars:
        stage = answer_at_biases(run, asked, config.head, biases, shape_of(config.cluster), bars.start("answers"))
    curve = curve_of(run)
    best = best_of(curve)
    head.bias.fill_(best.bias)
    head.save_pretrained(Path(run) / "model", **{**head.card, "calibrated": best._asdict()})
    content = manifest.write(
        run,
        "bias",
        config=config.model_dump(mode="json"),
        counts=stage.counts(),
        metrics={f"bias.{name}": value for name, value in best._asdict().items()},
        wall_s=time.monotonic() - started,
    )
    write_results(run, curve, own, content)
    return curve, own


def curve_of(run: str) -> list[Point]:
    """A point per bias, from the lowest up."""
    from toolschool.evaluation.bias_curve import Point
    from toolschool.evaluation.math_tasks import is_right

    rows: dict[float, list[tuple[bool, int, int]]] = defaultdict(list)
    for row in files.read_rows(files.join(run, "biases")):
        rows[row["bias"]].append((is_right(row["task"], row["text"], row["gold"]), row["calls"], row["worked"]))
    points = []
    for bias, found in sorted(rows.items()):
        right, calls, worked = (sum(column) for column in zip(*found, strict=True))
        points.append(Point(bias, right, calls, worked, len(found)))
    return points


def write_results(run: str, curve: Sequence[Point], own: float, content: Mapping[str, Any]) -> None:
    """curve.png, metrics.json and report.html into the run's folder."""
    from toolschool.evaluation.bias_curve import curve_plot, table_of
    from toolschool.evaluation.report import Figure, Report, manifest_facts, render

    picture = curve_plot(curve)
    facts = {key: content[key] for key in ("job", "finished", "git", "wall_s", "config", "versions")}
    figure = Figure("Answers against the bias", picture, "Right answers and calls per question against the bias")
    report = Report(
        f"Bias: {Path(run).name}",
        facts=manifest_facts(facts),
        tables=[table_of(curve, own)],
        figures=[figure],
    )
    files.write_bytes(files.join(run, "curve.png"), picture)
    files.write_text(files.join(run, "metrics.json"), json.dumps(content["metrics"], indent=2) + "\n")
    files.write_text(files.join(run, "report.html"), render(report))


def work(config: BiasConfig) -> None:
    from toolschool.evaluation.bias_curve import table_of
    from toolschool.evaluation.tables import show

    check_answering(config.head)
    run = run_folder(config.output)
    with session(config.cluster, config.output):
        curve, own = calibrate(config)
    show(table_of(curve, own))
    print(f"head:   {files.join(run, 'model')}\nreport: {files.join(run, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", BiasConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
