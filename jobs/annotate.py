"""Texts to texts with the tool calls that help to read on: Toolformer's annotation, by Ray Data; killed and run again, it goes on.

    python -m jobs.annotate --config recipes/toolformer/annotate.yaml data.path=texts.jsonl output.name=mine
    python -m jobs.annotate --config recipes/toolformer/annotate.yaml data.source=gsm8k data.limit=500

Reads a .jsonl file with rows {"text": ..., perhaps "date" or "url"}, or the train rows of a data set by name. Writes below
`<storage>/<name>/`: kept/ (the annotated texts), scored/ (every call that was tried, its losses, why it went), metrics.json, report.html,
quarantine/ with what was no document and why, manifest.json. A tool of your own is one file: toolschool/methods/toolformer/kit/ has five.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobs.common import ClusterConfig, check_common, profile_of, run_folder, run_job, session, shape_of
from jobs.results import write_results
from jobs.sources import hashes
from pipelines import files, manifest
from pipelines.annotate import AnnotateRows
from toolschool.config import Config, DataConfig, OutputConfig
from toolschool.errors import DataError

if TYPE_CHECKING:
    from pipelines.ingest import Source
    from pipelines.stage import StageResult
    from toolschool.evaluation.annotation import CallCounts
    from toolschool.evaluation.report import Figure
    from toolschool.evaluation.tables import Table

PROG = "jobs.annotate"
GENERATED_ROWS = 1000
SHOWN = 12  # calls kept, and calls refused, in the report


class TextData(DataConfig):
    """Which texts go in."""

    source: str = "arithmetic"
    """Name in the data-set registry, where `path` is no .jsonl file."""


class AnnotateConfig(Config):
    """One annotation."""

    data: TextData = TextData()
    annotate: AnnotateRows = AnnotateRows()
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: AnnotateConfig) -> None:
    from toolschool.datasets.registry import source_named
    from toolschool.methods.toolformer.tools import load_tools

    check_common(config.cluster, config.output)
    load_tools(config.annotate.tools)
    source, path = source_named(config.data.source), config.data.path
    wanted = 'set data.path to a .jsonl file with rows {"text": ...}'
    if path and path.endswith(".jsonl"):
        if not files.exists(path):
            raise DataError(f"{path} does not exist; {wanted}")
    elif source.to_text is None:
        raise DataError(f"{source.name} has no running text; {wanted}")
    elif source.generate and path:
        raise DataError(f"{source.name} is generated, nothing would be read from {path}; {wanted}")


def sources(config: AnnotateConfig) -> Iterator[Source]:
    """Texts of a file, line by line, or of the train rows of a data set, without the calls they may hold."""
    from pipelines.ingest import file_source, row_source
    from toolschool.datasets import registry
    from toolschool.datasets.inline_calls import plain

    data = config.data
    if data.path and data.path.endswith(".jsonl"):
        yield file_source("texts", data.path, data.limit)
        return
    generated = registry.source_named(data.source).generate is not None
    limit = data.limit or (GENERATED_ROWS if generated else None)
    how: dict[str, Any] = {"split": "train", "purpose": "train", "limit": limit, "seed": data.seed}
    texts = registry.texts(data.source, path=data.path, **how)
    yield row_source("texts", ({"text": plain(text)} for text in texts))


def annotate(config: AnnotateConfig) -> tuple[list[Table], dict[str, int]]:
    """Run the flow inside a connected Ray; writes metrics, report and manifest, and returns tables and metrics."""
    from jobs.progress import StageBars
    from pipelines.toolformer import annotate_texts
    from toolschool.evaluation.annotation import count_calls, losses_table, shown_calls, steps_table

    started = time.monotonic()
    run = run_folder(config.output)
    with StageBars(f"annotate {config.output.name}") as bars:
        made = annotate_texts(
            run,
            sources(config),
            config.annotate,
            shape_of(config.cluster),
            url=profile_of(config.cluster).model_url,
            on_progress=bars.start,
        )
    counts = count_calls(files.read_rows(files.join(run, "scored")))
    tables = [steps_table(counts), losses_table(counts)]
    metrics = {**stage_metrics(made), **call_metrics(counts)}
    content = manifest.write(
        run,
        "annotate",
        config=config.model_dump(mode="json"),
        inputs=hashes(config.data.path),
        counts={name: result.counts() for name, result in made.items()},
        metrics=metrics,
        wall_s=time.monotonic() - started,
    )
    write_results(
        run,
        content,
        "Toolformer",
        summary=summary(content["metrics"]),
        tables=[*tables, *shown_calls(files.read_rows(files.join(run, "scored")), SHOWN)],
        figures=[gains_figure(config, counts)],
    )
    return tables, metrics


def stage_metrics(made: Mapping[str, StageResult]) -> dict[str, int]:
    return {
        "texts.in": made["select"].rows_in,
        "texts.wanted": made["select"].rows_out["selected"],
        "texts.kept": made["filter"].rows_out["kept"],
        "texts.quarantined": sum(result.quarantined for result in made.values()),
    }


def call_metrics(counts: Mapping[str, CallCounts]) -> dict[str, int]:
    """The numbers of the first table, by tool."""
    names = ("documents", "places", "pruned", "samples", "calls", "executed", "kept")
    return {f"{tool}.{name}": getattr(count, name) for tool, count in counts.items() for name in names}


def gains_figure(config: AnnotateConfig, counts: Mapping[str, CallCounts]) -> Figure:
    from toolschool.evaluation.annotation import gains_plot
    from toolschool.evaluation.report import Figure
    from toolschool.methods.toolformer.tools import load_tools

    thresholds = {name: tool.preset.tau_f for name, tool in load_tools(config.annotate.tools).items()}
    about = "Histogram of the fall of the loss by call, with the thresholds"
    return Figure("How much calls help", gains_plot(counts, thresholds), about)


def summary(metrics: Mapping[str, Any]) -> str:
    """One sentence on what became of the texts."""
    return (
        f"{metrics['texts.in']} texts read, {metrics['texts.wanted']} wanted by a tool, {metrics['texts.kept']} kept with calls; "
        f"{metrics['texts.quarantined']} in quarantine, each with its reason."
    )


def work(config: AnnotateConfig) -> None:
    from toolschool.evaluation.tables import show
    from toolschool.models.backbone import ModelConfig, load_tokenizer

    load_tokenizer(ModelConfig(name=config.annotate.model))  # a model that is not there is said so before Ray starts
    run = run_folder(config.output)
    with session(config.cluster, config.output):
        tables, metrics = annotate(config)
    for table in tables:
        show(table)
    print(summary(metrics))
    print(f"texts:  {files.join(run, 'kept')}\nreport: {files.join(run, 'report.html')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", AnnotateConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
