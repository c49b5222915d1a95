"""The tool classifier: heads, saving and opening, and that it can learn."""

import json
from pathlib import Path

import pytest
import torch

from toolschool.errors import ModelError
from toolschool.models.classifier import (
    LabelAttentionHead,
    ToolClassifier,
    pad_rows,
    predict_logits,
    read_card,
    write_card,
)

ROWS = [[101, 7592, 102], [101, 2655, 15765, 2651, 102], [101, 102]]


def moved(model: ToolClassifier) -> ToolClassifier:
    """The model with its adapter and head away from their starting values, where LoRA adds nothing."""
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and ("lora_B" in name or "head" in name):
            parameter.data.normal_(0, 0.05)
    return model.eval()


@pytest.mark.parametrize("pooling", ["mean", "label_attention"])
def test_a_saved_adapter_gives_the_same_logits(pooling: str, tmp_path: Path) -> None:
    model = moved(ToolClassifier.build(num_labels=3, pooling=pooling, lora={"r": 4}))
    model.save_pretrained(tmp_path, tools=["a", "b", "c"])
    logits = predict_logits(model, ROWS)
    for merge in (True, False):
        again = ToolClassifier.from_pretrained(tmp_path, merge=merge)
        torch.testing.assert_close(predict_logits(again, ROWS), logits, atol=5e-3, rtol=1e-3)
    assert again.card["tools"] == ["a", "b", "c"]
    files = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(files) == {"adapter_model.safetensors", "adapter_config.json", "head.safetensors", "toolschool.json"}
    assert sum(files.values()) < 1_000_000


def test_no_path_of_this_machine_is_saved(tmp_path: Path) -> None:
    ToolClassifier.build(num_labels=2, lora={"r": 2}).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert "site-packages" not in (tmp_path / "toolschool.json").read_text()


def test_a_full_fine_tune_is_saved_whole(tmp_path: Path) -> None:
    model = moved(ToolClassifier.build(num_labels=2, pooling="mean"))
    model.encoder.encoder.layer[0].attention.self.query.weight.data.mul_(1.5)
    model.save_pretrained(tmp_path)
    again = ToolClassifier.from_pretrained(tmp_path)
    torch.testing.assert_close(predict_logits(again, ROWS), predict_logits(model, ROWS), atol=5e-3, rtol=1e-3)


def test_only_adapter_and_head_are_trained() -> None:
    model = ToolClassifier.build(num_labels=2, lora={"r": 2})
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert all("lora_" in name or name.startswith("head.") for name in trained)
    assert sum("lora_A" in name for name in trained) == 6 * 6  # six layers, six linear maps, no pooler


def test_padding_does_not_change_a_row() -> None:
    model = moved(ToolClassifier.build(num_labels=3, lora={"r": 2}))
    together = predict_logits(model, ROWS)
    alone = torch.cat([predict_logits(model, [row]) for row in ROWS])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


def test_attention_sums_to_one_over_real_tokens() -> None:
    torch.manual_seed(0)
    head = LabelAttentionHead(hidden=8, num_labels=3, attention_dim=4)
    states, mask = torch.randn(2, 5, 8), torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    weights = head.attention(states, mask)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2, 3))
    assert weights[0, 3:].abs().max() == 0
    summed = torch.einsum("btk,btd->bkd", weights, states)  # the paper's order: attend, then score
    torch.testing.assert_close(head(states, mask), (summed * head.weight).sum(-1) + head.bias)


def test_attention_head_learns_which_token_counts() -> None:
    """Label k is on when token k + 1 occurs anywhere among ten: mean pooling of random states would blur it."""
    torch.manual_seed(0)
    table = torch.randn(12, 16)
    head = LabelAttentionHead(hidden=16, num_labels=2, attention_dim=8)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.02)
    for _ in range(300):
        tokens = torch.randint(0, 12, (64, 10))
        labels = torch.stack([(tokens == k + 1).any(1) for k in range(2)], 1).float()
        logits = head(table[tokens], torch.ones_like(tokens))
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    accuracy = ((logits > 0) == (labels > 0.5)).float().mean().item()
    assert accuracy > 0.95


def test_pad_rows() -> None:
    ids, mask = pad_rows([[5, 6], [7]])
    assert ids.tolist() == [[5, 6], [7, 0]]
    assert mask.tolist() == [[1, 1], [1, 0]]


def test_the_card_can_be_amended(tmp_path: Path) -> None:
    ToolClassifier.build(num_labels=2, lora={"r": 2}).save_pretrained(tmp_path, tools=["a", "b"])
    write_card(tmp_path, metrics={"set_coverage": 0.5})
    assert read_card(tmp_path)["metrics"] == {"set_coverage": 0.5}
    assert read_card(tmp_path)["tools"] == ["a", "b"]


def test_broken_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"toolschool\.json"):
        ToolClassifier.from_pretrained(tmp_path)
    ToolClassifier.build(num_labels=2, lora={"r": 2}).save_pretrained(tmp_path)
    (tmp_path / "adapter_model.safetensors").unlink()
    with pytest.raises(ModelError, match="adapter"):
        ToolClassifier.from_pretrained(tmp_path)
    (tmp_path / "toolschool.json").write_text('{"method": "planner"}')
    with pytest.raises(ModelError, match="planner"):
        ToolClassifier.from_pretrained(tmp_path)


def test_unknown_pooling_is_refused() -> None:
    with pytest.raises(ModelError, match="max"):
        ToolClassifier.build(num_labels=2, pooling="max")  # type: ignore[arg-type]
