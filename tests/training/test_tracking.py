"""Lines of a run in MLflow (a folder) and Weights & Biases (offline), also when the run goes on behind a kill."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolschool.errors import TrainError
from training import loop
from training.config import TrainConfig
from training.plain import fit_plain
from training.tracking import flat

Make = Callable[..., TrainConfig]


class Crash(Exception):
    """Stands for a killed process."""


def broken_and_resumed(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that dies before its 7th step and goes on from its checkpoint; its folder."""
    taken = loop.train_step

    def crash(session: Any, step: int, rate: float) -> Any:
        if step == 6:
            raise Crash
        return taken(session, step, rate)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "train_step", crash)
        with pytest.raises(Crash):
            fit_plain(config)
    return Path(fit_plain(config).run_dir)


def test_mlflow_has_every_line_in_one_run(make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlflow").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    run = broken_and_resumed(make_config({"track": "mlflow"}), monkeypatch)
    client = mlflow.MlflowClient()
    (experiment,) = [each for each in client.search_experiments() if each.name == "toolschool"]
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.run_name == "run"
    assert found.info.status == "FINISHED"
    assert found.data.params["train.max_steps"] == "8"
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for name in ("loss", "val_loss", "lr"):
        history = {metric.step: metric.value for metric in client.get_metric_history(found.info.run_id, name)}
        assert history == pytest.approx({line["step"]: line[name] for line in lines if name in line})


def test_wandb_goes_on_with_the_same_id(make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    run = broken_and_resumed(make_config({"track": "wandb"}), monkeypatch)
    name = json.loads((run / "tracking.json").read_text())["wandb"]
    offline = sorted((run / "wandb").glob("offline-run-*"))
    assert len(offline) == 2
    assert all(folder.name.endswith(name) for folder in offline)


def test_what_is_missing_is_said_before_the_first_step(make_config: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(TrainError, match="set MLFLOW_TRACKING_URI"):
        fit_plain(make_config({"track": "mlflow"}))


def test_settings_have_the_keys_of_the_command_line() -> None:
    assert flat({"train": {"lr": 1, "betas": [1, 2]}, "rows": "x", "artifact": {}}) == {
        "train.lr": 1,
        "train.betas": [1, 2],
        "rows": "x",
        "artifact": {},
    }
