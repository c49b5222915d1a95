"""The bias of a tool head by what its agent writes: validation questions answered at many biases; the best one is stored.

    python -m jobs.bias --config recipes/toolken/bias.yaml
    python -m jobs.bias --config recipes/toolken/bias.yaml tasks='{operations: 400}' output.name=careful

Training stores the bias with the best F1 of calls, teacher-forced; this looks at whole answers. Writes below `<storage>/<name>/`: biases/ (Parquet:
every answer), curve.png, model/ (the head with the best bias), metrics.json, report.html, manifest.json.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, PositiveInt

from jobs.common import ClusterConfig, check_common, run_folder, run_job, session, shape_of
from jobs.questions import check_answering, check_tasks, questions
from jobs.results import write_results
from pipelines import files, manifest
from pipelines.quiz import HeadAnswering
from toolschool.config import Config, OutputConfig
from toolschool.errors import ConfigError

if TYPE_CHECKING:
    from toolschool.evaluation.bias_curve import Point
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.tables import Table

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


def calibrate(config: BiasConfig) -> Table:
    """Answer inside a connected Ray, then choose; writes head, report and manifest, and returns the curve as a table."""
    from jobs.progress import StageBars
    from pipelines.calibrating import answer_at_biases
    from toolschool.evaluation.bias_curve import best_of, table_of
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
    table = table_of(curve, own)
    write_results(run, content, "Bias", tables=[table], figures=[draw(run, curve)])
    return table


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


def draw(run: str, curve: Sequence[Point]) -> Figure:
    """curve.png into the run's folder; the same for the page."""
    from toolschool.evaluation.bias_curve import curve_plot
    from toolschool.evaluation.report import Figure

    picture = curve_plot(curve)
    files.write_bytes(files.join(run, "curve.png"), picture)
    return Figure("Answers against the bias", picture, "Right answers and calls per question against the bias")


def work(config: BiasConfig) -> None:
    from toolschool.evaluation.tables import show

    check_answering(config.head)
    run = run_folder(config.output)
    with session(config.cluster, config.output):
        table = calibrate(config)
    show(table)
    print(f"head:   {files.join(run, 'model')}\nreport: {files.join(run, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", BiasConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
