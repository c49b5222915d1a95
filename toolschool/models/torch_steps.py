"""Steps of a running batch by a causal LM of transformers (`batching.py`).

Any model whose cache is keys and values and whose attention takes a mask (sdpa, eager); attention that slides is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from toolschool.models.batching import PLACES
from toolschool.models.kv_table import Table

if TYPE_CHECKING:
    import torch


class TorchSteps:
    """See `Steps`. Texts of a step are padded to the one with most to read."""

    pads = True
    longest: int | None = None

    def __init__(self, model: Any, places: int = PLACES) -> None:
        self._model, self._table = model, Table(places)
        self._adapters: list[str | None] = [None] * places

    def begin(self, place: int, ids: Sequence[int], adapter: str | None = None) -> torch.Tensor:
        """See `Steps.begin`."""
        import torch

        read = torch.tensor([list(ids)], device=self._model.device)
        self._adapters[place] = adapter
        output = self._model(input_ids=read, use_cache=True, logits_to_keep=1, **under([adapter]))
        self._table.put(place, output.past_key_values)
        scores: torch.Tensor = output.logits[:, -1]
        return scores

    def step(self, newest: Sequence[Sequence[int]], lengths: Sequence[int]) -> Sequence[torch.Tensor]:
        """See `Steps.step`."""
        import torch

        device, most = self._model.device, max(map(len, newest))
        padded = [[*tokens, *[tokens[-1]] * (most - len(tokens))] for tokens in newest]
        places = torch.tensor(lengths, device=device)[:, None] + torch.arange(most, device=device)
        output = self._model(
            input_ids=torch.tensor(padded, device=device),
            position_ids=places,
            past_key_values=self._table.at(places),
            attention_mask=self._table.visible(places),
            use_cache=True,
            **under(self._adapters[: len(newest)]),
        )
        return [output.logits[row, len(tokens) - 1][None] for row, tokens in enumerate(newest)]

    def move(self, here: int, there: int) -> None:
        """See `Steps.move`; what lies at a place that no text has is never seen."""
        if here != there:
            self._table.move(here, there)
            self._adapters[there] = self._adapters[here]


def under(adapters: Sequence[str | None]) -> dict[str, Sequence[str | None]]:
    """What tells a PEFT model the adapter of each row; nothing for a model without."""
    return {} if None in adapters else {"adapter_names": adapters}
