"""A text that grows token by token on one cache, and what the frozen model says behind it.

    start = Reading.of(model, prompt_ids)
    fork = start.fork()                    # the same text, to be continued otherwise
    fork.feed(ids); fork.logits; fork.state

Nothing is ever tokenised again: what is on the cache is what was fed. Imports torch at the top because all it does is torch: import lazily.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch


class Reading:
    """`logits` (V,) are the model's final ones behind the last token, `state` (H,) is what the head reads there; both float32, and empty
    before anything was fed."""

    def __init__(self, model: Any, layer: int = -1) -> None:
        self.model, self.layer = model, layer
        self.length = 0
        self.cache: Any = None
        self.logits = self.state = torch.empty(0)

    @classmethod
    def of(cls, model: Any, ids: Sequence[int], layer: int = -1) -> Reading:
        """A reading of a whole text."""
        reading = cls(model, layer)
        reading.feed(ids)
        return reading

    def feed(self, ids: Sequence[int]) -> None:
        """Go on with `ids`, one forward."""
        with torch.inference_mode():
            out = self.model(
                input_ids=torch.tensor([list(ids)], device=self.model.device),
                past_key_values=self.cache,
                use_cache=True,
                logits_to_keep=1,
                output_hidden_states=True,
            )
        self.cache, self.length = out.past_key_values, self.length + len(ids)
        self.logits, self.state = out.logits[0, -1].float(), out.hidden_states[self.layer][0, -1].float()

    def fork(self) -> Reading:
        """A copy that can be continued by itself."""
        other = Reading(self.model, self.layer)
        other.cache, other.length = copy.deepcopy(self.cache), self.length
        other.logits, other.state = self.logits, self.state
        return other
