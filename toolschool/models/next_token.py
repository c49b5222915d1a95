"""Which of some tokens comes next, behind many prompts, in one forward: for tools that are one token each.

    scorer = NextToken(model, slice(2048, 4618))
    scores, cache = scorer(left_padded(tokenizer, prompts, model.device))     # (B, K) logits of these tokens
    best = scores.topk(5)
    best.values + scorer.ends(batch, cache, best.indices, eos)                # and that nothing follows: a beam search's scores

Only the output layer's rows of these tokens are multiplied, at the last position of each prompt, where that gives the model's own
logits: once, at the beginning, both are compared on a token. Models that scale or cap their logits, and adapters over the output layer,
are asked for all logits. Logits of one prompt differ from log-probabilities by one number, so orders and differences are the same.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class NextToken:
    """Logits of `tokens`, a range or ids (K,), of a causal LM."""

    def __init__(self, model: Any, tokens: slice | torch.Tensor) -> None:
        self.model, self.tokens = model, tokens
        self.rows_alone = type(model.get_output_embeddings()) is nn.Linear
        self.rows_alone = self.rows_alone and self._agrees()

    def __call__(self, batch: Any, use_cache: bool = True) -> tuple[torch.Tensor, Any]:
        """(B, K) float32 logits behind left-padded prompts {input_ids, attention_mask} (B, T), and the cache of the prompts."""
        if not self.rows_alone:
            logits, cache = last_logits(self.model, batch, use_cache)
            return logits[:, self.tokens], cache
        with torch.inference_mode():
            out = self.model.get_decoder()(
                **batch, position_ids=_positions(batch["attention_mask"]), use_cache=use_cache
            )
            head = self.model.get_output_embeddings()
            bias = None if head.bias is None else head.bias[self.tokens]
            scores = nn.functional.linear(out.last_hidden_state[:, -1], head.weight[self.tokens], bias)
            return scores.float(), out.past_key_values

    def ends(self, batch: Any, cache: Any, chosen: torch.Tensor, end: int) -> torch.Tensor:
        """(B, k) log p(`end` | prompt, token) of `chosen` (B, k), numbers among the tokens. The cache is used up."""
        rows, k = chosen.shape
        cache.batch_repeat_interleave(k)
        mask = torch.cat([batch["attention_mask"], torch.ones_like(chosen[:, :1])], dim=1).repeat_interleave(k, dim=0)
        with torch.inference_mode():
            logits = self.model(
                input_ids=self.ids(chosen).reshape(-1, 1),
                attention_mask=mask,
                position_ids=_positions(mask)[:, -1:],
                past_key_values=cache,
            ).logits[:, -1]
            return logits.float().log_softmax(-1)[:, end].reshape(rows, k)

    def ids(self, chosen: torch.Tensor) -> torch.Tensor:
        """Ids of tokens by their numbers."""
        return chosen + self.tokens.start if isinstance(self.tokens, slice) else self.tokens[chosen]

    def _agrees(self) -> bool:
        """Whether the rows alone give the model's logits, up to rounding."""
        one = torch.ones((1, 1), dtype=torch.long, device=self.model.device)
        batch = {"input_ids": one, "attention_mask": one}
        whole = last_logits(self.model, batch)[0][:, self.tokens]
        tolerance = 1e-4 if self.model.dtype == torch.float32 else 2e-2
        return torch.allclose(self(batch, use_cache=False)[0], whole, rtol=tolerance, atol=tolerance)


def last_logits(model: Any, batch: Any, use_cache: bool = False) -> tuple[torch.Tensor, Any]:
    """(B, V) float32 logits behind left-padded prompts, and their cache."""
    with torch.inference_mode():
        positions = _positions(batch["attention_mask"])
        out = model(**batch, position_ids=positions, use_cache=use_cache, logits_to_keep=1)
        return out.logits[:, -1].float(), out.past_key_values


def _positions(mask: torch.Tensor) -> torch.Tensor:
    return (mask.cumsum(-1) - 1).clamp(min=0)
