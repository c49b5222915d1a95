"""Queries and plans to encoded training rows, by Ray Data; can be killed and run again with the same name.

    python -m jobs.prepare --config recipes/tinyagent/prepare.yaml data.path=plans.jsonl output.name=mine

Writes below `<storage>/<name>/`: examples/, toolrag/ and planner/ (each with train, validation and test), quarantine/ with
every row that was refused and why, manifest.json.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from jobs.common import ClusterConfig, check_common, profile_of, run_folder, run_job, session
from pipelines import files, manifest
from pipelines.encode import PlannerRows, ToolRagRows
from toolschool.config import Config, DataConfig, OutputConfig
from toolschool.errors import DataError

if TYPE_CHECKING:
    from pipelines.ingest import Source

PROG = "jobs.prepare"
GENERATED = ("desk", "arithmetic")
FALLBACK_ROWS = 1200  # generated rows when there is no limit and no real data


class ExtraData(Config):
    """Generated rows added to the train part only."""

    source: str = "desk"
    """A generated source of the registry."""
    limit: int = Field(default=1000, ge=1)
    """How many rows."""
    seed: int = 0
    """Seed of the generator."""


class PrepareConfig(Config):
    """One preparation."""

    data: DataConfig = DataConfig()
    extra: tuple[ExtraData, ...] = ()
    """More rows for the train part, from generators."""
    toolrag: ToolRagRows | None = ToolRagRows()
    planner: PlannerRows | None = PlannerRows()
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: PrepareConfig) -> None:
    check_common(config.cluster, config.output)
    input_path(config.data)


def input_path(data: DataConfig) -> str | None:
    """The file of rows: `data.path` (a folder means its plans.jsonl), else below TOOLSCHOOL_DATA; None: generate.

    DataError when a path was given and nothing is there.
    """
    if data.path is None and data.source in GENERATED:
        return None
    root = os.environ.get("TOOLSCHOOL_DATA")
    given = data.path or (str(Path(root, data.source)) if root else None)
    if given is None:
        raise DataError(
            f"no rows of {data.source}: set data.path, or TOOLSCHOOL_DATA, or data.source=desk for generated rows"
        )
    if not files.exists(given):
        raise DataError(f"{given} does not exist; set data.path to a .jsonl file or its folder")
    inside = files.join(given, "plans.jsonl")
    return inside if files.exists(inside) else given


def generated(source: str, limit: int, seed: int, split: str | None) -> Source:
    """Rows of a generator; all splits in their natural shares, or one of them."""
    from pipelines.ingest import row_source
    from pipelines.tinyagent import generated_row
    from toolschool.datasets import registry

    def rows() -> Iterator[dict[str, Any]]:
        parts = {split: limit} if split else {"train": limit * 8 // 10, "validation": limit // 10, "test": limit // 10}
        for part, count in parts.items():
            for example in registry.examples(source, split=part, limit=count, seed=seed):
                yield generated_row(example, part)

    return row_source(source, rows())


def sources(config: PrepareConfig) -> Iterator[Source]:
    """The inputs in the order of their numbers in row keys."""
    from pipelines.ingest import file_source

    path = input_path(config.data)
    if path:
        yield file_source(config.data.source, path, config.data.limit)
    else:
        limit = config.data.limit or FALLBACK_ROWS
        yield generated(config.data.source, limit, config.data.seed, split=None)
    for extra in config.extra:
        yield generated(extra.source, extra.limit, extra.seed, split="train")


def make_rows(config: PrepareConfig) -> dict[str, Any]:
    """Run the flow inside a connected Ray and write the manifest; returns it."""
    from jobs.progress import StageBars
    from pipelines.tinyagent import Shape, prepare

    started = time.monotonic()
    run = run_folder(config.output)
    data = profile_of(config.cluster).data
    with StageBars(f"prepare {config.output.name}") as bars:
        made = prepare(
            run,
            sources(config),
            toolrag=config.toolrag,
            planner=config.planner,
            seed=config.data.seed,
            shape=Shape(data.actors, data.cpus_per_actor),
            on_progress=bars.start,
        )
    for name, result in (("examples", made.examples), ("rows", made.rows)):
        parts = ", ".join(f"{folder} {count}" for folder, count in result.rows_out.items())
        again = " (finished before)" if result.skipped else ""
        print(f"  {name}{again}: {result.rows_in} rows in; {parts}; quarantined {result.quarantined}", flush=True)
    path = input_path(config.data)
    return manifest.write(
        run,
        "prepare",
        config=config.model_dump(mode="json"),
        inputs={path: files.sha256(path)} if path else {},
        counts=made.counts(),
        wall_s=time.monotonic() - started,
        cache_keys=made.cache_keys,
    )


def work(config: PrepareConfig) -> None:
    with session(config.cluster, config.output):
        make_rows(config)
    print(f"rows: {run_folder(config.output)}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", PrepareConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
