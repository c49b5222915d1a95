"""Which floating-point type this hardware multiplies fastest.

bfloat16_is_faster("cpu")       # False without AMX
bfloat16_is_faster()            # on the GPU, if there is one
"""

from __future__ import annotations


def bfloat16_is_faster(device: str | None = None) -> bool:
    """Whether matrix products take less time in bfloat16 than in float32 on a device ("cpu", "cuda"; default: where models are put here).

    A CPU without AMX multiplies bfloat16 at half the rate of float32 (86 and 160 Gop/s on one core with AVX-512; docs/benchmarks.md).
    """
    import torch

    where = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return where != "cpu" or bool(torch.cpu.get_capabilities().get("amx_bf16"))
