"""Toolformer's flow: texts in, texts with the calls that help out.

    texts --ingest--> source/ --select--> selected/ --annotate--> annotated/ --execute--> executed/ --filter--> scored/ + kept/

`python -m jobs.annotate` runs it. Four stages, Parquet to Parquet with a row per document; each can be killed and run again and
looked at by itself. `kept/` holds what a model is fine-tuned on (`python -m jobs.prepare`, recipes/toolformer/), `scored/` every call that
was tried and why it stayed or went, `quarantine/` rows that are no documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pipelines import annotate, files, ingest
from pipelines.annotate import AnnotateRows
from pipelines.refilter import THRESHOLDS, thresholds_of
from pipelines.stage import OnProgress, Shape, Stage, StageResult, Transform, run_stage
from toolschool.errors import DataError
from toolschool.methods.toolformer.tools import load_tools

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 32  # documents; calls of a batch are executed together
BLOCK = 64  # a kill costs at most so many documents of each actor


def annotate_texts(
    run: str,
    sources: Iterable[ingest.Source],
    rows: AnnotateRows,
    shape: Shape,
    *,
    url: str | None = None,
    on_progress: Callable[[str], OnProgress | None] = lambda name: None,
) -> dict[str, StageResult]:
    """Run the four stages into the folder `run`; results by stage. Needs a connected Ray; can be repeated after a kill.

    With `url` the model is asked there (vLLM), else every actor holds it. DataError when no text is left.
    """
    ingest.write_sources(files.join(run, "source"), sources)
    found: dict[str, StageResult] = {}
    for stage in stages(run, rows, shape, url):
        found[stage.name] = run_stage(stage, on_progress(stage.name))
        if not any(found[stage.name].rows_out.values()):
            raise DataError(_nothing_left(run, stage.name, found[stage.name]))
    return found


def _nothing_left(run: str, stage: str, result: StageResult) -> str:
    if not result.quarantined:
        return f"{stage} left no text: no tool wants one of the {result.rows_in}; widen the rule of a tool, or give other texts"
    quarantine = files.join(run, "quarantine")
    reason = next(row["reason"] for row in files.read_rows(quarantine))
    return f"{stage} left no text: {result.quarantined} of {result.rows_in} are in {quarantine} (first: {reason})"


def stages(run: str, rows: AnnotateRows, shape: Shape, url: str | None = None) -> list[Stage]:
    """The four stages in their order."""
    tools = {"tools": [use.fingerprint() for use in rows.tools]}
    judged = {**tools, "weights": files.model_mark(rows.model)}
    bars = {THRESHOLDS: thresholds_of(load_tools(rows.tools))}
    asked = {"url": url}
    light = Shape(shape.actors, shape.cpus)
    heavy = light if url else shape
    scored = {"scored": annotate.scored_schema(), "kept": annotate.kept_schema()}
    return [
        _stage(run, "select", "source", annotate.Select, {"selected": annotate.selected_schema()}, rows, tools, light),
        _stage(
            run,
            "annotate",
            "selected",
            annotate.Annotate,
            {"annotated": annotate.annotated_schema()},
            rows,
            judged,
            heavy,
            asked,
        ),
        _stage(
            run, "execute", "annotated", annotate.Execute, {"executed": annotate.executed_schema()}, rows, tools, light
        ),
        _stage(run, "filter", "executed", annotate.Filter, scored, rows, judged | bars, heavy, asked),
    ]


def _stage(
    run: str,
    name: str,
    source: str,
    transform: Callable[..., Transform],
    outputs: Mapping[str, pa.Schema],
    rows: AnnotateRows,
    settings: Mapping[str, Any],
    shape: Shape,
    more: Mapping[str, Any] | None = None,
) -> Stage:
    return Stage(
        name,
        files.join(run, source),
        run,
        transform,
        outputs,
        kwargs={"config": rows.model_dump(mode="json"), **(more or {})},
        settings=settings,
        actors=shape.actors,
        cpus=shape.cpus,
        gpus=shape.gpus,
        batch_size=BATCH,
        block_rows=BLOCK,
    )
