"""Learning rate as a pure function of the step; nothing to save, nothing to restore."""

from __future__ import annotations

import math
from typing import Literal


def learning_rate(
    step: int, total: int, peak: float, warmup_ratio: float, schedule: Literal["cosine", "linear", "constant"]
) -> float:
    """Rate of step `step` (from 0) of `total`: linear warm-up to `peak`, then cosine or linear to 0, or constant."""
    warmup = math.ceil(total * warmup_ratio)
    if step < warmup:
        return peak * (step + 1) / warmup
    if schedule == "constant":
        return peak
    progress = (step - warmup) / max(1, total - warmup)
    return peak * (1 + math.cos(math.pi * progress)) / 2 if schedule == "cosine" else peak * (1 - progress)
