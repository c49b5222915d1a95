"""Tools as rows of the output layer of a frozen language model, and the one softmax they share with its vocabulary.

    head = ToolHead(["add", "multiply"], hidden=256)
    loss = joint_loss(head(states), lse, gold, tool)          # from cached features; the language model is not asked again
    head.save_pretrained("runs/x/model", base="assets/nano")
    head = ToolHead.from_pretrained("runs/x/model")

p(next) = softmax over [z_1 … z_V, w_1·h + b_1, …, w_K·h + b_K] (ToolkenGPT, arXiv 2305.11554, equation 2; b is its logits_bias). The
vocabulary's part needs only log Σ exp z_v, which no w changes: a loss from that number is the loss of the whole softmax, and so is its gradient.
z are the model's final logits, scaled or capped if it does so. Imports torch at the top because it defines a module: import lazily.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from toolschool.errors import ModelError
from toolschool.models.hub import CARD
from toolschool.models.learnt import read_learnt, save_learnt, weights_file
from toolschool.models.new_rows import mean_rows

METHOD = "tool_head"
SPREAD = 0.02  # of random rows


class ToolHead(nn.Module):
    """One row of H weights per tool, float32. `layer` is the hidden state it reads: -1 is what the output layer reads."""

    bias: torch.Tensor

    def __init__(self, tools: Sequence[str], hidden: int, layer: int = -1) -> None:
        super().__init__()
        self.tools = tuple(tools)
        self.layer = layer
        self.weight = nn.Parameter(torch.randn(len(tools), hidden) * SPREAD)
        self.register_buffer("bias", torch.zeros(len(tools)))  # calibrated, never trained
        self.card: dict[str, Any] = {}

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Hidden states (..., H) -> logits (..., K), float32."""
        return nn.functional.linear(states.float(), self.weight.float(), self.bias.float())

    def save_pretrained(self, folder: str | Path, **card: Any) -> Path:
        """Write the rows and `toolschool.json`, whose fields are `card`; `base` there names the frozen model. Returns the folder."""
        return save_learnt(self, folder, METHOD, {**card, "tools": list(self.tools), "layer": self.layer})

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> ToolHead:
        """Open a saved head. ModelError when files are missing, of another method, or do not fit together."""
        card, values = read_learnt(folder, METHOD)
        tools, rows = len(card["tools"]), len(values["weight"])
        if tools != rows:
            raise ModelError(f"{folder}: {tools} tools in {CARD}, {rows} rows in {weights_file(METHOD)}")
        head = cls(card["tools"], values["weight"].shape[1], card["layer"])
        head.load_state_dict(values)
        head.card = card
        return head.eval()


def joint_loss(tools: torch.Tensor, lse: torch.Tensor, gold: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """-log p of what comes next at N positions, (N,), in nats.

    `tools` (N, K) are the head's logits, `lse` (N,) is log Σ_v exp z_v. `target` (N,) is a tool's number, or negative where a
    word comes next, whose logit is `gold` (N,).
    """
    total = torch.logaddexp(lse, tools.logsumexp(-1))
    chosen = tools.gather(-1, target.clamp(min=0)[:, None])[:, 0]
    return total - torch.where(target >= 0, chosen, gold)


def rows_from_texts(model: Any, tokenizer: Any, texts: Mapping[str, str]) -> torch.Tensor:
    """A row (K, H) per tool: the mean of the output embeddings of its text's tokens, as long as those are on average.

    Source: the mean of a name's pieces is how ToolGen (arXiv 2410.03439, section 3.2) begins a tool's token.
    """
    weights = model.get_output_embeddings().weight.detach().float()
    rows = mean_rows(weights, [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts.values()])
    return rows * (weights.norm(dim=1).mean() / rows.norm(dim=1, keepdim=True).clamp(min=1e-6))
