"""A training submitted to three nodes that loses the one where its workers are: it goes on elsewhere, to the same result."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from training.config import TrainConfig

pytestmark = [pytest.mark.verify, pytest.mark.timeout(1800)]
STEPS = 120


def losses(run: Path) -> dict[int, float]:
    file = run / "metrics.jsonl"
    lines = file.read_text().splitlines(keepends=True) if file.is_file() else []
    return {row["step"]: row["loss"] for row in map(json.loads, lines) if "loss" in row}


def test_a_lost_node_does_not_change_the_result(
    tmp_path: Path, make_config: Callable[..., TrainConfig], three_nodes: Any
) -> None:
    """The kill comes between two checkpoints, so that steps are repeated."""
    config = make_config(
        {
            "workers": {"count": 2, "timeout_s": 30},
            "train": {"batch_size": 2, "max_steps": STEPS, "eval_every": 40, "lr": 1e-3},
            "output": {"storage": str(tmp_path / "runs"), "name": "broken"},
        }
    )
    (tmp_path / "job.json").write_text(config.model_dump_json(exclude_unset=True))
    given, log = ["--config", str(tmp_path / "job.json"), "cluster.shared_storage=true"], tmp_path / "log"
    broken, calm = (tmp_path / "runs" / name for name in ("broken", "calm"))
    three_nodes.run(
        log, "train", *given, lose_when=lambda: max(losses(broken), default=0) >= 50, holding="RayTrainWorker"
    )
    three_nodes.run(tmp_path / "calm-log", "train", *given, "output.name=calm")
    again, first = losses(broken), losses(calm)
    assert list(again) == list(range(1, STEPS + 1))
    assert again[STEPS] == pytest.approx(first[STEPS], rel=1e-3)
    last = [json.loads((run / "manifest.json").read_text())["metrics"]["val_loss"] for run in (broken, calm)]
    assert last[0] == pytest.approx(last[1], rel=1e-3)
