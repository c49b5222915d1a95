"""Sampling in batches of which each row has its own seed, temperature, length and stop strings.

    ends = RowEnds(tokenizer, start=T, limits=[64, 32], stops=[("\n",), ()], eos={2})
    model.generate(**batch, do_sample=False, logits_processor=[RowDraws([7, 8], [1.0, 0.0])], stopping_criteria=[ends])

A row's draws come from a generator of its own, so they depend on its logits and seed alone, not on the rows beside it. Its logits do, in
the last digits: a batch is multiplied in another order than a row. A batch of one is exact. Imports torch where it is used.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class RowDraws:
    """A LogitsProcessor for greedy search: (B, T) ids and (B, V) scores to scores whose best token is the one that was drawn.

    Row i draws from the softmax of its scores at `temperatures[i]`; at 0 its best token stays the best.
    """

    def __init__(self, seeds: Sequence[int], temperatures: Sequence[float]) -> None:
        import torch

        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._temperatures = temperatures

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        import torch

        draws = torch.cat([torch.rand(1, generator=each, dtype=torch.float64) for each in self._generators])
        heat = torch.tensor(self._temperatures, dtype=torch.float64)
        warm = (heat > 0).to(scores.device)
        weights = (scores.double() / torch.where(heat > 0, heat, 1.0).to(scores.device)[:, None]).softmax(1).cumsum(1)
        below = weights <= (draws.to(scores.device)[:, None] * weights[:, -1:])
        drawn = below.sum(1).clamp(max=scores.shape[1] - 1)
        chosen = torch.full_like(scores, float("-inf")).scatter_(1, drawn[:, None], 0.0)
        return torch.where(warm[:, None], chosen, scores)


class RowEnds:
    """A StoppingCriteria: row i has ended at one of `eos`, after `limits[i]` tokens, or once its text holds one of `stops[i]`.

    `start` is the length of the padded prompts. `lengths` are the tokens of ended rows, the end token included.
    """

    def __init__(
        self, tokenizer: Any, start: int, limits: Sequence[int], stops: Sequence[Sequence[str]], eos: Collection[int]
    ) -> None:
        self.tokenizer, self.start, self.limits, self.stops, self.eos = tokenizer, start, limits, stops, eos
        self.lengths: list[int | None] = [None] * len(limits)

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        import torch

        for row, ids in enumerate(input_ids[:, self.start :].tolist()):
            if self.lengths[row] is None and self._ended(row, ids):
                self.lengths[row] = len(ids)
        return torch.tensor([length is not None for length in self.lengths], device=input_ids.device)

    def _ended(self, row: int, ids: list[int]) -> bool:
        if ids[-1] in self.eos or len(ids) >= self.limits[row]:
            return True
        if not self.stops[row]:
            return False
        longest = max(len(stop.encode()) for stop in self.stops[row])
        tail = self.tokenizer.decode(ids[-longest - 1 :], skip_special_tokens=False)  # a token has a byte at least
        return any(stop in tail for stop in self.stops[row])
