"""Log-probabilities of chosen tokens of many texts: in length buckets, with logits only where they are wanted.

    scorer = Scorer(model)
    scorer.score([Row(ids, wanted=(7, 8, 9))])      # [array of log p(ids[7] | ids[:7]), ...]

The output head is applied to the wanted positions alone, which on a small model is most of the work saved; whether that gives
the model's own logits (some families scale or cap them) is tried once on a few tokens, else the whole forward is used.
The batches of a call depend on its rows only, so the same rows give the same bits wherever they are scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from toolschool.models.classifier import pad_rows

if TYPE_CHECKING:
    import numpy as np
    import torch

# Padded tokens of a batch. A GPU wants many; a CPU wants what its cache holds: nano reaches 65 % of the rate of a bare product with 1,024 and
# 35 % with 8,192 (docs/benchmarks.md, "The floor").
CPU_BUDGET, BUDGET = 1024, 8192


class Row(NamedTuple):
    """A text's token ids, and the places (1 or later) of the tokens whose probability is wanted."""

    ids: Sequence[int]
    wanted: Sequence[int]


class Scoring(Protocol):
    """What scores rows: `Scorer`, or a served model."""

    def score(self, rows: Sequence[Row]) -> list[np.ndarray]: ...


class Scorer:
    """A causal LM that scores, `budget` padded tokens at a time (default: by its device); `tokens` counts what was forwarded, without padding."""

    def __init__(self, model: Any, budget: int | None = None) -> None:
        self.model = model.eval()
        self.budget = budget or (CPU_BUDGET if model.device.type == "cpu" else BUDGET)
        self.tokens = 0
        self._body = _body(model)

    def score(self, rows: Sequence[Row]) -> list[np.ndarray]:
        """For every row log p (natural, float32) of its wanted tokens, in their order."""
        import numpy as np

        found: list[np.ndarray] = [np.zeros(0, np.float32)] * len(rows)
        for batch in self._batches(rows):
            values = self._forward([rows[index] for index in batch])
            start = 0
            for index in batch:
                count = len(rows[index].wanted)
                found[index] = values[start : start + count]
                start += count
        return found

    def _batches(self, rows: Sequence[Row]) -> list[list[int]]:
        """Rows of like length together, at most `budget` padded tokens each."""
        order = sorted((i for i in range(len(rows)) if rows[i].wanted), key=lambda i: (len(rows[i].ids), i))
        batches: list[list[int]] = []
        for index in order:
            if not batches or (len(batches[-1]) + 1) * len(rows[index].ids) > self.budget:
                batches.append([])
            batches[-1].append(index)
        return batches

    def _forward(self, rows: Sequence[Row]) -> np.ndarray:
        import torch

        self.tokens += sum(len(row.ids) for row in rows)
        ids, mask = pad_rows([row.ids for row in rows])
        where = torch.tensor([(number, place) for number, row in enumerate(rows) for place in row.wanted]).T
        ids, mask, where = (part.to(self.model.device) for part in (ids, mask, where))
        with torch.inference_mode():
            logits = self._logits(ids, mask, where[0], where[1] - 1).float()
            targets = ids[where[0], where[1]]
            values = logits.gather(1, targets[:, None])[:, 0] - logits.logsumexp(1)
        return values.cpu().numpy()

    def _logits(self, ids: torch.Tensor, mask: torch.Tensor, row: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
        if self._body is None:
            return self.model(input_ids=ids, attention_mask=mask, use_cache=False).logits[row, column]
        hidden = self._body(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        return self.model.get_output_embeddings()(hidden[row, column])


def _body(model: Any) -> Any:
    """The part below the output head, if the head on its states gives the model's logits; None otherwise."""
    import torch

    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    body, head = inner.get_decoder(), inner.get_output_embeddings()
    if body is inner or head is None:
        return None
    ids = torch.arange(8, device=model.device)[None] % model.config.vocab_size
    with torch.inference_mode():
        whole = model(input_ids=ids, use_cache=False).logits.float()
        parts = head(body(input_ids=ids, use_cache=False).last_hidden_state).float()
    return body if torch.allclose(whole, parts, atol=1e-5, rtol=1e-5) else None
