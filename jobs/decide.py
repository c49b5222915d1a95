"""What a tool head, and a reranker behind it, decide at every position of texts they never saw: table, picture, report.

    python -m jobs.decide --config recipes/toolken/decide.yaml
    python -m jobs.decide --config recipes/toolken/decide.yaml head=runs/funcqa/model reranker=null \\
      data.source=funcqa data.limit=null extra=[] split=validation output.name=funcqa-decisions

Texts have marked calls: those of `data`, and of generators in `extra` (no_tool: where nothing is to be called). Both systems are compared as they
are set up and at equal recall. Writes below `<storage>/<name>/`: decisions/ (Parquet: every decision as people look at it), metrics.json,
spurious.png, report.html, manifest.json.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from jobs.common import ClusterConfig, check_common, run_folder, run_job, session, shape_of
from jobs.results import flat, write_results
from jobs.sources import hashes
from pipelines import files, manifest
from toolschool.config import Config, DataConfig, OutputConfig

if TYPE_CHECKING:
    from pipelines.ingest import Source
    from toolschool.evaluation.decisions import Decision, System
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.tables import Table

PROG = "jobs.decide"


class DecideConfig(Config):
    """One look at decisions."""

    head: str
    """model/ folder of a training with objective tool_head; it names its frozen model."""
    reranker: str | None = None
    """model/ folder of a training with objective reranker."""
    data: DataConfig
    """Texts with marked calls."""
    extra: tuple[DataConfig, ...] = ()
    """More such texts, of generators."""
    split: Literal["validation", "test"] = "test"
    """Which rows; funcqa, gsm8k_xl and kamel have marked texts in validation alone."""
    slack: float = Field(default=4.0, ge=0)
    """Look also where the best tool is at most so many nats behind the best word."""
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: DecideConfig) -> None:
    from pipelines.toolken import ToolkenRows, check_toolken

    check_common(config.cluster, config.output)
    check_toolken(ToolkenRows(), config.data, [extra.source for extra in config.extra])


def texts_of(config: DecideConfig) -> list[Source]:
    """Raw rows of the split, of every source."""
    from pipelines.ingest import row_source
    from toolschool.datasets import registry

    purpose = "select" if config.split == "validation" else "test"
    return [
        row_source(
            each.source,
            registry.load(
                each.source, path=each.path, split=config.split, limit=each.limit, seed=each.seed, purpose=purpose
            ),
        )
        for each in (config.data, *config.extra)
    ]


def decide(config: DecideConfig) -> tuple[list[Table], dict[str, Any]]:
    """The stage inside a connected Ray, then the report; writes the manifest and returns tables and metrics."""
    from jobs.progress import StageBars
    from pipelines import deciding
    from toolschool.methods.toolken.tools import tools_of

    started = time.monotonic()
    run = run_folder(config.output)
    with StageBars(f"decide {config.output.name}") as bars:
        made = deciding.decide(
            run,
            texts_of(config),
            config.head,
            config.reranker,
            tools_of(config.data.source, config.data.path),
            shape_of(config.cluster),
            slack=config.slack,
            on_progress=bars.start("decide"),
        )
    counts = made.counts()
    texts = counts["in"] - counts["quarantined"]
    decisions = list(deciding.read_decisions(run))
    systems = systems_of(decisions, config.reranker is not None)
    metrics = metrics_of(systems, texts)
    content = manifest.write(
        run,
        "decide",
        config=config.model_dump(mode="json"),
        inputs=hashes(config.data.path),
        counts=counts,
        metrics=metrics,
        wall_s=time.monotonic() - started,
    )
    tables = tables_of(decisions, systems, texts)
    write_results(
        run,
        content,
        "Decisions",
        summary=f"{texts} texts, teacher-forced over every position.",
        tables=tables,
        figures=[draw(run, systems, texts)],
    )
    return tables, metrics


def systems_of(decisions: Sequence[Decision], reranked: bool) -> dict[str, System]:
    from toolschool.evaluation.decisions import head_alone, with_reranker

    systems = {"head": head_alone(decisions)}
    return {**systems, "head and reranker": with_reranker(decisions)} if reranked else systems


def tables_of(decisions: Sequence[Decision], systems: Mapping[str, System], texts: int) -> list[Table]:
    from toolschool.evaluation.decisions import calls_table, equal_recall_table, reranker_table

    tables = [calls_table(systems, texts), equal_recall_table(systems)]
    return [*tables, reranker_table(decisions)] if len(systems) > 1 else tables


def metrics_of(systems: Mapping[str, System], texts: int) -> dict[str, Any]:
    """Flat numbers: `decide.<system>.<count>`, `decide.<system>.rate.<rate>`."""
    found: dict[str, Any] = {}
    for name, system in systems.items():
        prefix = f"decide.{name.replace(' ', '_')}"
        found |= {f"{prefix}.{key}": value for key, value in {**system.counts(), "texts": texts}.items()}
        for rate, interval in system.rates().items():
            found |= flat(f"{prefix}.rate.{rate}", interval)
    return found


def draw(run: str, systems: Mapping[str, System], texts: int) -> Figure:
    """spurious.png into the run's folder; the same for the page."""
    from toolschool.evaluation.decisions import spurious_plot
    from toolschool.evaluation.report import Figure

    picture = spurious_plot(systems, texts)
    files.write_bytes(files.join(run, "spurious.png"), picture)
    about = "Spurious calls per 100 texts against the recall of calls, a line per system"
    return Figure("Spurious calls against recall", picture, about)


def work(config: DecideConfig) -> None:
    from toolschool.evaluation.tables import show
    from toolschool.methods.toolken.answering import open_heads

    open_heads(config.head, config.reranker)  # a model that is not there is said so before Ray starts
    run = run_folder(config.output)
    with session(config.cluster, config.output):
        tables, _ = decide(config)
    for table in tables:
        show(table)
    print(f"decisions: {files.join(run, 'decisions')}\nreport:    {files.join(run, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", DecideConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
