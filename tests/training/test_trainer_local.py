"""The loop through DeepSpeed in this process (`workers.count=0`): same numbers as plain torch, resumable, repeatable."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolschool.errors import DataError, PreflightError, TrainError
from training import loop
from training.config import TrainConfig, TrainResult
from training.plain import fit_plain
from training.trainer import datasets, fit

Make = Callable[..., TrainConfig]


def lines(result: TrainResult, key: str = "loss") -> list[float]:
    text = (Path(result.run_dir) / "metrics.jsonl").read_text()
    return [row[key] for row in map(json.loads, text.splitlines()) if key in row]


def tensors(result: TrainResult) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(Path(result.model_dir) / "model.safetensors")


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_deepspeed_computes_what_plain_torch_computes(make_config: Make, stage: int) -> None:
    """Losses, gradient norms and the consolidated weights, with accumulation and weight decay."""
    layer = {"train": {"batch_size": 2, "grad_accumulation": 2, "weight_decay": 0.1}, "deepspeed": {"stage": stage}}
    plain = fit_plain(make_config(layer, {"output": {"name": "plain"}}))
    sharded = fit(make_config(layer, {"output": {"name": "sharded"}}))
    assert lines(sharded) == pytest.approx(lines(plain), rel=1e-4)
    assert lines(sharded, "grad_norm") == pytest.approx(lines(plain, "grad_norm"), rel=1e-3)
    left, right = tensors(plain), tensors(sharded)
    assert left.keys() == right.keys()
    for name in left:
        assert float((left[name] - right[name]).abs().max()) < 1e-4, name


class Crash(Exception):
    """Stands for a killed process."""


@pytest.mark.parametrize(
    ("stage", "precision"),
    [
        (2, "float32"),
        pytest.param(0, "float32", marks=pytest.mark.verify),
        pytest.param(0, "bf16", marks=pytest.mark.verify),
        pytest.param(1, "bf16", marks=pytest.mark.verify),
        pytest.param(2, "bf16", marks=pytest.mark.verify),
        pytest.param(2, "autocast", marks=pytest.mark.verify),
        pytest.param(3, "float32", marks=pytest.mark.verify),
        pytest.param(3, "bf16", marks=pytest.mark.verify),
    ],
)
@pytest.mark.parametrize("adapter", ["full", "lora"])
def test_resume_is_exact(make_config: Make, monkeypatch: Any, stage: int, precision: str, adapter: str) -> None:
    layer: dict[str, Any] = {
        "deepspeed": {"stage": stage, "precision": "bfloat16" if precision == "bf16" else "float32"},
        "train": {"autocast": precision == "autocast"},
        "model": {"adapter": adapter, "lora": {"dropout": 0.2}, "new_tokens": ["<CALL>"]},
    }
    whole = fit(make_config(layer, {"output": {"name": "whole"}}))
    taken = loop.train_step

    def crash(session: Any, step: int, rate: float) -> Any:
        if step == 6:
            raise Crash
        return taken(session, step, rate)

    monkeypatch.setattr(loop, "train_step", crash)
    broken = make_config(layer, {"output": {"name": "broken"}})
    with pytest.raises(Crash):
        fit(broken)
    monkeypatch.setattr(loop, "train_step", taken)
    resumed = fit(broken)
    assert lines(resumed) == pytest.approx(lines(whole), rel=1e-6)
    left, right = tensors(whole), tensors(resumed)
    assert all(float((left[name] - right[name]).abs().max()) < 1e-6 for name in left)


def test_callbacks_see_every_report(make_config: Make) -> None:
    from ray.train.v2.api.callback import UserCallback

    class Listen(UserCallback):
        def __init__(self) -> None:
            self.steps: list[int] = []

        def after_report(self, run_context: Any, metrics: Any, checkpoint: Any) -> None:
            self.steps.append(metrics[0]["step"])

    listen = Listen()
    fit(make_config({"train": {"eval_every": 2}}), callbacks=[listen])
    assert listen.steps == [2, 4, 6, 8]


def test_what_comes_after_a_run_does_not_take_its_process_for_a_launched_one(
    make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """accelerate waits for other processes where it finds LOCAL_RANK."""
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    fit(make_config({"train": {"max_steps": 1, "eval_every": 1}}))
    assert "LOCAL_RANK" not in os.environ


def test_errors_a_user_can_mend_come_out_as_they_are(
    make_config: Make, kit: Any, tokenizer: Any, tmp_path: Path
) -> None:
    kit.write_rows(kit.example_rows(tokenizer, 8, supervise_prompt=True), tmp_path / "bad" / "train")
    with pytest.raises(PreflightError, match="prompt"):
        fit(make_config({"rows": str(tmp_path / "bad")}))
    with pytest.raises(DataError, match="run the prepare job"):
        fit(make_config({"rows": str(tmp_path / "nothing")}))
    with pytest.raises(DataError, match="run the prepare job"):
        datasets(make_config({"rows": str(tmp_path / "nothing")}))
    with pytest.raises(TrainError, match=r"local output\.storage"):
        fit(make_config({"output": {"storage": "s3://bucket/runs"}}))
