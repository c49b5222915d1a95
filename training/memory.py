"""How much of a GPU a training needs, layout by layout, before anything is loaded. Pure; needs no GPU.

    sizes, shape = model_sizes(config.model)                                      # shape: training/flops.py
    estimate(sizes, Layout(stage=2, workers=4), batch=8, length=512).total       # bytes per GPU
    largest_batch(sizes, layout, length=512, most=64, room=gpu_bytes(80))          # 0: not even one row fits

Weights, gradients and optimiser states: ZeRO (Rajbhandari et al. 2020, section 3): 2 + 2 + 12 bytes a trained weight in 16 bits,
4 + 4 + 8 in 32, each part divided over the workers from its stage on. 4 bits: QLoRA (Dettmers et al. 2023, section 3): blocks of 64
weights with a scale of 8 bits, scales in blocks of 256 with one of 32. Activations: what PyTorch keeps of a decoder layer with
gated MLP and fused attention, counted tensor by tensor (the test compares the sum with torch's own saved tensors).
Limits: logits count as if every position were supervised; other attention than fused needs more; the reserve stands for the CUDA
context and what the allocator cannot use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from toolschool.models.backbone import ModelConfig
    from training.config import TrainConfig
    from training.flops import ModelShape

GIB = 2**30
NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
RESERVE = 0.06  # of the GPU's memory, and
CONTEXT = 0.8 * GIB
BUCKET = 500_000_000  # elements that DeepSpeed reduces at a time
# Gigabytes as sold (2**30 bytes here); where a card exists with several sizes, the smaller.
MEMORY = {
    "B200": 180, "H200": 141, "H100": 80, "A100": 40, "A100 80GB": 80, "L40S": 48, "L4": 24, "A10G": 24, "A10": 24, "V100": 16, "T4": 16,
}  # fmt: skip


@dataclass(frozen=True)
class ModelSizes:
    """What of a model decides its memory; counts of numbers."""

    weights: int  # all of them
    trainable: int
    linear: int  # matrices of the layers: what 4 bits pack
    vocabulary: int
    hidden: int
    layers: int
    attention: int  # heads times dimensions of a head
    keys: int  # the same of keys, which several heads may share
    mlp: int  # width of the gated MLP


@dataclass(frozen=True)
class Layout:
    """How a training is laid out over GPUs."""

    stage: int = 0  # of ZeRO; 0 is also `engine: plain`
    workers: int = 1
    precision: Literal["float32", "bfloat16", "float16"] = "bfloat16"  # of the forward pass's weights
    masters: bool = True  # 16-bit weights have 32-bit ones to be updated: DeepSpeed's way
    offload: Literal["none", "optimizer", "all"] = "none"
    four_bit: bool = False
    eight_bit_states: bool = False
    autocast: bool = False
    checkpointing: bool = False
    frozen: bool = False  # an adapter learns, the norms do not
    dropped: bool = False  # the adapter's inputs go through dropout
    plain: bool = False  # torch alone, without DeepSpeed's buffers


@dataclass(frozen=True)
class Memory:
    """Bytes on each GPU."""

    weights: float
    gradients: float
    states: float
    buffers: float
    activations: float
    logits: float
    host: float = 0.0  # what waits in host memory, of one GPU's share

    @property
    def total(self) -> float:
        return self.weights + self.gradients + self.states + self.buffers + self.activations + self.logits


def layout_of(config: TrainConfig, workers: int) -> Layout:
    """The layout that a configuration asks for."""
    plain = config.engine == "plain"
    return Layout(
        stage=0 if plain else config.deepspeed.stage,
        workers=workers,
        precision=config.model.dtype if plain else config.deepspeed.precision,
        masters=not plain,
        offload="none" if plain else config.deepspeed.offload,
        four_bit=config.model.adapter == "qlora",
        eight_bit_states=config.train.optimizer.endswith("8bit"),
        autocast=config.train.autocast,
        checkpointing=config.model.gradient_checkpointing,
        frozen=config.model.adapter != "full",
        dropped=config.model.adapter != "full" and config.model.lora.dropout > 0,
        plain=plain,
    )


def model_sizes(config: ModelConfig) -> tuple[ModelSizes, ModelShape]:
    """What decides the memory of a model with its adapter, and what its arithmetic; built without memory. ModelError."""
    import torch

    from toolschool.models import backbone, shapes
    from training.flops import model_shape

    about = shapes.shape_config(str(config.name)) if config.name else _fresh(config)
    model: Any = shapes.skeleton(about)
    output = model.get_output_embeddings()
    linear = sum(m.weight.numel() for m in model.modules() if isinstance(m, torch.nn.Linear) and m is not output)
    weights = sum(p.numel() for p in model.parameters())
    shape = model_shape(model)
    assert shape, "a skeleton has a configuration"
    if config.adapter != "full":
        model = backbone.with_lora(model, config.lora, [])
        shape = replace(shape, trainable=sum(p.numel() for p in model.parameters() if p.requires_grad))
    heads = about.num_attention_heads
    head = getattr(about, "head_dim", None) or about.hidden_size // heads
    return ModelSizes(
        weights=weights,
        trainable=sum(p.numel() for p in model.parameters() if p.requires_grad),
        linear=linear,
        vocabulary=about.vocab_size,
        hidden=about.hidden_size,
        layers=about.num_hidden_layers,
        attention=heads * head,
        keys=(getattr(about, "num_key_value_heads", None) or heads) * head,
        mlp=about.intermediate_size,
    ), shape


def _fresh(config: ModelConfig) -> Any:
    from toolschool.models import backbone

    assert config.fresh
    return backbone.fresh_shape(config.fresh, len(backbone.load_tokenizer(config)))


def estimate(sizes: ModelSizes, layout: Layout, *, batch: int, length: int) -> Memory:
    """Bytes per GPU for `batch` rows of `length` tokens in a forward pass."""
    narrow = 4 if layout.precision == "float32" else 2
    share = [1 / layout.workers if layout.stage >= stage else 1.0 for stage in (1, 2, 3)]
    if layout.four_bit:
        held = sizes.linear * NF4_BYTES + (sizes.weights - sizes.linear) * narrow + sizes.trainable * narrow
    else:
        held = sizes.weights * narrow * share[2]
    masters = 4 if narrow == 2 and layout.masters else 0
    states = sizes.trainable * (masters + (2 if layout.eight_bit_states else 8 if masters or narrow == 4 else 4))
    on_gpu = layout.offload == "none"
    buffers = 0.0 if layout.plain or layout.stage == 0 else 2 * narrow * min(BUCKET, sizes.trainable)
    buffers += 2 * sizes.linear if layout.autocast else 0  # the matrices' 16-bit copies
    return Memory(
        weights=held if layout.offload != "all" else 2 * sizes.weights / sizes.layers * narrow,
        gradients=sizes.trainable * narrow * share[1] if on_gpu else 0.0,
        states=states * share[0] if on_gpu else 0.0,
        buffers=buffers,
        activations=_activations(sizes, layout) * batch * length,
        logits=_logits(sizes, layout) * batch * length,
        host=0.0
        if on_gpu
        else (states + sizes.trainable * narrow) * share[1] + (held if layout.offload == "all" else 0.0),
    )


def _activations(sizes: ModelSizes, layout: Layout) -> float:
    """Bytes kept per token until the backward pass."""
    narrow = 2 if layout.precision != "float32" or layout.autocast else 4
    norms = 2 * (4 + (0 if layout.frozen else narrow)) * sizes.hidden  # a float32 copy; what the norm's weight scales
    attention = narrow * (sizes.hidden + 2 * sizes.attention + 2 * sizes.keys)  # input; query, result; key, value
    rotated = narrow * (sizes.attention + sizes.keys) if layout.autocast else 0  # queries and keys in both types
    mlp = narrow * (sizes.hidden + 4 * sizes.mlp)  # input; gate, its activation, up, their product
    inputs = 5 * sizes.hidden + sizes.attention + sizes.mlp  # of a layer's seven matrices
    dropped = (narrow + 1) * inputs if layout.dropped else 0  # and the mask
    layer = norms + attention + rotated + mlp + dropped
    if not layout.checkpointing:
        return sizes.layers * layer
    return sizes.layers * narrow * sizes.hidden + layer


def _logits(sizes: ModelSizes, layout: Layout) -> float:
    """Bytes per supervised position: the logits, in float32, their logarithmic softmax, and its gradient."""
    narrow = 0 if layout.precision == "float32" and not layout.autocast else 2
    return (narrow + 12) * sizes.vocabulary


def gpu_bytes(gib: float) -> float:
    """What a training can have of a GPU with so much memory."""
    return (1 - RESERVE) * gib * GIB - CONTEXT


def largest_batch(sizes: ModelSizes, layout: Layout, *, length: int, most: int, room: float) -> int:
    """The largest power of two of rows, `most` at most, that fits into `room` bytes; 0 when not even one does."""
    batch = 1 << max(0, most.bit_length() - 1)
    while batch and estimate(sizes, layout, batch=batch, length=length).total > room:
        batch //= 2
    return batch
