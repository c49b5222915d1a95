"""What a frozen language model says at every position of a text: all that training a head on it needs.

    reader = FeatureReader(model, layer=-1, context=prompt_ids)
    for features in reader.read([(ids, targets), ...]): features.states, features.lse, features.gold, features.top

One forward per text, texts of like length together, the context's keys and values computed once and shared. Imports torch at the top
because all it does is torch: import this file lazily.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from toolschool.models.templates import IGNORED


class Features(NamedTuple):
    """n positions of one text that have a target. Logits are the model's final ones, in float32."""

    at: np.ndarray  # (n,) positions in the text
    states: np.ndarray  # (n, H)
    lse: np.ndarray  # (n,) log of the sum of exp of all logits
    gold: np.ndarray  # (n,) the target token's logit; 0 where the target is no token
    top: np.ndarray  # (n,) the largest logit


class FeatureReader:
    """A model asked at many positions. `context` comes before every text; `tokens` were forwarded so far."""

    def __init__(self, model: Any, layer: int = -1, context: Sequence[int] = (), batch_tokens: int = 4096) -> None:
        self.model, self.layer, self.batch_tokens = model.eval(), layer, batch_tokens
        self.tokens = len(context)
        self.before = len(context)
        self.cache: Any = None
        if context:
            with torch.inference_mode():
                ids = torch.tensor([list(context)], device=model.device)
                self.cache = model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values

    def read(self, texts: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[Features]:
        """Features of texts (ids, targets), in their order. A target counts for the token behind it; IGNORED is left out,
        and what lies outside the vocabulary (a tool) has no gold logit."""
        found: dict[int, Features] = {}
        for some in self._batches([len(ids) for ids, _ in texts]):
            found |= zip(some, self._forward([texts[i] for i in some]), strict=True)
        return [found[i] for i in range(len(texts))]

    def ends(self, texts: Sequence[Sequence[int]]) -> list[Features]:
        """Features of the last position of each text (ids), in their order. What follows is unknown: `gold` means nothing."""
        return self.read([(ids, [IGNORED] * (len(ids) - 1) + [0]) for ids in texts])

    def _batches(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        """Texts of like length together, at most `batch_tokens` with padding."""
        batch: list[int] = []
        for i in sorted(range(len(lengths)), key=lengths.__getitem__):
            if batch and (len(batch) + 1) * lengths[i] > self.batch_tokens:
                yield batch
                batch = []
            batch.append(i)
        if batch:
            yield batch

    def _forward(self, texts: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Iterator[Features]:
        width, device = max(len(ids) for ids, _ in texts), self.model.device
        ids = torch.tensor([[*ids, *[0] * (width - len(ids))] for ids, _ in texts], device=device)
        mask = torch.tensor(
            [[1] * (self.before + len(ids)) + [0] * (width - len(ids)) for ids, _ in texts], device=device
        )
        cache = None
        if self.cache is not None:
            cache = copy.deepcopy(self.cache)
            cache.batch_repeat_interleave(len(texts))
        with torch.inference_mode():
            out = self.model(input_ids=ids, attention_mask=mask, past_key_values=cache, output_hidden_states=True)
            self.tokens += sum(len(ids) for ids, _ in texts)
            for row, (_, targets) in enumerate(texts):
                yield _features(out.hidden_states[self.layer][row], out.logits[row], targets)


def _features(states: torch.Tensor, logits: torch.Tensor, targets: Sequence[int]) -> Features:
    at = [i for i, target in enumerate(targets) if target != IGNORED]
    places = torch.tensor(at, device=logits.device)
    wanted = torch.tensor([targets[i] for i in at], device=logits.device)
    scores = logits[places].float()
    is_word = wanted < scores.shape[-1]
    gold = scores.gather(-1, (wanted * is_word)[:, None])[:, 0] * is_word
    values = (states[places].float(), scores.logsumexp(-1), gold, scores.amax(-1))
    return Features(np.array(at), *(value.cpu().numpy() for value in values))
