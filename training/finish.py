"""From the best checkpoint to the model folder: build the model once more, put the trained weights in, save.

What the rows' `toolschool.json` lists under `files` (an index of tools, for example) is copied beside the model.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from toolschool.models.backbone import read_artifact
from training import storage
from training.checkpoints import put_weights, trained_weights
from training.config import TrainConfig, TrainResult

if TYPE_CHECKING:
    from training.objectives.base import Objective

MODEL_FOLDER = "model"


def write_model(
    config: TrainConfig, objective: Objective, checkpoint: Path, metrics: dict[str, float], steps: int, run_dir: str
) -> TrainResult:
    """Write `<run>/model/` with its `toolschool.json`; `metrics` are those of the checkpoint."""
    model = objective.build()
    put_weights(model, trained_weights(checkpoint))
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    step = int(metrics["step"])
    scores = {k: v for k, v in metrics.items() if k in ("loss", "epoch") or k.startswith("val_")}
    about = {} if storage.is_uri(config.rows) else read_artifact(config.rows)
    artifact = {**about, **config.artifact, "objective": config.objective, "metrics": scores, "step": step}
    target = storage.join(run_dir, MODEL_FOLDER)
    with tempfile.TemporaryDirectory() as folder:
        objective.save(model, Path(folder), artifact)
        for name in about.get("files", ()):
            shutil.copy(Path(config.rows) / name, folder)
        storage.copy_out(Path(folder), target)
    return TrainResult(
        model_dir=target,
        metrics=scores,
        step=step,
        steps=steps,
        run_dir=run_dir,
        parameters=sum(size for size, _ in sizes),
        trained=sum(size for size, learns in sizes if learns),
    )
