"""Ray Train and DeepSpeed on every GPU there is: each layout learns, and leaves an ordinary model folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray")
pytest.importorskip("deepspeed")

from toolschool.config import build
from toolschool.models import backbone
from toolschool.models.backbone import ModelConfig
from training.config import TrainConfig

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]
NANO = str(ROOT / "assets/nano")
QLORA = {
    "engine": "plain",
    "model": {"adapter": "qlora", "dtype": "bfloat16"},
    "train": {"optimizer": "paged_adamw8bit"},
}
LAYOUTS: dict[str, dict[str, Any]] = {
    "ZeRO-0": {"deepspeed": {"stage": 0, "precision": "bfloat16"}},
    "ZeRO-1": {"deepspeed": {"stage": 1, "precision": "bfloat16"}},
    "ZeRO-2": {"deepspeed": {"stage": 2, "precision": "bfloat16"}},
    "ZeRO-3": {"deepspeed": {"stage": 3, "precision": "bfloat16"}},
    "float16 with its loss scale": {"deepspeed": {"stage": 2, "precision": "float16"}},
    "states in host memory": {"deepspeed": {"stage": 2, "precision": "bfloat16", "offload": "optimizer"}},
    "all in host memory": {"deepspeed": {"stage": 3, "precision": "bfloat16", "offload": "all"}},
    "LoRA, ZeRO-2": {"model": {"adapter": "lora"}, "deepspeed": {"stage": 2, "precision": "bfloat16"}},
    "QLoRA, paged AdamW": QLORA,
}
GPU_ONLY = ("float16 with its loss scale", "states in host memory", "all in host memory")


@pytest.fixture(scope="module")
def workers(device: str) -> Iterator[dict[str, Any]]:
    """A Ray of this file's own whose workers see the GPUs; the tests' environment keeps DeepSpeed on the CPU elsewhere."""
    import ray
    import torch

    count = torch.cuda.device_count() if device == "cuda" else 1
    variables = {"PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}", "DS_ACCELERATOR": device}
    ray.init(address="local", num_cpus=count + 3, log_to_driver=False, runtime_env={"env_vars": variables})
    yield {"count": count, "gpu": device == "cuda"}
    ray.shutdown()


@pytest.fixture(scope="module")
def rows_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sums with their answers: the question is given, the answer is learnt."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from toolschool.records import token_schema

    tokenizer = backbone.load_tokenizer(ModelConfig(name=NANO))
    made: dict[str, list[Any]] = {"id": [], "input_ids": [], "labels": []}
    for i in range(32):
        asked = tokenizer(f"{i} plus {i + 3} is", add_special_tokens=False)["input_ids"]
        answer = [*tokenizer(f" {2 * i + 3}", add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        made["id"].append(f"{i:03d}")
        made["input_ids"].append([*asked, *answer])
        made["labels"].append([*[-100] * len(asked), *answer])
    folder = tmp_path_factory.mktemp("rows")
    (folder / "train").mkdir()
    pq.write_table(pa.table(made, schema=token_schema()), folder / "train" / "part-0.parquet")
    return folder


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_learns_and_leaves_a_model(
    name: str, device: str, workers: dict[str, Any], rows_folder: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    from training.trainer import fit

    if device == "cpu" and name in GPU_ONLY:
        pytest.skip(f"{name}: only on a GPU")
    if name == "QLoRA, paged AdamW":
        pytest.importorskip("bitsandbytes")
    base = {
        "rows": str(rows_folder),
        "model": {"name": NANO},
        "train": {"lr": 1e-3, "max_steps": 12, "batch_size": 4, "log_every": 1, "eval_every": 12, "warmup_ratio": 0.0},
        "workers": workers,
        "output": {"storage": str(tmp_path), "name": "run"},
    }
    result = fit(build(TrainConfig, base, LAYOUTS[name]))
    lines = [json.loads(line) for line in (Path(result.run_dir) / "metrics.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert len(losses) == 12
    assert sum(losses[-3:]) < 0.8 * sum(losses[:3])
    model = AutoModelForCausalLM.from_pretrained(result.model_dir)
    assert all(bool(p.isfinite().all()) for p in model.parameters())
