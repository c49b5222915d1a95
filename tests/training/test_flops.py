"""Arithmetic of a step: against torch's own counter of operations, published parameter counts, and by hand."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.flops import ModelShape, flops_per_token, ideal_seconds, model_shape, peak_flops, typical_length


def llama(**changes: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    shape: dict[str, Any] = {"vocab_size": 96, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3}
    shape |= {"num_attention_heads": 4, "num_key_value_heads": 2, **changes}
    return LlamaForCausalLM(LlamaConfig(**shape))


def counted(model: Any, length: int) -> int:
    """Operations of one forward and backward over one sequence, as torch's own counter sees them."""
    from torch.utils.flop_counter import FlopCounterMode

    ids = torch.arange(length)[None] % 96
    with FlopCounterMode(display=False) as counter:
        model(input_ids=ids, labels=ids).loss.backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("length", [16, 64])
def test_torch_counts_as_many(tied: bool, length: int) -> None:
    """Norms are weights, too, but no matrix product; and nothing flows back into the embeddings of the first layer."""
    model = llama(tie_word_embeddings=tied, attn_implementation="eager")
    said = flops_per_token(model_shape(model), length) * length
    norms = 6 * length * sum(p.numel() for p in model.parameters() if p.ndim == 1)
    assert said - norms == pytest.approx(counted(model, length), rel=0.03)


def test_lora_saves_the_gradients_of_frozen_weights() -> None:
    from peft import LoraConfig, get_peft_model

    model = get_peft_model(llama(attn_implementation="eager"), LoraConfig(r=4, target_modules="all-linear"))
    shape = model_shape(model)
    assert 0 < shape.trainable < shape.weights
    said = flops_per_token(shape, 64) * 64
    assert said == pytest.approx(counted(model, 64), rel=0.15)
    full = flops_per_token(ModelShape(shape.weights, shape.weights, shape.layers, shape.width), 64) * 64
    assert said < 0.8 * full


def test_tables_do_not_count_and_tied_output_layers_do() -> None:
    tied, untied = model_shape(llama(tie_word_embeddings=True)), model_shape(llama(tie_word_embeddings=False))
    assert tied == untied
    assert untied.weights == sum(p.numel() for p in llama(tie_word_embeddings=False).parameters()) - 96 * 32


def test_attention_may_be_wider_than_the_model() -> None:
    assert model_shape(llama(head_dim=16)).width == 64


def test_other_modules_have_no_shape() -> None:
    assert model_shape(torch.nn.Linear(2, 2)) is None


def test_by_hand() -> None:
    """7B as in the paper's setting: six operations per weight, and the attention's part grows with the length."""
    shape = ModelShape(weights=7_000_000_000, trainable=7_000_000_000, layers=32, width=4096)
    assert flops_per_token(shape, 0) == 42e9
    assert flops_per_token(shape, 2048) - 42e9 == 12 * 32 * 4096 * 2048


@pytest.mark.parametrize(
    ("name", "tera"),
    [
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA H100 NVL", 835),
        ("NVIDIA H200", 989),
        ("NVIDIA A100-SXM4-40GB", 312),
        ("NVIDIA A100 80GB PCIe", 312),
        ("NVIDIA A10G", 70),
        ("NVIDIA A10", 125),
        ("NVIDIA L4", 121),
        ("NVIDIA L40S", 362),
        ("Tesla T4", 65),
        ("NVIDIA GeForce RTX 4090", None),
        ("NVIDIA T400 4GB", None),
        ("cpu", None),
    ],
)
def test_peaks_by_the_names_that_torch_gives(name: str, tera: float | None) -> None:
    assert peak_flops(name) == (None if tera is None else tera * 1e12)


def test_mfu_is_one_at_the_peak_and_unknown_on_unknown_devices() -> None:
    shape = ModelShape(weights=10**9, trainable=10**9, layers=10, width=1000)
    tokens_per_s = 2 * 312e12 / flops_per_token(shape, 512)
    assert tokens_per_s * ideal_seconds(shape, 512, "NVIDIA A100-SXM4-80GB", 2) == pytest.approx(1.0)
    assert ideal_seconds(shape, 512, "cpu", 2) is None


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=50))
def test_the_typical_length_makes_attention_add_up(lengths: list[int]) -> None:
    assert typical_length(lengths) * sum(lengths) == pytest.approx(sum(n * n for n in lengths))
