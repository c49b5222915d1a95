"""How much arithmetic a training step is, and what share of the device's peak it reaches (MFU). Pure; needs no GPU.

    shape = model_shape(model)
    flops_per_token(shape, length=512)            # forward and backward, floating-point operations
    peak_flops("NVIDIA H100 80GB HBM3")           # 989e12 a second; None for a device that is not in the table

Formula: PaLM (Chowdhery et al. 2022), appendix B: 6 N + 12 L H Q T per token, N the weights that a token is multiplied
with, L layers, H Q the width of the attention, T the length. What is computed again to save memory, optimiser steps and
padding are not counted, so that a run cannot look better by wasting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

# Dense matrix products in bfloat16 (float16 where the device has no bfloat16), operations a second, from NVIDIA's data
# sheets; those print the doubled figure with sparsity, too. The first name found as a word of the device's name counts.
PEAKS = (
    ("B200", 2250e12),
    ("H200 NVL", 835e12),
    ("H200", 989e12),
    ("H100 NVL", 835e12),
    ("H100 PCIe", 756e12),
    ("H100", 989e12),
    ("A100", 312e12),
    ("L40S", 362e12),
    ("L4", 121e12),
    ("A10G", 70e12),
    ("A10", 125e12),
    ("V100", 125e12),
    ("T4", 65e12),
)


@dataclass(frozen=True)
class ModelShape:
    """What of a model decides its arithmetic."""

    weights: int  # that a token is multiplied with: all but look-up tables; a tied output layer counts
    trainable: int  # those of them that get a gradient
    layers: int
    width: int  # of the attention: heads times dimensions of a head


def flops_per_token(shape: ModelShape, length: float) -> float:
    """Floating-point operations of one training token in a sequence of `length` tokens.

    A multiplication and an addition per weight forward (2), as many for the gradient of the activations (2) and, where
    the weight is trained, for its own (2): 6 N when all are, close to 4 N with LoRA. The attention's 12 L H Q T has no
    weights; as in the paper it counts every pair of tokens, masked or not.
    """
    return 4 * shape.weights + 2 * shape.trainable + 12 * shape.layers * shape.width * length


def peak_flops(device_name: str) -> float | None:
    """Peak operations a second of a device as `torch.cuda.get_device_name` calls it; None when it is not known."""
    return next((peak for name, peak in PEAKS if re.search(rf"\b{name}\b", device_name)), None)


def model_shape(model: torch.nn.Module) -> ModelShape | None:
    """The shape of a transformer of Hugging Face's; None for anything else (a head over ready features, say)."""
    import torch

    config = getattr(model, "config", None)
    layers, hidden = getattr(config, "num_hidden_layers", None), getattr(config, "hidden_size", None)
    if not layers or not hidden:
        return None
    heads, head = getattr(config, "num_attention_heads", None), getattr(config, "head_dim", None)
    tables = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    output = getattr(model, "get_output_embeddings", lambda: None)()
    if output is not None:
        tables.discard(id(output.weight))
    found = [p for p in model.parameters() if id(p) not in tables]
    return ModelShape(
        weights=sum(_size(p) for p in found),
        trainable=sum(_size(p) for p in found if p.requires_grad),
        layers=layers,
        width=heads * head if heads and head else hidden,
    )


def typical_length(lengths: Sequence[int]) -> float:
    """Length of the sequence that a token finds itself in, on average over tokens: the T that makes attention add up."""
    return sum(n * n for n in lengths) / sum(lengths)


def ideal_seconds(shape: ModelShape, length: float, device_name: str, devices: int) -> float | None:
    """Seconds per token of `devices` at their peak; times tokens per second it is the MFU. None: peak not known."""
    peak = peak_flops(device_name)
    return None if peak is None else flops_per_token(shape, length) / (peak * devices)


def _size(parameter: torch.nn.Parameter) -> int:
    return int(getattr(parameter, "ds_numel", parameter.numel()))  # under ZeRO-3 the tensor itself is empty
