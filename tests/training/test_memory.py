"""What a training needs of a GPU: against published parameter counts, torch's own saved tensors, and ZeRO's arithmetic."""

from typing import Any

import pytest
import torch

from toolschool.config import build
from toolschool.models import backbone, shapes
from toolschool.models.backbone import FreshConfig, ModelConfig
from training import memory
from training.memory import GIB, Layout, ModelSizes, estimate, gpu_bytes, largest_batch, model_sizes

PARAMETERS = {  # of the published weights, by their model cards and files
    "HuggingFaceTB/SmolLM-135M": 134_515_008,
    "Qwen/Qwen2.5-0.5B": 494_032_768,
    "TinyLlama/TinyLlama-1.1B-Chat-v1.0": 1_100_048_384,
    "meta-llama/Llama-3.2-1B": 1_235_814_400,
    "Qwen/Qwen2.5-1.5B": 1_543_714_304,
    "meta-llama/Llama-3.1-8B": 8_030_261_248,
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_shapes_are_the_published_ones(name: str) -> None:
    sizes, _ = model_sizes(ModelConfig(name=name))
    assert sizes.weights == sizes.trainable == PARAMETERS[name]


def test_an_adapter_learns_rank_times_both_sides_of_its_matrices() -> None:
    sizes, shape = model_sizes(
        build(ModelConfig, {"name": "TinyLlama/TinyLlama-1.1B-Chat-v1.0", "adapter": "qlora", "lora": {"r": 8}})
    )
    attention = 2 * (2048 + 2048) + 2 * (2048 + 256)
    assert sizes.trainable == 22 * 8 * (attention + 3 * (2048 + 5632))
    assert sizes.linear == 22 * (2 * 2048 * 2048 + 2 * 2048 * 256 + 3 * 2048 * 5632)
    assert shape.weights == sizes.weights - 32000 * 2048, "the input table is looked up, and is not the output"
    assert shape.trainable == sizes.trainable


def kept(model: torch.nn.Module, ids: torch.Tensor) -> int:
    """Bytes that autograd keeps for the backward pass, weights apart."""
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    found: dict[int, int] = {}
    alive = []  # else a freed tensor's address comes again

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            found[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(input_ids=ids, use_cache=False)
    return sum(found.values())


@pytest.mark.parametrize("adapter", ["full", "lora"])
@pytest.mark.parametrize("kv_heads", [2, 8])
@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
def test_activations_are_those_that_torch_keeps(adapter: str, kv_heads: int, precision: Any) -> None:
    def model_of(layers: int) -> torch.nn.Module:
        config = FreshConfig(
            tokenizer="", hidden_size=256, layers=layers, heads=8, kv_heads=kv_heads, intermediate_size=704
        )
        made = shapes.random_model(backbone.fresh_shape(config, 512), 0, getattr(torch, precision))
        return (
            backbone.with_lora(made, backbone.LoraConfig(r=4), []).to(getattr(torch, precision))
            if adapter == "lora"
            else made
        )

    ids = torch.randint(0, 512, (2, 192), generator=torch.Generator().manual_seed(0))
    measured = (kept(model_of(4), ids) - kept(model_of(2), ids)) / 2 / ids.numel()
    sizes = ModelSizes(0, 0, 0, 512, hidden=256, layers=1, attention=256, keys=32 * kv_heads, mlp=704)
    layout = Layout(precision=precision, frozen=adapter == "lora")
    said = estimate(sizes, layout, batch=1, length=1).activations
    assert said == pytest.approx(measured, rel=0.05)


TEN = ModelSizes(10**9, 10**9, 9 * 10**8, 32000, hidden=2048, layers=20, attention=2048, keys=256, mlp=5632)


@pytest.mark.parametrize(
    ("layout", "bytes_per_weight"),  # weights, gradients, states; ZeRO's paper, figure 1, with K = 12 and 4 workers
    [
        (Layout(stage=0, workers=4), (2, 2, 12)),
        (Layout(stage=1, workers=4), (2, 2, 3)),
        (Layout(stage=2, workers=4), (2, 0.5, 3)),
        (Layout(stage=3, workers=4), (0.5, 0.5, 3)),
        (Layout(stage=2, workers=4, offload="optimizer"), (2, 0, 0)),
        (Layout(stage=0, precision="float32"), (4, 4, 8)),
        (Layout(stage=0, precision="float32", eight_bit_states=True, plain=True), (4, 4, 2)),
        (Layout(stage=0, precision="bfloat16", masters=False, plain=True), (2, 2, 4)),
    ],
)
def test_zero_divides_what_it_shards(layout: Layout, bytes_per_weight: tuple[float, ...]) -> None:
    found = estimate(TEN, layout, batch=1, length=1)
    assert (found.weights / 1e9, found.gradients / 1e9, found.states / 1e9) == pytest.approx(bytes_per_weight)


def test_four_bits_hold_the_matrices_in_a_quarter() -> None:
    adapter = ModelSizes(10**9, 10**7, 9 * 10**8, 32000, hidden=2048, layers=20, attention=2048, keys=256, mlp=5632)
    found = estimate(adapter, Layout(four_bit=True, frozen=True, plain=True, masters=False), batch=1, length=1)
    assert found.weights == pytest.approx(9e8 * memory.NF4_BYTES + 1e8 * 2 + 1e7 * 2)
    assert found.weights < 0.35 * estimate(adapter, Layout(frozen=True), batch=1, length=1).weights


def test_the_largest_batch_is_the_last_that_fits() -> None:
    layout, room = Layout(workers=8, stage=3), gpu_bytes(24)
    batch = largest_batch(TEN, layout, length=1024, most=256, room=room)
    assert 1 < batch < 256
    assert estimate(TEN, layout, batch=batch, length=1024).total <= room
    assert estimate(TEN, layout, batch=2 * batch, length=1024).total > room
    assert largest_batch(TEN, layout, length=1024, most=3, room=room) == 2
    assert largest_batch(TEN, Layout(), length=1024, most=64, room=8 * GIB) == 0
