"""A conversation that grows on one cache: what is given is read, what is missing the model writes, greedily, under a mask or freely.

    draft = Draft(model, end=tokenizer.eos_token_id, limit=1024)
    draft.give(ids)
    draft.write(most=64)                        # a thought; the end of sequence closes it
    draft.write(1, TrieMask(trie, len(draft.ids)))

Ids are only ever appended. They are fed when the next logits are wanted, all that is new in one forward: a tool of one token costs
none beyond that of its prompt. Imports torch at the top because all it does is torch: import lazily.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from toolschool.methods.toolken.reading import Reading

Mask = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # a LogitsProcessor: ids (1, T), logits (1, V) -> logits


class OutOfTokens(Exception):
    """The text would become longer than its limit. It is as long as it was."""


class Draft:
    """`ids` are the whole text; it never becomes longer than `limit`. The model writes at most `left` tokens more, ends included; None: no bound."""

    def __init__(self, model: Any, end: int, limit: int, left: int | None = None) -> None:
        self.model, self.end, self.limit, self.left = model, end, limit, left
        self.ids: list[int] = []
        self._reading = Reading(model)

    def give(self, ids: Sequence[int]) -> None:
        """Append ids. Raises OutOfTokens."""
        if len(self.ids) + len(ids) > self.limit:
            raise OutOfTokens
        self.ids += ids

    def write(self, most: int, mask: Mask | None = None) -> list[int]:
        """Let the model write at most `most` tokens; returns them without the end, which is appended in any case. Raises OutOfTokens."""
        start = len(self.ids)
        while len(self.ids) - start < most:
            logits = self.logits()
            if mask:
                logits = mask(torch.tensor([self.ids], device=logits.device), logits[None])[0]
            token = int(logits.argmax())
            if token == self.end:
                break
            self._put(token)
        written = self.ids[start:]
        self._put(self.end)
        return written

    def _put(self, token: int) -> None:
        if self.left == 0:
            raise OutOfTokens
        self.give([token])
        if self.left is not None:
            self.left -= 1

    def logits(self) -> torch.Tensor:
        """(V,) float32 logits behind all of the text."""
        if self._reading.length < len(self.ids):
            self._reading.feed(self.ids[self._reading.length :])
        return self._reading.logits

    def fork(self) -> Draft:
        """A copy that goes on by itself; what is new is read before, so that both have it."""
        self.logits()
        other = Draft(self.model, self.end, self.limit, self.left)
        other.ids, other._reading = list(self.ids), self._reading.fork()
        return other
