"""Continuations of one text at many places, grown from one cache: a tree of samples.

    reader = Reader(model, head_ids)                   # the constant start of a prompt, read once
    reading = reader.read(middle_ids, text_ids)        # the rest of the prompt and the text, read once
    reading.probabilities([start_id])                  # (n,) p(start | everything before token i of the text)
    reading.sample({7: 5, 12: 5}, [start_id], ends, stops, limit=28, seed=0)   # five samples at 7 and at 12

All samples of a text are nodes of one tree behind the same cache: a step feeds one token of every open branch as one row, and
the mask lets each see the text before its place and its own ancestors only. Nothing is copied or read twice, equal beginnings
are one branch with a count. The result depends on the text, the places and the seed only, never on what else is sampled beside it.
Limits: full attention (no sliding window); the cache of one text and its samples must fit in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import torch


class Reader:
    """A causal LM and the constant start of its prompts, kept in a cache. `tokens` counts what was forwarded."""

    def __init__(self, model: Any, head: Sequence[int]) -> None:
        import torch

        if getattr(model.config, "sliding_window", None) and getattr(model.config, "use_sliding_window", True):
            raise ModelError("sampling at many places wants full attention; take a model without a sliding window")
        if not head:
            raise ModelError("the prompt is empty; begin it with an instruction")
        self.model, self.length, self.tokens = model.eval(), len(head), len(head)
        ids = torch.tensor([list(head)], device=model.device)
        with torch.inference_mode():
            self.cache = model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values

    def forget(self, length: int) -> None:
        """Drop what the cache holds behind its first `length` tokens."""
        if extra := self.cache.get_seq_length() - length:
            self.cache.crop(-extra)

    def read(self, middle: Sequence[int], text: Sequence[int]) -> Reading:
        """Read the rest of a prompt and a text behind the head. The reading ends when the next one begins."""
        import torch

        self.forget(self.length)
        ids = torch.tensor([[*middle, *text]], device=self.model.device)
        self.tokens += ids.shape[1]
        with torch.inference_mode():
            logits = self.model(
                input_ids=ids, past_key_values=self.cache, use_cache=True, logits_to_keep=len(text) + 1
            ).logits[0, :-1]
        return Reading(self, self.length + len(middle), logits)


@dataclass
class _Branch:
    """An open sample: where it starts, its tokens, how many samples it stands for, and its places in the cache."""

    place: int
    tokens: tuple[int, ...]
    count: int
    slots: tuple[int, ...] = ()


class Reading:
    """A text in the cache: `start` is the cache's length before the text, `logits` (n, V) predict its n tokens."""

    def __init__(self, reader: Reader, start: int, logits: torch.Tensor) -> None:
        self.reader, self.start, self.logits = reader, start, logits

    def probabilities(self, starts: Sequence[int]) -> np.ndarray:
        """(n,) probability that one of the tokens `starts` comes where token i of the text stands."""
        chosen = self.logits[:, list(starts)].float().logsumexp(1) - self.logits.float().logsumexp(1)
        return chosen.exp().cpu().numpy()

    def sample(
        self,
        wanted: Mapping[int, int],
        starts: Sequence[int],
        ends: Collection[int],
        stops: Collection[int],
        limit: int,
        seed: int,
        temperature: float = 1.0,
    ) -> dict[int, Counter[tuple[int, ...]]]:
        """Sampled token tuples and how often each came, by place: they begin with one of `starts` and end with one of `ends`.

        What meets a token of `stops`, or has no end after `limit` tokens, is not returned.
        """
        import torch

        generator = torch.Generator().manual_seed(seed)
        first = self.logits[list(wanted)][:, list(starts)].float()
        open_: list[_Branch] = []
        for (place, count), row in zip(wanted.items(), first, strict=True):
            open_ += [_Branch(place, (starts[i],), n) for i, n in _draw(row, count, 1.0, generator)]
        found: dict[int, Counter[tuple[int, ...]]] = {place: Counter() for place in wanted}
        for _ in range(limit - 1):
            if not open_:
                break
            logits = self._step(open_)
            grown = [
                _Branch(branch.place, (*branch.tokens, token), count, branch.slots)
                for branch, row in zip(open_, logits, strict=True)
                for token, count in _draw(row, branch.count, temperature, generator)
            ]
            open_ = []
            for branch in grown:
                if branch.tokens[-1] in ends:
                    found[branch.place][branch.tokens] += branch.count
                elif branch.tokens[-1] not in stops:
                    open_.append(branch)
        self.reader.forget(self.start + len(self.logits))
        return found

    def _step(self, branches: Sequence[_Branch]) -> torch.Tensor:
        """Logits (R, V) behind each branch; its last token gets the next free place in the cache."""
        import torch

        model, cache = self.reader.model, self.reader.cache
        used = cache.get_seq_length()
        self.reader.tokens += len(branches)
        for index, branch in enumerate(branches):
            branch.slots = (*branch.slots, used + index)
        seen = torch.zeros(len(branches), used + len(branches), dtype=torch.bool)
        for row, branch in zip(seen, branches, strict=True):
            row[: self.start + branch.place] = True
            row[list(branch.slots)] = True
        mask = torch.zeros(seen.shape, dtype=model.dtype).masked_fill(~seen, torch.finfo(model.dtype).min)
        ids = torch.tensor([[branch.tokens[-1] for branch in branches]], device=model.device)
        at = torch.tensor([[self.start + b.place + len(b.tokens) - 1 for b in branches]], device=model.device)
        with torch.inference_mode():
            return model(
                input_ids=ids,
                attention_mask=mask[None, None].to(model.device),
                position_ids=at,
                past_key_values=cache,
                use_cache=True,
            ).logits[0]


def _draw(logits: torch.Tensor, count: int, temperature: float, generator: torch.Generator) -> list[tuple[int, int]]:
    """(index, how often) of `count` draws from the softmax of `logits`, by falling index."""
    import torch

    weights = (logits.float().cpu() / temperature).softmax(0)
    drawn = torch.multinomial(weights, count, replacement=True, generator=generator)
    return sorted(Counter(drawn.tolist()).items())
