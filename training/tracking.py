"""A run's lines in MLflow or Weights & Biases, beside metrics.jsonl and TensorBoard, which are always written.

    python -m jobs.train --config recipes/tinyagent/planner.yaml track=mlflow      # MLFLOW_TRACKING_URI says where
    python -m jobs.train --config recipes/tinyagent/planner.yaml track=wandb       # WANDB_API_KEY, or WANDB_MODE=offline

Opened on rank 0 alone. A run that goes on behind a kill goes on there, too: its id stands in `<run>/tracking.json`. The packages are the
extra `tracking`. Limit: with MLflow, steps between the last checkpoint and a kill stand there twice, the second time as they counted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import TrainError
from training.logs import TRACKING_FILE

if TYPE_CHECKING:
    from training.config import TrainConfig
    from training.logs import Listener, OpenListener

EXPERIMENT = "toolschool"


def tracker(config: TrainConfig) -> OpenListener | None:
    """What opens the tracker of the configuration; None where none is asked for."""
    kinds: dict[str, OpenListener] = {
        "mlflow": lambda folder, step: MlflowRun(config, folder, step),
        "wandb": lambda folder, step: WandbRun(config, folder, step),
    }
    if config.track == "none":
        return None

    def open_run(folder: Path, step: int) -> Listener:
        try:
            return kinds[config.track](folder, step)
        except ImportError as error:
            raise TrainError(f"track={config.track} needs a package: pip install 'toolschool[tracking]'") from error

    return open_run


class MlflowRun:
    """One run of an MLflow experiment."""

    def __init__(self, config: TrainConfig, folder: Path, step: int) -> None:
        from mlflow import MlflowClient
        from mlflow.entities import Param
        from mlflow.exceptions import MlflowException

        if not os.environ.get("MLFLOW_TRACKING_URI"):
            raise TrainError("track=mlflow: set MLFLOW_TRACKING_URI for the workers, http://HOST:5000 for example")
        known = _read(folder, "mlflow") if step else None
        self.pending: list[Any] = []
        try:
            self.client = MlflowClient()
            self.run = (
                known or self.client.create_run(_experiment(self.client), run_name=config.output.name).info.run_id
            )
            if not known:
                self.client.log_batch(
                    self.run, params=[Param(k, str(v)[:500]) for k, v in flat(_settings(config)).items()]
                )
        except MlflowException as error:
            raise TrainError(f"track=mlflow: {str(error).splitlines()[0]}; see MLFLOW_TRACKING_URI") from error
        _write(folder, "mlflow", self.run)

    def __call__(self, line: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now, step = int(time.time() * 1000), int(line["step"])
        metrics = [Metric(name, float(value), now, step) for name, value in line.items() if name != "step"]
        # A slow server must not hold up the workers.
        self.pending.append(self.client.log_batch(self.run, metrics=metrics, synchronous=False))

    def close(self) -> None:
        for sent in self.pending:
            sent.wait()
        self.client.set_terminated(self.run)


class WandbRun:
    """One run of a Weights & Biases project."""

    def __init__(self, config: TrainConfig, folder: Path, step: int) -> None:
        import wandb

        known = _read(folder, "wandb") if step else None
        try:
            self.run = wandb.init(
                project=os.environ.get("WANDB_PROJECT", EXPERIMENT),
                name=config.output.name,
                id=known,
                resume="allow" if known else None,
                config=_settings(config),
                dir=str(folder),
            )
        except wandb.Error as error:
            raise TrainError(
                f"track=wandb: {str(error).splitlines()[0]}; set WANDB_API_KEY or WANDB_MODE=offline"
            ) from error
        _write(folder, "wandb", self.run.id)

    def __call__(self, line: Mapping[str, float]) -> None:
        self.run.log({name: value for name, value in line.items() if name != "step"}, step=int(line["step"]))

    def close(self) -> None:
        self.run.finish()


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted keys, as the command line has them."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) and value else {f"{prefix}{key}": value}
    return found


def _settings(config: TrainConfig) -> dict[str, Any]:
    return config.model_dump(mode="json")


def _experiment(client: Any) -> str:
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name))


def _read(folder: Path, kind: str) -> str | None:
    file = folder / TRACKING_FILE
    return json.loads(file.read_text(encoding="utf-8")).get(kind) if file.is_file() else None


def _write(folder: Path, kind: str, run: str) -> None:
    (folder / TRACKING_FILE).write_text(json.dumps({kind: run}), encoding="utf-8")
