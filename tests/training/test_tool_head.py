"""The objectives over a frozen model's features: planted states are found, shuffled labels are not, defects are named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from toolschool.config import build
from toolschool.errors import ConfigError, PreflightError
from toolschool.models.reranker import Reranker
from toolschool.models.tool_head import ToolHead
from toolschool.records import feature_schema
from training import objectives
from training.config import TrainConfig
from training.objectives.reranker import candidate_faults, decision_metrics
from training.objectives.tool_head import absent_tools, feature_faults, firing_metrics
from training.plain import fit_plain
from training.rows import Row, Rows, from_lists

TOOLS = [f"tool{i}" for i in range(4)]
HIDDEN = 24
NANO = "assets/nano"


def head_rows(prefix: str, texts: int, shuffled: bool = False) -> Rows:
    """Texts of twelve positions; at some a tool comes next, and there the state points along the tool's own axis."""
    chance = np.random.default_rng(len(prefix) + texts)
    axes = 4 * np.eye(HIDDEN)[: len(TOOLS)]
    rows = []
    for number in range(texts):
        labels = np.where(chance.random(12) < 0.3, chance.integers(0, len(TOOLS), 12), -1)
        labels[0] = number % len(TOOLS)
        states = chance.normal(size=(12, HIDDEN)) * 0.5 + np.where(labels[:, None] >= 0, axes[labels], 0)
        lse = chance.normal(size=12) * 0.2 + 5
        table = np.column_stack([states, lse, np.where(labels < 0, lse - 1, 0), lse - 0.5, np.ones(12)])
        if shuffled:
            labels = chance.permutation(labels)
        rows.append(Row(f"{prefix}{number:03d}", np.arange(12), labels, table.astype(np.float32).ravel()))
    return from_lists(rows)


def reranker_rows(prefix: str, count: int) -> Rows:
    """Three candidates; the state shows which is right, or along another axis that none is."""
    chance = np.random.default_rng(count)
    rows = []
    for number in range(count):
        candidates = chance.permutation(len(TOOLS))[:3]
        label = int(chance.integers(0, 4))
        axis = int(candidates[label]) if label < 3 else len(TOOLS)
        state = chance.normal(size=HIDDEN) * 0.3 + 3 * np.eye(HIDDEN)[axis]
        rows.append(Row(f"{prefix}{number:03d}", candidates, np.array([label]), state.astype(np.float32)))
    return from_lists(rows)


def write(folder: Path, method: str, **parts: Rows) -> None:
    for part, rows in parts.items():
        (folder / part).mkdir(parents=True)
        columns: dict[str, Any] = {"id": rows.ids}
        columns |= {name: [getattr(row, name) for row in rows] for name in ("input_ids", "labels", "features")}
        pq.write_table(pa.table(columns, schema=feature_schema()), folder / part / "rows.parquet")
    about = {"method": method, "base": NANO, "tools": TOOLS, "hidden": HIDDEN, "layer": -1}
    (folder / "toolschool.json").write_text(json.dumps(about))


def config(folder: Path, objective: str, **changes: Any) -> TrainConfig:
    return build(
        TrainConfig,
        {
            "objective": objective,
            "rows": str(folder),
            "model": {"name": NANO},
            "train": {"lr": 3e-2, "epochs": 12, "batch_size": 8, "schedule": "constant", "warmup_ratio": 0},
            "output": {"storage": str(folder / "runs"), "name": "head"},
            "engine": "plain",
        },
        changes,
    )


def test_planted_states_are_learnt_and_the_head_opens_again(tmp_path: Path) -> None:
    write(tmp_path, "toolken", train=head_rows("t", 60), validation=head_rows("val", 20))
    result = fit_plain(config(tmp_path, "tool_head"))
    assert result.metrics["val_f1"] > 0.95
    head = ToolHead.from_pretrained(result.model_dir)
    assert head.tools == tuple(TOOLS)
    assert head.card["base"] == NANO
    assert head.bias.tolist() == pytest.approx([result.metrics["val_bias"]] * len(TOOLS))
    rows = head_rows("val", 20)
    table = np.concatenate([row.features.reshape(12, -1) for row in rows])
    labels = np.concatenate([row.labels for row in rows])
    with torch.no_grad():
        logits = head(torch.from_numpy(table[:, :HIDDEN])).numpy()
    fires = logits.max(-1) > table[:, HIDDEN + 2]
    hits = (fires & (logits.argmax(-1) == labels)).sum()
    assert 2 * hits / (fires.sum() + (labels >= 0).sum()) == pytest.approx(result.metrics["val_f1"])


def test_shuffled_labels_stay_near_chance(tmp_path: Path) -> None:
    write(tmp_path, "toolken", train=head_rows("t", 60, shuffled=True), validation=head_rows("val", 20, shuffled=True))
    result = fit_plain(config(tmp_path, "tool_head"))
    assert result.metrics["val_f1"] < 0.35
    assert result.metrics["val_tool_accuracy"] < 0.45


def test_a_learnt_reranker_picks_and_refuses(tmp_path: Path) -> None:
    write(tmp_path, "toolken+", train=reranker_rows("t", 300), validation=reranker_rows("val", 80))
    result = fit_plain(config(tmp_path, "reranker"))
    assert result.metrics["val_f1"] > 0.95
    reranker = Reranker.from_pretrained(result.model_dir)
    assert float(reranker.reject) == pytest.approx(result.metrics["val_reject"])
    rows = reranker_rows("val", 80)
    states = torch.from_numpy(np.stack([row.features for row in rows]))
    candidates = torch.from_numpy(np.stack([row.input_ids for row in rows]).astype(np.int64))
    with torch.no_grad():
        chosen = reranker(states, candidates).argmax(-1).numpy()
    assert (chosen == np.concatenate([row.labels for row in rows])).mean() > 0.9


def test_a_missing_candidate_is_never_chosen() -> None:
    scores = Reranker(TOOLS, HIDDEN)(torch.ones(1, HIDDEN), torch.tensor([[2, -1, -1]]))
    assert scores[0, 1:3].tolist() == [float("-inf")] * 2
    assert torch.isfinite(scores[0, [0, 3]]).all()


def test_weights_and_positions_of_tools_alone(tmp_path: Path) -> None:
    write(tmp_path, "toolken", train=head_rows("t", 4))
    everything = objectives.make(config(tmp_path, "tool_head"))
    alone = objectives.make(config(tmp_path, "tool_head", objective_args={"only_tools": True}))
    row = head_rows("t", 4)[0]
    assert everything.weight(row) == 12
    assert alone.weight(row) == (row.labels >= 0).sum()
    model = everything.build()
    batch = alone.collate([[row]])
    kept = replace(
        row, labels=row.labels[row.labels >= 0], features=row.features.reshape(12, -1)[row.labels >= 0].ravel()
    )
    assert float(alone.loss(model, batch).detach()) == pytest.approx(
        float(everything.loss(model, everything.collate([[kept]])).detach()), rel=1e-5
    )


def test_rows_can_begin_as_descriptions(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    write(tmp_path, "toolken", train=head_rows("t", 4))
    save_file({"descriptions": torch.full((len(TOOLS), HIDDEN), 0.5)}, tmp_path / "init.safetensors")
    model: Any = objectives.make(config(tmp_path, "tool_head", objective_args={"init": "descriptions"})).build()
    assert model.weight.unique().tolist() == [0.5]


def test_metrics_where_nothing_is_called() -> None:
    found = firing_metrics(np.zeros((3, 2)), np.ones(3), np.full(3, -1))
    assert (found["val_f1"], found["val_tool_accuracy"], found["val_bias"]) == (0.0, 0.0, -1e4)
    assert decision_metrics(np.array([[0.0, 1.0]]), np.array([1]))["val_accuracy"] == 1.0


def test_defects_are_refused(tmp_path: Path) -> None:
    rows = head_rows("t", 8)
    assert feature_faults(rows, TOOLS, HIDDEN) == []
    assert "another width" in feature_faults(rows, TOOLS, HIDDEN + 1)[0]
    assert "one of the 2 tools" in feature_faults(rows, TOOLS[:2], HIDDEN)[0]
    assert absent_tools(rows, [*TOOLS, "extra"]) == ["extra"]
    nan = from_lists([replace(rows[0], features=rows[0].features * np.nan)])
    assert "no numbers" in feature_faults(nan, TOOLS, HIDDEN)[0]
    pairs = reranker_rows("t", 40)
    assert candidate_faults(pairs, len(TOOLS), HIDDEN) == []
    assert "no state of 7 numbers" in candidate_faults(pairs, len(TOOLS), 7)[0]
    assert "one of the 2 tools" in candidate_faults(pairs, 2, HIDDEN)[0]
    refusals = from_lists(row for row in pairs if row.labels[0] == 3)
    assert "nothing could be learnt" in candidate_faults(refusals, len(TOOLS), HIDDEN)[0]
    write(tmp_path, "toolken", train=head_rows("t", 8))
    (tmp_path / "encoding.json").write_text('{"fingerprint": "other"}')
    with pytest.raises(PreflightError, match="another tokenizer"):
        fit_plain(config(tmp_path, "tool_head"))


def test_a_tool_without_rows_must_begin_as_its_description(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    write(tmp_path, "toolken", train=head_rows("t", 8))
    about = json.loads((tmp_path / "toolschool.json").read_text())
    (tmp_path / "toolschool.json").write_text(json.dumps({**about, "tools": [*TOOLS, "extra"]}))
    save_file({"descriptions": torch.zeros(len(TOOLS) + 1, HIDDEN)}, tmp_path / "init.safetensors")
    with pytest.raises(PreflightError, match="no row calls extra"):
        fit_plain(config(tmp_path, "tool_head"))
    described = config(tmp_path, "tool_head", objective_args={"init": "descriptions"}, train={"epochs": 1})
    assert ToolHead.from_pretrained(fit_plain(described).model_dir).tools[-1] == "extra"


def test_rows_of_another_kind_or_model_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "toolken", train=head_rows("t", 4))
    with pytest.raises(ConfigError, match="no rows for a reranker"):
        objectives.make(config(tmp_path, "reranker"))
    with pytest.raises(ConfigError, match=f"set model.name={NANO}"):
        objectives.make(config(tmp_path, "tool_head", model={"name": "other"}))
    write(tmp_path / "plus", "toolken+", train=reranker_rows("t", 4))
    with pytest.raises(ConfigError, match="no features for a tool head"):
        objectives.make(config(tmp_path / "plus", "tool_head"))
