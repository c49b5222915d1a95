"""A reranker's rows: what tool heads propose in texts they were not trained on, by Ray Data.

    python -m jobs.mine --config recipes/toolken/mine.yaml
    python -m jobs.mine --config recipes/toolken/mine.yaml rows=runs/mine/ slack=2 output.name=more

Takes a run of jobs.prepare with `toolken`. A head is trained for every fold without that fold's texts (seconds, on the features that are there), and
one for the validation rows; then the frozen model reads every text once more, and every prompt of a decision. Writes below `<storage>/<name>/`: heads/,
mined/ (Parquet: every decision as people look at it), reranker/ (rows of objective reranker), manifest.json.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from jobs.common import ClusterConfig, check_common, run_folder, run_job, session, shape_of
from pipelines import files, manifest
from toolschool.config import Config, DataConfig, OutputConfig, build
from toolschool.errors import ConfigError, DataError
from training.config import ObjectiveArgs, OptimConfig, TrainConfig

if TYPE_CHECKING:
    from pipelines.stage import StageResult
    from pipelines.toolken import ToolkenRows

PROG = "jobs.mine"


class MineConfig(Config):
    """One mining."""

    rows: str
    """Run folder of a preparation with `toolken`."""
    folds: int = Field(default=5, ge=2)
    """Heads for the train rows; each is trained without the texts it reads here."""
    k: int = Field(default=3, ge=1)
    """Candidates of a decision."""
    slack: float = Field(default=0.0, ge=0)
    """Mine also where the best tool is at most so many nats behind the best word."""
    train: OptimConfig = OptimConfig(lr=1e-2, epochs=10, batch_size=16)
    """How the heads are trained."""
    objective_args: ObjectiveArgs = ObjectiveArgs()
    """Their first rows and their loss, as for jobs.train; a fold may lack a tool that init=descriptions gives a row all the same."""
    cluster: ClusterConfig = ClusterConfig()
    output: OutputConfig


def check(config: MineConfig) -> None:
    check_common(config.cluster, config.output)
    if "://" in config.output.storage + config.rows:
        raise ConfigError("heads are trained in this process: output.storage and rows must be local or mounted folders")


def prepared(run: str) -> tuple[DataConfig, ToolkenRows]:
    """Data and settings of a prepared run. DataError when it is none, or is not finished."""
    from jobs.prepare import PrepareConfig

    found = manifest.read(run)
    if not found or not (found.get("config") or {}).get("toolken"):
        raise DataError(
            f"{run} is no finished run of jobs.prepare with `toolken`; make one with recipes/toolken/prepare.yaml"
        )
    settings = build(PrepareConfig, found["config"])
    assert settings.toolken
    return settings.data, settings.toolken


def train_heads(config: MineConfig, run: str, base: str) -> list[str]:
    """A head per fold, without its texts, and a last one of all train texts; their folders."""
    from jobs.progress import Progress

    heads: list[str] = []
    with Progress("heads") as progress:
        for fold in [*range(config.folds), None]:
            progress.to(len(heads) / (config.folds + 1), note=f"fold {fold}" if fold is not None else "all")
            heads.append(train_head(config, Path(run) / "heads" / ("all" if fold is None else str(fold)), fold, base))
    return heads


def train_head(config: MineConfig, home: Path, fold: int | None, base: str) -> str:
    """The head of one fold; a finished one is kept."""
    from training.plain import fit_plain

    write_fold(Path(config.rows) / "features", home / "rows", fold, config.folds)
    settings: dict[str, Any] = {
        "objective": "tool_head",
        "engine": "plain",
        "rows": str(home / "rows"),
        "model": {"name": base},
        "train": config.train.model_dump(),
        "objective_args": config.objective_args.model_dump(),
        "output": {"storage": str(home), "name": "run"},
    }
    return fit_plain(build(TrainConfig, settings)).model_dir


def write_fold(features: Path, target: Path, fold: int | None, folds: int) -> None:
    """The features without a fold's train texts, and what stands beside them."""
    import shutil

    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from pipelines.mining import fold_of

    (target / "train").mkdir(parents=True, exist_ok=True)
    table = pq.read_table(features / "train")
    inside = pa.array([fold is not None and fold_of(key, folds) == fold for key in table["id"].to_pylist()])
    pq.write_table(table.filter(pc.invert(inside)), target / "train" / "rows.parquet")
    shutil.copytree(features / "validation", target / "validation", dirs_exist_ok=True)
    for file in features.glob("*.*"):
        shutil.copy(file, target)


def mine(config: MineConfig, data: DataConfig, rows: ToolkenRows) -> dict[str, Any]:
    """Heads, then the stage, inside a connected Ray; writes the manifest and returns it."""
    from jobs.progress import StageBars
    from pipelines import mining
    from toolschool.methods.toolken.tools import tools_of

    started = time.monotonic()
    run = run_folder(config.output)
    heads = train_heads(config, run, str(rows.model.name))
    with StageBars(f"mine {config.output.name}") as bars:
        made: StageResult = mining.mine(
            run,
            files.join(config.rows, "source"),
            heads,
            tools_of(data.source, data.path),
            rows,
            shape_of(config.cluster),
            k=config.k,
            slack=config.slack,
            on_progress=bars.start("mine"),
        )
    return manifest.write(
        run,
        "mine",
        config=config.model_dump(mode="json"),
        counts={**made.counts(), **decisions(run, config.k)},
        wall_s=time.monotonic() - started,
    )


def decisions(run: str, k: int) -> dict[str, int]:
    """How many decisions are calls, rejections, and calls whose tool is no candidate (these teach nothing and are left out)."""
    places = [row["place"] for row in files.read_rows(files.join(run, "mined"))]
    calls = sum(0 <= place < k for place in places)
    return {"calls": calls, "rejections": places.count(k), "gold_is_no_candidate": places.count(-1)}


def work(config: MineConfig) -> None:
    data, rows = prepared(config.rows)  # a run that is not there is said so before Ray starts
    with session(config.cluster, config.output):
        made = mine(config, data, rows)
    print(f"counts: {made['counts']}")
    print(f"rows: {files.join(run_folder(config.output), 'reranker')}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", MineConfig, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
