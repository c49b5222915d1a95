"""A base in 4 bits: what is saved is the base as it was, with what the adapter and the new rows learnt."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from toolschool.config import build
from toolschool.errors import ConfigError
from toolschool.models.backbone import ModelConfig, load, open_model, save

pytest.importorskip("bitsandbytes")
LORA = {"r": 4, "alpha": 8, "target_modules": ["q_proj", "v_proj"]}


@pytest.fixture
def config(tmp_path: Path) -> ModelConfig:
    words = tmp_path / "tokens.json"
    words.write_text(json.dumps({"<<Open Forecast&&Get Week>>": "Open Forecast Get Week"}))
    return build(
        ModelConfig,
        {"name": "assets/nano", "adapter": "qlora", "lora": LORA, "token_words": str(words)},
    )


def test_what_was_learnt_is_saved_over_the_whole_base(config: ModelConfig, tmp_path: Path) -> None:
    model, tokenizer = load(config)
    layer = model.get_base_model().model.layers[0].self_attn
    assert type(layer.o_proj).__name__ == "Linear4bit"
    assert layer.q_proj.base_layer.weight.dtype == torch.uint8
    ids = torch.tensor([tokenizer.encode("Rain?\n<<Open Forecast&&Get Week>>", add_special_tokens=False)])
    before = model(input_ids=ids, labels=ids).loss.item()
    learn(model, ids)
    assert model(input_ids=ids, labels=ids).loss.item() < before / 2
    learnt = layer.q_proj
    update = 2 * learnt.lora_B["default"].weight @ learnt.lora_A["default"].weight
    row = model.get_input_embeddings().token_adapter.trainable_tokens_delta["default"]

    opened, again = open_model(save(model, tokenizer, tmp_path / "saved", config=config))
    base, _ = open_model("assets/nano")
    here, there = (each.model.layers[0] for each in (opened, base))
    assert torch.equal(here.self_attn.o_proj.weight, there.self_attn.o_proj.weight), "not rounded to 4 bits"
    assert torch.allclose(here.self_attn.q_proj.weight - there.self_attn.q_proj.weight, update, atol=1e-6)
    token = again.convert_tokens_to_ids("<<Open Forecast&&Get Week>>")
    assert torch.allclose(opened.get_output_embeddings().weight[token], row[0], atol=1e-6)


def learn(model: Any, ids: torch.Tensor) -> None:
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=3e-2)
    for _ in range(20):
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def test_four_bits_need_a_model_that_has_learnt() -> None:
    with pytest.raises(ConfigError, match="4 bits cannot learn"):
        build(ModelConfig, {"fresh": {"tokenizer": "x"}, "adapter": "qlora"})
