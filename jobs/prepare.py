"""Encoded training rows, by Ray Data; can be killed and run again with the same name.

    python -m jobs.prepare --config recipes/tinyagent/prepare.yaml data.path=plans.jsonl output.name=mine   # queries and plans
    python -m jobs.prepare --config recipes/toolformer/prepare.yaml                                           # texts with inline calls
    python -m jobs.prepare --config recipes/toolken/prepare.yaml                                              # a frozen model's features
    python -m jobs.prepare --config recipes/toolgen/prepare.yaml                                              # tools as tokens
    python -m jobs.prepare --config recipes/ste/prepare.yaml                                                  # trials of your own tools
    python -m jobs.prepare --config recipes/nano/prepare.yaml                                                 # a language model from scratch

Writes below `<storage>/<name>/` the folders of rows (examples/, toolrag/ and planner/; inline/; features/; memorize/ and retrieve/;
ste/; tokenizer/ and nano/), quarantine/ with every row that was refused and why, manifest.json.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from jobs.common import ClusterConfig, check_common, profile_of, run_folder, run_job, session, shape_of
from jobs.sources import generated, hashes, input_path, read_source
from pipelines import files, manifest
from pipelines.encode import PlannerRows, ToolRagRows
from pipelines.inline import InlineRows, check_inline
from pipelines.nano import READ, NanoRows
from pipelines.ste_rows import SteRows, check_ste
from pipelines.ste_trials import EXPLORED
from pipelines.toolgen import check_toolgen
from pipelines.toolgen_base import open_base
from pipelines.toolgen_sources import ToolGenRows
from pipelines.toolken import ToolkenRows, check_toolken
from toolschool.config import Config, DataConfig, OutputConfig
from toolschool.errors import DataError
from toolschool.methods.tinyagent.harvest import SOURCE as HARVESTED

if TYPE_CHECKING:
    from pipelines.ingest import Source

PROG = "jobs.prepare"
EXTRA_ROWS = 1000
FALLBACK_ROWS = 1200  # generated rows when there is no limit and no real data


class ExtraData(Config):
    """Rows added to the train part only: generated, or harvested from your own server."""

    source: str = "desk"
    """A generated source of the registry, or harvested."""
    path: str | None = None
    """Of harvested: the run folder of jobs.harvest, or its plans.jsonl."""
    limit: int | None = Field(default=None, ge=1)
    """How many rows; default: EXTRA_ROWS generated ones, all of those that are harvested."""
    seed: int = 0
    """Seed of the generator."""

    @model_validator(mode="after")
    def _of_a_file(self) -> ExtraData:
        if (self.path is not None) != (self.source == HARVESTED):
            raise ValueError(
                f"path goes with source={HARVESTED}, which needs it: rows of other files may not all train"
            )
        return self


class PrepareConfig(Config):
    """One preparation."""

    data: DataConfig = DataConfig()
    extra: tuple[ExtraData, ...] = ()
    """More rows: for the train part, with `toolken` (generated ones) for both parts."""
    toolrag: ToolRagRows | None = ToolRagRows()
    planner: PlannerRows | None = PlannerRows()
    nano: NanoRows | None = None
    """Instead of all that: a tokenizer and rows to pretrain a language model on (rows below nano/)."""
    inline: InlineRows | None = None
    """Instead of all that: rows with inline calls for Toolformer's fine-tuning (rows below inline/); data is a source with worked
    answers (sums, arithmetic, gsm8k, svamp), or data.path the kept/ folder of an annotation, or its scored/ to filter by other thresholds."""
    toolken: ToolkenRows | None = None
    """Instead of all that: what a frozen model says at every position of texts with marked calls, for a tool head (rows below features/);
    data is funcqa, gsm8k_xl, kamel, metatool, virtualhome or operations."""
    toolgen: ToolGenRows | None = None
    """Instead of all that: rows of ToolGen's first two stages (below memorize/ and retrieve/), or of tools that are added to a trained model
    (below add/); it has sources of its own."""
    ste: SteRows | None = None
    """Instead of all that: rows of the trials of jobs.explore (below ste/), and test.json, the requests held back."""
    validation: dict[str, int] = Field(default_factory=dict)
    """With `nano`: validation rows of each part, e.g. {tinyagent: 128}."""
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: PrepareConfig) -> None:
    check_common(config.cluster, config.output)
    if config.inline:
        check_inline(config.inline, config.data)
        return
    if config.toolken:
        check_toolken(config.toolken, config.data, [extra.source for extra in config.extra])
        return
    if config.toolgen:
        check_toolgen(config.toolgen, config.output.storage)
        return
    if config.ste:
        check_ste(config.ste, config.output.storage)
        return
    if config.nano is None:
        input_path(config.data)
        for extra in config.extra:
            if extra.path:
                input_path(DataConfig(source=extra.source, path=extra.path))
        return
    if uses_tinyagent(config) and input_path(config.data) is None:
        raise DataError("these rows come from tinyagent: leave data.source=tinyagent, or set nano.real=0")
    for part in READ:
        if getattr(config.nano.mixture, part) and not os.environ.get("TOOLSCHOOL_DATA"):
            raise DataError(f"{part} rows come from data sets: set TOOLSCHOOL_DATA, or nano.mixture.{part}=0")


def uses_tinyagent(config: PrepareConfig) -> bool:
    if config.nano is None:
        return False
    return bool((config.nano.real and config.nano.mixture.varied) or config.validation.get("tinyagent"))


def sources(config: PrepareConfig) -> Iterator[Source]:
    """The inputs in the order of their numbers in row keys."""
    path = input_path(config.data)
    if path:
        yield read_source(config.data, path)
    else:
        yield generated(config.data.source, config.data.limit or FALLBACK_ROWS, config.data.seed, split=None)
    for extra in config.extra:
        if extra.path is None:
            yield generated(extra.source, extra.limit or EXTRA_ROWS, extra.seed, split="train")
        else:
            data = DataConfig(source=extra.source, path=extra.path, limit=extra.limit)
            yield read_source(data, input_path(data) or "")


def make_rows(config: PrepareConfig) -> dict[str, Any]:
    """Run the flow inside a connected Ray and write the manifest; returns it."""
    from jobs.progress import StageBars
    from pipelines.tinyagent import prepare

    started = time.monotonic()
    run = run_folder(config.output)
    with StageBars(f"prepare {config.output.name}") as bars:
        made = prepare(
            run,
            sources(config),
            toolrag=config.toolrag,
            planner=config.planner,
            seed=config.data.seed,
            shape=shape_of(config.cluster),
            on_progress=bars.start,
        )
    for name, result in (("examples", made.examples), ("rows", made.rows)):
        parts = ", ".join(f"{folder} {count}" for folder, count in result.rows_out.items())
        again = " (finished before)" if result.skipped else ""
        print(f"  {name}{again}: {result.rows_in} rows in; {parts}; quarantined {result.quarantined}", flush=True)
    return write_manifest(config, started, hashes(input_path(config.data)), made.counts(), cache_keys=made.cache_keys)


def make_nano(config: PrepareConfig, nano: NanoRows) -> dict[str, Any]:
    """Tokenizer and pretraining rows, and their manifest; returns it."""
    from pipelines.nano import prepare_nano

    started = time.monotonic()
    run = run_folder(config.output)
    data = profile_of(config.cluster).data
    path = input_path(config.data) if uses_tinyagent(config) else None
    counts = prepare_nano(
        run,
        nano,
        seed=config.data.seed,
        data_path=str(Path(path).absolute().parent) if path else None,
        validation=config.validation,
        actors=data.actors,
        cpus=data.cpus_per_actor,
    )
    return write_manifest(config, started, hashes(path), counts)


def make_inline(config: PrepareConfig, inline: InlineRows) -> dict[str, Any]:
    """Rows with inline calls and their manifest; returns it."""
    from jobs.progress import StageBars
    from pipelines.inline import holds_texts, prepare_inline, solutions_of, texts_of

    started = time.monotonic()
    run = run_folder(config.output)
    kept = config.data.path if holds_texts(config.data) else None
    raw = texts_of(kept, config.data.limit, inline) if kept else solutions_of(config.data)
    with StageBars(f"prepare {config.output.name}") as bars:
        made = prepare_inline(run, raw, inline, shape_of(config.cluster), bars.start("rows"))
    metrics = {name.replace("inline/", "rows."): count for name, count in made.rows_out.items()}
    return write_manifest(config, started, hashes(kept), made.counts(), metrics=metrics)


def make_toolken(config: PrepareConfig, toolken: ToolkenRows) -> dict[str, Any]:
    """A frozen model's features and their manifest; returns it."""
    from jobs.progress import StageBars
    from pipelines.toolken import marked_source, prepare_toolken
    from toolschool.methods.toolken.tools import tools_of

    started = time.monotonic()
    run = run_folder(config.output)
    data = config.data
    tools = tools_of(data.source, data.path)
    more = [DataConfig(source=extra.source, limit=extra.limit or EXTRA_ROWS, seed=extra.seed) for extra in config.extra]
    sources = [marked_source(each) for each in (data, *more)]
    with StageBars(f"prepare {config.output.name}") as bars:
        made = prepare_toolken(run, sources, tools, toolken, shape_of(config.cluster), bars.start("features"))
    return write_manifest(config, started, hashes(data.path), made.counts())


def write_manifest(
    config: PrepareConfig, started: float, inputs: Mapping[str, str], counts: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    """The manifest of rows that were made since `started` from `inputs`, by place the hash; returns it."""
    return manifest.write(
        run_folder(config.output),
        "prepare",
        config=config.model_dump(mode="json"),
        inputs=inputs,
        counts=counts,
        wall_s=time.monotonic() - started,
        **more,
    )


def make_toolgen(config: PrepareConfig, toolgen: ToolGenRows) -> dict[str, Any]:
    """Rows of ToolGen's first two stages and their manifest, with the tools that wanted the same text; returns it."""
    from jobs.progress import StageBars
    from pipelines.toolgen import prepare_toolgen

    started = time.monotonic()
    run = run_folder(config.output)
    with StageBars(f"prepare {config.output.name}") as bars:
        made = prepare_toolgen(run, toolgen, shape_of(config.cluster), bars.start)
    collisions = [{"text": each.text, "got": list(each.told_apart.values())} for each in made.index.collisions]
    places = [place for source in toolgen.sources for place in source.inputs()]
    inputs = {place: files.sha256(place) for place in places}
    if toolgen.base:
        inputs[toolgen.base.model] = files.model_mark(toolgen.base.model)
    return write_manifest(config, started, inputs, made.counts(), collisions=collisions)


def make_ste(config: PrepareConfig, ste: SteRows) -> dict[str, Any]:
    """Rows of an exploration's trials and their manifest; returns it."""
    from jobs.progress import StageBars
    from pipelines.ste_rows import prepare_ste

    started = time.monotonic()
    with StageBars(f"prepare {config.output.name}") as bars:
        made = prepare_ste(run_folder(config.output), ste, shape_of(config.cluster), bars.start)
    explored = files.join(ste.trials, EXPLORED)
    return write_manifest(config, started, {explored: files.sha256(explored)}, made.counts())


def work(config: PrepareConfig) -> None:
    if config.toolgen and config.toolgen.base:
        open_base(config.toolgen.base)  # what it lacks is told before Ray starts
    with session(config.cluster, config.output):
        if config.ste:
            made = make_ste(config, config.ste)
        elif config.toolgen:
            made = make_toolgen(config, config.toolgen)
        elif config.toolken:
            made = make_toolken(config, config.toolken)
        elif config.inline:
            made = make_inline(config, config.inline)
        elif config.nano:
            made = make_nano(config, config.nano)
        else:
            made = make_rows(config)
    print(f"counts: {made['counts']}")
    print(f"rows: {run_folder(config.output)}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", PrepareConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
