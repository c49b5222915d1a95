"""The shape of a model without its weights: from its folder, from a hub, or from this table of published ones.

    config = shape_config("TinyLlama/TinyLlama-1.1B-Chat-v1.0")    # transformers' configuration; no download
    model = skeleton(config)                                       # on torch's meta device: sizes, no memory
    model = random_model(config, seed=0)                           # the architecture with random weights, for measuring speed

What a training needs is known from that before anything is loaded. The figures are those of the published `config.json` files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError
from toolschool.models.hub import place, repository

if TYPE_CHECKING:
    import torch

# name: (family, vocabulary, width, layers, heads, key/value heads, MLP width, tied embeddings)
PUBLISHED: Mapping[str, tuple[str, int, int, int, int, int, int, bool]] = {
    "HuggingFaceTB/SmolLM-135M": ("llama", 49152, 576, 30, 9, 3, 1536, True),
    "Qwen/Qwen2.5-0.5B": ("qwen2", 151936, 896, 24, 14, 2, 4864, True),
    "TinyLlama/TinyLlama-1.1B-Chat-v1.0": ("llama", 32000, 2048, 22, 32, 4, 5632, False),
    "meta-llama/Llama-3.2-1B": ("llama", 128256, 2048, 16, 32, 8, 8192, True),
    "Qwen/Qwen2.5-1.5B": ("qwen2", 151936, 1536, 28, 12, 2, 8960, True),
    "Qwen/Qwen2.5-Math-1.5B": ("qwen2", 151936, 1536, 28, 12, 2, 8960, True),
    "meta-llama/Llama-3.2-3B": ("llama", 128256, 3072, 28, 24, 8, 8192, True),
    "EleutherAI/gpt-j-6b": ("gptj", 50400, 4096, 28, 16, 16, 16384, False),
    "meta-llama/Llama-2-7b-chat-hf": ("llama", 32000, 4096, 32, 32, 32, 11008, False),
    "mistralai/Mistral-7B-Instruct-v0.2": ("mistral", 32000, 4096, 32, 32, 8, 14336, False),
    "Qwen/Qwen2.5-7B": ("qwen2", 152064, 3584, 28, 28, 4, 18944, False),
    "meta-llama/Meta-Llama-3-8B": ("llama", 128256, 4096, 32, 32, 8, 14336, False),
    "meta-llama/Llama-3.1-8B": ("llama", 128256, 4096, 32, 32, 8, 14336, False),
    "huggyllama/llama-13b": ("llama", 32000, 5120, 40, 40, 40, 13824, False),
    "huggyllama/llama-30b": ("llama", 32000, 6656, 60, 52, 52, 17920, False),
}
_FIELDS = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "intermediate_size",
    "tie_word_embeddings",
)


def shape_config(name: str) -> Any:
    """The configuration of a folder, of a published model, or of a hub's. ModelError: none of them knows it."""
    from transformers import AutoConfig

    base = name.removesuffix("-Instruct")
    if base in PUBLISHED and not Path(name).exists():
        family, *sizes = PUBLISHED[base]
        return AutoConfig.for_model(family, **dict(zip(_FIELDS, sizes, strict=True)))
    known = repository(name)
    try:
        return AutoConfig.from_pretrained(
            known.repo if known else place(name), revision=known.revision if known else None
        )
    except (OSError, ValueError) as error:
        raise ModelError(
            f"the shape of {name} is not known here: name a folder with its config.json, or one of {', '.join(PUBLISHED)}"
        ) from error


def skeleton(config: Any) -> torch.nn.Module:
    """The model on the meta device: every tensor has its size and no memory."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config)  # type: ignore[no-any-return]


def random_model(config: Any, seed: int, dtype: torch.dtype | None = None) -> torch.nn.Module:
    """The architecture with random weights; `dtype` default: float32."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config, dtype=dtype or torch.float32)  # type: ignore[no-any-return]
