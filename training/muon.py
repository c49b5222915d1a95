"""Muon for matrices, AdamW for the rest, as one optimiser with one learning rate.

Muon (Jordan et al., 2024) orthogonalises the momentum of each matrix; scaled to AdamW's update size (Liu et al., 2025,
"Muon is scalable for LLM training", equation 4) it takes AdamW's learning rate. Small models trained from scratch learn as
much from fewer tokens. Limit: it needs whole matrices, which ZeRO cuts up, so only
`training.plain` offers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from training.config import OptimConfig


class MuonAdamW(torch.optim.Optimizer):
    """Steps both; `param_groups` are those of both, so that schedules and checkpoints treat them as one."""

    def __init__(
        self, matrices: Sequence[torch.nn.Parameter], others: Sequence[torch.nn.Parameter], options: OptimConfig
    ) -> None:
        muon = torch.optim.Muon(
            matrices, lr=options.lr, weight_decay=options.weight_decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        )
        self._parts: list[torch.optim.Optimizer] = [muon]
        if others:
            self._parts.append(
                torch.optim.AdamW(others, lr=options.lr, betas=options.betas, weight_decay=0.0, fused=True)
            )
        super().__init__([*matrices, *others], {"lr": options.lr})
        self.param_groups = [group for part in self._parts for group in part.param_groups]

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update of all parameters; a closure is not supported."""
        for part in self._parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        return {"parts": [part.state_dict() for part in self._parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for part, state in zip(self._parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self.param_groups = [group for part in self._parts for group in part.param_groups]
