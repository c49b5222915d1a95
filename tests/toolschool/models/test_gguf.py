"""The GGUF file holds the folder's weights, rounded as its kind says, in llama.cpp's order."""

from pathlib import Path

import gguf
import pytest
import torch

from toolschool.errors import ModelError
from toolschool.models.gguf import export, pairs

NANO = Path(__file__).resolve().parents[3] / "assets" / "nano"


@pytest.mark.parametrize(("kind", "tolerance"), [("f32", 0.0), ("bf16", 1e-6), ("q8_0", 0.01)])
def test_weights_survive(kind: str, tolerance: float, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(NANO, dtype=torch.float32)
    reader = gguf.GGUFReader(export(NANO, tmp_path / "nano.gguf", kind))
    found = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in reader.tensors}
    state = model.state_dict()
    layer = "model.layers.1."
    expected = {
        "token_embd.weight": state["model.embed_tokens.weight"],
        "blk.1.ffn_down.weight": state[layer + "mlp.down_proj.weight"],
        "blk.1.attn_norm.weight": state[layer + "input_layernorm.weight"],
        "output_norm.weight": state["model.norm.weight"],
    }
    for name, weight in expected.items():
        difference = abs(torch.tensor(found[name]).reshape(weight.shape) - weight).max()
        assert float(difference) <= tolerance * float(weight.abs().max()), name
    heads = model.config.num_attention_heads
    query = torch.tensor(pairs(state[layer + "self_attn.q_proj.weight"].numpy(), heads))
    assert (
        float(abs(torch.tensor(found["blk.1.attn_q.weight"]).reshape(query.shape) - query).max())
        <= max(tolerance, 1e-9) * 4
    )
    assert reader.fields["llama.block_count"].contents() == model.config.num_hidden_layers
    assert len(reader.fields["tokenizer.ggml.tokens"].data) == model.config.vocab_size


def test_pairs_put_the_halves_side_by_side() -> None:
    rows = torch.arange(8).reshape(8, 1).numpy()
    assert pairs(rows, 2).flatten().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_what_cannot_be_exported_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="unknown kind"):
        export(NANO, tmp_path / "x.gguf", "q2")
    with pytest.raises(ModelError, match="cannot load"):
        export(tmp_path, tmp_path / "x.gguf")
