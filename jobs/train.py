"""Train a model by Ray Train and DeepSpeed; running again with the same output.name resumes.

    python -m jobs.train --config recipes/tinyagent/toolrag.yaml rows=runs/prepare/toolrag output.name=toolrag
    python -m jobs.train --config recipes/tinyagent/planner.yaml rows=runs/prepare/planner output.name=planner

The profile says how many workers there are and how DeepSpeed shards, unless the configuration does. The model is an
ordinary Hugging Face folder; its path is in manifest.json.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from jobs.common import ClusterConfig, check_common, profile_of, run_folder, run_job, session
from pipelines import files, manifest
from toolschool.config import build
from toolschool.errors import ConfigError
from training.config import TrainConfig

if TYPE_CHECKING:
    from cluster.connect import Profile
    from training.config import TrainResult

PROG = "jobs.train"


class TrainJob(TrainConfig):
    """One training run and where it runs."""

    tools_budget: float = Field(default=5.5, gt=0)
    """tool_classifier: mean number of tools per query that the calibration aims at."""
    cluster: ClusterConfig = ClusterConfig()


def profile_defaults(profile: Profile, config: TrainConfig) -> dict[str, Any]:
    """What a profile says about a training run: workers, devices, ZeRO stage, precision."""
    shape = profile.train
    return {
        "workers": {"count": shape.workers, "gpu": shape.use_gpu, "cpus": shape.cpus_per_worker},
        "deepspeed": {
            "stage": shape.deepspeed_stage,
            "precision": "float32" if config.train.autocast else shape.precision,
        },
    }


def with_profile(config: TrainJob, profile: Profile) -> TrainJob:
    """Fill in from the profile what the configuration left open."""
    given = config.model_dump(mode="json", exclude_unset=True)
    return build(type(config), profile_defaults(profile, config), given)


def check(config: TrainJob) -> None:
    check_common(config.cluster, config.output)
    with_profile(config, profile_of(config.cluster))


def check_rows(rows: str) -> None:
    """ConfigError when there is nothing to train on; said before Ray starts."""
    for part in ("train", "validation"):
        if not files.list_files(files.join(files.absolute(rows), part), ".parquet"):
            raise ConfigError(f"{rows} has no {part} rows; make them with python -m jobs.prepare, or set rows=FOLDER")


def parent_of(config: TrainConfig) -> dict[str, Any] | None:
    """The model that training began from and, where a run of ours made it, that run; None for weights from scratch."""
    name = config.model.name
    if name is None:
        return None
    run = name.rstrip("/").removesuffix("/model")
    made = manifest.read(run) if run != name and files.exists(run) else None
    return {"model": name, "run": run if made else None, "finished": made["finished"] if made else None}


def plain_of(job: TrainJob) -> TrainConfig:
    """What of a job the training loop knows; settings that nobody made stay unmade."""
    return TrainConfig.model_validate(job.model_dump(include=set(TrainConfig.model_fields), exclude_unset=True))


def train(config: TrainJob) -> TrainResult:
    """Train inside a connected Ray (or without one for workers=0), calibrate a ToolRAG, write the manifest."""
    from jobs.progress import follow
    from training.trainer import fit

    started = time.monotonic()
    config = with_profile(config, profile_of(config.cluster))
    plain = plain_of(config)
    folder = run_folder(config.output)
    with follow(f"train {config.output.name}", files.join(folder, "metrics.jsonl")):
        result = fit(plain)
    metrics = dict(result.metrics)
    if config.objective == "tool_classifier":
        from jobs.calibrate import calibrate

        metrics |= calibrate(result.model_dir, config.rows, config.tools_budget)
    manifest.write(
        folder,
        "train",
        config=config.model_dump(mode="json"),
        inputs={config.rows: files.sha256(files.join(config.rows, "train"))},
        counts={
            "step": result.step,
            "steps": result.steps,
            "parameters": result.parameters,
            "trained": result.trained,
        },
        metrics=metrics,
        wall_s=time.monotonic() - started,
        model_dir=result.model_dir,
        parent=parent_of(config),
    )
    return replace(result, metrics=metrics)


def work(config: TrainJob) -> None:
    check_rows(config.rows)
    with session(config.cluster, config.output):
        result = train(config)
    print(f"model: {result.model_dir}")
    for name, value in sorted(result.metrics.items()):
        print(f"  {name}: {value:.4g}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_job(PROG, __doc__ or "", TrainJob, argv, check, work)


if __name__ == "__main__":
    sys.exit(main())
