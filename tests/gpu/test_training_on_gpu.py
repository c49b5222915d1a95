"""The loop's step on a GPU: what a CPU computes in float32, within what 16 bits can tell apart."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from benchmarks.gpu_setup import TOKENIZER, open_session, train_config
from toolschool.config import build, override
from toolschool.models import backbone
from toolschool.models.backbone import ModelConfig
from training.config import TrainConfig
from training.loop import StepResult, train_step
from training.rows import Row

pytestmark = pytest.mark.gpu
Used = Callable[[float], AbstractContextManager[None]]
STEPS = 5
WEIGHTS = 5_000_000  # nano's, at least
TEXTS = [
    f"{a} boxes of {b} pens are {a * b} pens, and {a * b + 1} with one more."
    for a, b in ((3, 4), (12, 5), (7, 9), (2, 30))
]


def rows() -> list[Row]:
    import numpy as np

    tokenizer = backbone.load_tokenizer(ModelConfig(name=TOKENIZER))
    encoded = [np.array([*tokenizer(text)["input_ids"], tokenizer.eos_token_id]) for text in TEXTS]
    return [Row(f"{i}", ids, ids) for i, ids in enumerate(encoded)]


def config_of(adapter: str, dtype: str, autocast: bool) -> TrainConfig:
    settings: dict[str, Any] = {"model.dtype": dtype, "train.autocast": autocast}
    config = train_config(TOKENIZER, adapter, length=64, rows=len(TEXTS))
    return build(TrainConfig, override(config.model_dump(mode="json", exclude_unset=True), settings))


def learnt(config: TrainConfig, device: str) -> list[StepResult]:
    """A few steps of all rows; dropout is off, and an adapter begins alike."""
    import torch

    torch.manual_seed(0)
    model, _ = backbone.load(config.model)
    session = open_session(config, model, rows(), STEPS, device)
    results = [train_step(session, step, 1e-3) for step in range(STEPS)]
    assert {p.device.type for p in model.parameters()} == {device}
    return results


@pytest.mark.parametrize("adapter", ["full", "lora"])
@pytest.mark.parametrize(
    ("dtype", "autocast", "tolerance"),  # relative, of the losses; gradient norms get five times as much
    [("float32", False, 1e-3), ("float32", True, 2e-2), ("bfloat16", False, 4e-2)],
)
def test_a_gpu_learns_what_a_cpu_learns(
    device: str, used: Used, adapter: str, dtype: str, autocast: bool, tolerance: float
) -> None:
    expected = learnt(config_of(adapter, "float32", autocast=False), "cpu")
    with used(WEIGHTS * (4 if dtype == "float32" else 2)):
        found = learnt(config_of(adapter, dtype, autocast), device)
    assert [step.tokens for step in found] == [step.tokens for step in expected]
    assert [step.loss for step in found] == pytest.approx([step.loss for step in expected], rel=tolerance)
    assert found[0].grad_norm == pytest.approx(expected[0].grad_norm, rel=5 * tolerance)
    assert found[-1].loss < found[0].loss
