"""A second look at what a tool head proposes: one of the candidates, or none (REJ), by the same frozen model.

    reranker = Reranker(["add", "multiply"], hidden=256)
    scores = reranker(states, candidates)            # (B, k + 1), REJ last
    reranker.save_pretrained("runs/x/model", base="assets/nano")

Source: Toolken+ (arXiv 2410.12004, section 3): an embedding per tool and one for REJ; a candidate's score is its product with the last
hidden state of a prompt that lists the candidates with their documentation. Imports torch at the top because it defines a module: import lazily.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from toolschool.errors import ModelError
from toolschool.models.learnt import read_learnt, save_learnt

METHOD = "reranker"
SPREAD = 0.02  # of random rows


class Reranker(nn.Module):
    """K + 1 rows of H weights, float32; the last is REJ, to whose score `reject` is added (calibrated, never trained)."""

    reject: torch.Tensor

    def __init__(self, tools: Sequence[str], hidden: int) -> None:
        super().__init__()
        self.tools = tuple(tools)
        self.weight = nn.Parameter(torch.randn(len(tools) + 1, hidden) * SPREAD)
        self.register_buffer("reject", torch.zeros(()))
        self.card: dict[str, Any] = {}

    def forward(self, states: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
        """States (B, H), tool numbers (B, k) -> scores (B, k + 1), REJ last; a candidate of -1 is none and scores -inf."""
        states = states.float()
        scores = torch.einsum("bh,bkh->bk", states, self.weight.float()[candidates.clamp(min=0)])
        scores = scores.masked_fill(candidates < 0, float("-inf"))
        return torch.cat([scores, (states @ self.weight[-1].float() + self.reject.float())[:, None]], -1)

    def save_pretrained(self, folder: str | Path, **card: Any) -> Path:
        """Write the rows and `toolschool.json`, whose fields are `card`. Returns the folder."""
        return save_learnt(self, folder, METHOD, {**card, "tools": list(self.tools)})

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> Reranker:
        """Open a saved reranker. ModelError when files are missing, of another method, or do not fit together."""
        card, values = read_learnt(folder, METHOD)
        tools, rows = len(card["tools"]), len(values["weight"])
        if tools + 1 != rows:
            raise ModelError(f"{folder}: {tools} tools but {rows} rows; one each and REJ are wanted")
        reranker = cls(card["tools"], values["weight"].shape[1])
        reranker.load_state_dict(values)
        reranker.card = card
        return reranker.eval()
